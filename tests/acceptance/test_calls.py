"""What a caller can do with a running agent: values, streams, errors, cancellation."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from rekuest import ExpiredError, NodeHandle, Rekuest, RemoteError, UsageError
from rekuest.api import (
    ReservationFields,
    alist_assignations,
    awatch_assignation_events,
    get_assignation_events,
    list_assignations,
    list_nodes,
    list_reservations,
)
from rekuest.api.inputs import AssignationFilter
from tests.acceptance.process import Process

pytestmark = pytest.mark.anyio


def test_function_on_the_loop(client: Rekuest) -> None:
    assert client.call("add", 2, 3) == 5


def test_function_in_a_thread(client: Rekuest) -> None:
    assert client.find(interface="multiply")(6, 7) == 42


def test_default_and_keywords(client: Rekuest) -> None:
    assert client.call("add", a=2) == 3


def test_dataclass_enum_and_dict(client: Rekuest) -> None:
    sample = {"name": "liver", "colours": ["RED"]}

    assert client.call("describe", sample, "RED") == {"liver": True}


def test_documentation_arrives(client: Rekuest) -> None:
    add = next(node for node in list_nodes(client=client).items if node.name == "add")

    assert add.title == "Add two numbers."
    assert [port.description for port in add.ports][:2] == ["The first one.", "The second one."]


@pytest.mark.parametrize("interface", ["count", "count_sync"])
def test_generator_streams(client: Rekuest, interface: str) -> None:
    assert list(client.iterate(interface, 5)) == [0, 1, 2, 3, 4]


async def test_generator_streams_to_async_code(provider: Process) -> None:
    async with Rekuest("acceptance") as client:
        assert [value async for value in client.aiterate("count", to=3)] == [0, 1, 2]


def test_progress_and_log_arrive(client: Rekuest) -> None:
    seen: list[object] = []
    node = client.find(interface="report").options(
        on_progress=lambda progress: seen.append((progress.done, progress.message)),
        on_log=lambda line: seen.append((line.level.value, line.message)),
    )

    assert node.assign("take care") == "acceptance"
    assert seen == [(0.5, "half way"), ("WARNING", "take care")]


def test_error_has_type_message_traceback_and_notes(client: Rekuest) -> None:
    with pytest.raises(RemoteError) as raised:
        client.call("fail", "no such stage")

    assert (raised.value.type, raised.value.message) == ("ValueError", "no such stage")
    assert "raise error" in str(raised.value.traceback)
    assert raised.value.notes == ("a note",)


async def test_cancelling_the_task_cancels_the_function(provider: Process) -> None:
    async with Rekuest("acceptance") as client:
        node = await client.afind(interface="wait_forever")
        task = asyncio.create_task(node.aassign("task"))
        await asyncio.to_thread(provider.wait_for, "waiting task")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.to_thread(provider.wait_for, "cleaned up task")

        assert await last_event(node) == "CANCELLED"


async def test_leaving_a_stream_cancels_the_generator(provider: Process) -> None:
    async with Rekuest("acceptance") as client:
        node = await client.afind(interface="count_forever")
        async with aclosing(node.aiterate("stream")) as numbers:
            async for number in numbers:
                if number == 3:
                    break
        await asyncio.to_thread(provider.wait_for, "cleaned up stream")

        assert await last_event(node) == "CANCELLED"


async def test_deadline_ends_the_call_and_tells_the_function(provider: Process) -> None:
    async with Rekuest("acceptance") as client:
        node = (await client.afind(interface="wait_forever")).options(timeout=0.5)
        with pytest.raises(ExpiredError):
            await node.aassign("late")
        await asyncio.to_thread(provider.wait_for, "cleaned up late")


def test_recorded_events_have_no_gaps(client: Rekuest) -> None:
    list(client.iterate("count", 5))
    node = client.find(interface="count")
    latest = list_assignations(filter=AssignationFilter(node=node.id), client=client).items[0]
    recorded = get_assignation_events(latest.id, client=client)

    assert recorded is not None
    assert [event.number for event in recorded.events] == list(range(1, len(recorded.events) + 1))
    assert [event.kind.value for event in recorded.events].count("YIELD") == 5
    assert recorded.events[-1].kind.value == "DONE"


def test_reservation_lasts_as_long_as_the_block(client: Rekuest) -> None:
    with client.find(interface="multiply") as node:
        assert node.assign(2, 3) == 6
        (held,) = open_reservations(node)
    client.call("add", 1, 1)  # behind the release, on the same socket
    (left,) = [found for found in list_reservations().items if found.id == held.id]

    assert (held.status.value, held.desired_instances) == ("ACTIVE", 1)
    assert left.status.value == "ENDED"


def test_leaving_the_client_cancels_open_streams(provider: Process) -> None:
    with Rekuest("acceptance") as client:
        held = client.iterate("count_forever", "held")
        assert next(held) == 0
    provider.wait_for("cleaned up held")


async def test_leaving_the_client_cancels_open_async_streams(provider: Process) -> None:
    async with Rekuest("acceptance") as client:
        held = client.aiterate("count_forever", "held async")
        assert await anext(held) == 0
    await asyncio.to_thread(provider.wait_for, "cleaned up held async")
    with pytest.raises(UsageError, match="left"):
        await anext(held)


def open_reservations(node: NodeHandle) -> list[ReservationFields]:
    """Return the reservations of a node that somebody has made and not released."""
    return [
        found
        for found in list_reservations().items
        if found.node.id == node.id and not found.is_implicit and found.ended_at is None
    ]


async def last_event(node: NodeHandle) -> str:
    """Wait until the newest call of a node has ended, and return how."""
    listed = await alist_assignations(filter=AssignationFilter(node=node.id), first=1)
    return [event.kind.value async for event in awatch_assignation_events(listed.items[0].id)][-1]
