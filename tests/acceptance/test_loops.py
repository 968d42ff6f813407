"""The client in programs of every shape: with a running loop, in threads, in a notebook."""

from __future__ import annotations

import asyncio

import pytest

from rekuest import Rekuest, UsageError, acall, call
from tests.acceptance.process import Process

pytestmark = pytest.mark.anyio


async def test_sync_client_in_a_thread_beside_a_running_loop(provider: Process) -> None:
    """A notebook: its loop runs in this thread, cells call the sync API from the loop's thread."""

    def cell() -> object:
        with Rekuest("acceptance") as client:
            return client.call("add", 20, 22)

    assert await asyncio.to_thread(cell) == 42


async def test_sync_calls_on_a_foreign_running_loop(provider: Process) -> None:
    """A notebook's cell: `with` starts a thread of the client's own, so a running loop is no obstacle."""
    with Rekuest("acceptance"):
        assert call("add", 20, 22) == 42


async def test_sync_call_on_the_clients_own_loop_names_the_async_one(provider: Process) -> None:
    async with Rekuest("acceptance") as client:
        node = await client.afind(interface="add")
        with pytest.raises(UsageError, match="aassign"):
            node.assign(1, 2)
        with pytest.raises(UsageError, match="acall"):
            client.call("add", 1, 2)
        with pytest.raises(UsageError, match="afind"):
            client.find(interface="add")

        assert await acall("add", 1, 2) == 3


async def test_sync_calls_from_threads_of_an_async_program(provider: Process) -> None:
    async with Rekuest("acceptance") as client:
        node = await client.afind(interface="add")

        assert await asyncio.to_thread(node.assign, 1, 2) == 3


def test_client_can_be_entered_again(provider: Process) -> None:
    client = Rekuest("acceptance")
    for _ in range(3):
        with client:
            assert client.call("add", 1, 2) == 3
