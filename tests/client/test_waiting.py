"""Waiting with a bound."""

from __future__ import annotations

import asyncio

import pytest

from rekuest.client.waiting import wait_bounded
from rekuest.clock import SystemClock

pytestmark = pytest.mark.anyio


async def test_it_returns_when_what_it_waits_for_is_done() -> None:
    future = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(future.set_result, 1)
    assert await wait_bounded(future, 60, SystemClock())


async def test_it_returns_when_the_time_is_over() -> None:
    future = asyncio.get_running_loop().create_future()
    assert not await wait_bounded(future, 0, SystemClock())
    assert not future.done()
