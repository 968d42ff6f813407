"""Worker threads and generators in them."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Iterator

import pytest

from rekuest.actors.threads import WINDOW, ThreadStream, WorkerThreads

pytestmark = pytest.mark.anyio
_word = contextvars.ContextVar("word", default="nothing")


@pytest.fixture
def workers() -> Iterator[WorkerThreads]:
    pool = WorkerThreads()
    yield pool
    pool.close()


async def test_function_runs_in_a_daemon_thread(workers: WorkerThreads) -> None:
    finished = await workers.run(threading.current_thread)
    assert finished.value is not threading.current_thread()
    assert finished.value is not None
    assert finished.value.daemon


async def test_context_variables_are_copied(workers: WorkerThreads) -> None:
    _word.set("hello")
    assert (await workers.run(_word.get)).value == "hello"


async def test_one_call_after_the_other_uses_one_thread(workers: WorkerThreads) -> None:
    idents = {(await workers.run(threading.get_ident)).value for _ in range(10)}
    assert len(idents) == 1


async def test_calls_at_once_have_a_thread_each(workers: WorkerThreads) -> None:
    barrier = threading.Barrier(5)
    await asyncio.gather(*(workers.run(barrier.wait) for _ in range(5)))


@pytest.mark.parametrize("error", [SystemExit(1), StopIteration(), KeyboardInterrupt()])
async def test_whatever_is_raised_is_kept(workers: WorkerThreads, error: BaseException) -> None:
    def fail() -> None:
        raise error

    assert (await workers.run(fail)).error is error


async def test_closed_pool_keeps_no_thread() -> None:
    workers = WorkerThreads()
    thread = (await workers.run(threading.current_thread)).value
    workers.close()
    assert thread is not None
    await asyncio.to_thread(thread.join, 5)
    assert not thread.is_alive()


async def test_stream_gives_all_values_in_order(workers: WorkerThreads) -> None:
    stream = ThreadStream(workers, lambda: iter(range(1000)))
    assert [value async for value in stream] == list(range(1000))
    assert not stream.was_closed


async def test_stream_raises_after_its_values(workers: WorkerThreads) -> None:
    def fail() -> Iterator[int]:
        yield 1
        raise SystemExit("done")

    stream = ThreadStream(workers, fail)
    assert await anext(stream) == 1
    with pytest.raises(SystemExit):
        await anext(stream)


async def test_stream_is_a_few_values_ahead_at_most(workers: WorkerThreads) -> None:
    made: list[int] = []

    def count() -> Iterator[int]:
        for number in range(1000):
            made.append(number)
            yield number

    stream = ThreadStream(workers, count)
    await anext(stream)
    assert len(made) <= WINDOW + 2
    await stream.aclose()


async def test_closing_ends_the_generator_and_waits_for_its_cleanup(workers: WorkerThreads) -> None:
    cleaned = []

    def forever() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            cleaned.append(True)

    stream = ThreadStream(workers, forever)
    await anext(stream)
    await stream.aclose()
    assert cleaned == [True]
    assert stream.was_closed
