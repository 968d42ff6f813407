"""The portal: sync code on an async client, from threads, loops and notebooks."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Iterator

import pytest

from rekuest.errors import UsageError
from rekuest.portal import Portal


@pytest.fixture
def portal() -> Iterator[Portal]:
    portal = Portal.start()
    yield portal
    portal.stop()


async def adouble(x: int) -> int:
    await asyncio.sleep(0)
    return 2 * x


async def afail() -> None:
    raise LookupError("nothing here")


def test_call_returns_what_the_async_function_returns(portal: Portal) -> None:
    assert portal.call(adouble, 4) == 8


def test_call_raises_what_the_async_function_raises(portal: Portal) -> None:
    with pytest.raises(LookupError, match="nothing here"):
        portal.call(afail)


def test_many_threads_call_at_once(portal: Portal) -> None:
    results: list[int] = []
    threads = [
        threading.Thread(target=lambda n=n: results.append(portal.call(adouble, n)))
        for n in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [2 * n for n in range(20)]


def test_call_on_the_own_loop_names_the_async_twin(portal: Portal) -> None:
    async def blocks() -> int:
        return portal.call(adouble, 1)

    with pytest.raises(UsageError, match=r"double\(\) would block .*use `await adouble\(\.\.\.\)`"):
        portal.call(blocks)


def test_call_after_stop_is_refused() -> None:
    portal = Portal.start()
    portal.stop()
    portal.stop()
    with pytest.raises(UsageError, match="the client is closed"):
        portal.call(adouble, 1)


def test_keyboard_interrupt_cancels_and_waits(portal: Portal) -> None:
    cleaned: list[str] = []
    main = threading.get_ident()

    async def awork() -> None:
        signal.pthread_kill(main, signal.SIGINT)
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.append("cleaned")

    with pytest.raises(KeyboardInterrupt):
        portal.call(awork)
    assert cleaned == ["cleaned"]


async def acount(log: list[str]) -> AsyncIterator[int]:
    try:
        for number in range(1000):
            yield number
    finally:
        log.append("closed")


def test_iterate_gives_every_item(portal: Portal) -> None:
    assert list(portal.iterate("acount", lambda: acount([]))) == list(range(1000))


def test_leaving_an_iteration_closes_the_stream(portal: Portal) -> None:
    log: list[str] = []
    numbers = portal.iterate("acount", lambda: acount(log))
    assert next(numbers) == 0
    numbers.close()  # type: ignore[attr-defined]  # it is a generator
    assert log == ["closed"]


def test_iterate_on_the_own_loop_names_the_async_twin(portal: Portal) -> None:
    async def blocks() -> None:
        portal.iterate("acount", lambda: acount([]))

    with pytest.raises(UsageError, match=r"use `async for item in acount\(\.\.\.\)`"):
        portal.call(blocks)


@pytest.mark.anyio
async def test_another_loop_awaits_through_the_portal(portal: Portal) -> None:
    async def awhere() -> int:
        return threading.get_ident()

    assert not portal.is_here
    assert await portal.acall(awhere) != threading.get_ident()
    assert [n async for n in portal.aiterate(lambda: acount([]))] == list(range(1000))


@pytest.mark.anyio
async def test_cancellation_passes_to_the_other_loop(portal: Portal) -> None:
    started, ended = threading.Event(), threading.Event()

    async def await_for_ever() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    task = asyncio.create_task(portal.acall(await_for_ever))
    await asyncio.to_thread(started.wait)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(ended.wait, 5)


@pytest.mark.anyio
async def test_attached_portal_serves_threads_of_the_running_loop() -> None:
    portal = Portal.attach()
    try:
        assert portal.is_here
        assert await asyncio.to_thread(portal.call, adouble, 4) == 8
        with pytest.raises(UsageError, match="await adouble"):
            portal.call(adouble, 4)
    finally:
        await portal.adetach()
    with pytest.raises(UsageError, match="the client is closed"):
        await asyncio.to_thread(portal.call, adouble, 4)
