"""Signals and the request to stop."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from rekuest.app.stopping import Stop, on_stop_signals

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_signal_requests_the_stop(number: signal.Signals) -> None:
    stop = Stop()
    with on_stop_signals(stop.request):
        os.kill(os.getpid(), number)
        await stop.wait()


async def test_handlers_are_restored() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with on_stop_signals(lambda: None):
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before


async def test_second_signal_does_what_it_did_before() -> None:
    stop = Stop()
    with on_stop_signals(stop.request):
        os.kill(os.getpid(), signal.SIGINT)
        await stop.wait()
        assert signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
        with pytest.raises(KeyboardInterrupt):
            signal.default_int_handler(signal.SIGINT, None)


async def test_outside_of_the_main_thread_nothing_is_handled() -> None:
    def handles() -> bool:
        before = signal.getsignal(signal.SIGTERM)
        with on_stop_signals(lambda: None):
            return signal.getsignal(signal.SIGTERM) is not before

    assert not await asyncio.to_thread(handles)


async def test_request_from_another_thread_wakes_the_loop() -> None:
    stop = Stop()
    waiting = asyncio.ensure_future(stop.wait())
    await asyncio.sleep(0)
    await asyncio.to_thread(stop.request)
    await waiting
