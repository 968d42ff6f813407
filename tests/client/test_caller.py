"""Calls over real sockets: results, errors, streams, cancellation, reconnects, reservations."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import anyio
import pytest

from rekuest.api import enums, wire
from rekuest.auth import StaticToken
from rekuest.client.caller import MAX_WAITING_VALUES, Caller
from rekuest.client.connection import Connection
from rekuest.client.ongoing import Watch
from rekuest.errors import (
    AssignationError,
    CancelledAssignationError,
    ExpiredError,
    InterruptedAssignationError,
    LocalProtocolError,
    LostError,
    ParkedError,
    RejectedError,
    RemoteError,
    TransportError,
)
from tests.client.service import Service
from tests.client.session_server import SessionServer, serving
from tests.client.test_connection import IDENTITY, QuickClock

pytestmark = pytest.mark.anyio

_Kind = enums.AssignationEventKind


@pytest.fixture
async def server() -> AsyncIterator[SessionServer]:
    async with serving() as server:
        yield server


@pytest.fixture
def service(server: SessionServer) -> Service:
    return Service(server)


@pytest.fixture
async def connection(server: SessionServer) -> AsyncIterator[Connection]:
    connection = Connection(server.url, IDENTITY, StaticToken("good"), QuickClock())
    yield connection
    await connection.aclose()


@pytest.fixture
async def caller(service: Service, connection: Connection) -> AsyncIterator[Caller]:
    caller = Caller(connection, QuickClock())
    yield caller
    await caller.aclose()


def call(node: str, reference: str = "c1", timeout: float | None = None, **args: Any) -> wire.Call:
    return wire.Call(
        reference=reference,
        node=node,
        args=args,
        timeout=timeout,
        wait=False,
        priority=enums.Priority.NORMAL,
        ephemeral=False,
        cached=False,
        cancel_on_disconnect=False,
    )


async def heard(service: Service, kind: type[wire.ClientMessage]) -> None:
    """Wait until the service has got a message of a kind."""
    event = asyncio.Event()
    service.on_any = lambda message: event.set() if isinstance(message, kind) else None
    if any(isinstance(message, kind) for message in service.messages):
        return
    await event.wait()


async def test_a_call_gives_its_returns(caller: Caller) -> None:
    assert await caller.arun(call("echo", x=5), node="echo") == {"return": 5}


async def test_many_calls_at_once_share_frames(caller: Caller, server: SessionServer) -> None:
    results = await asyncio.gather(
        *(caller.arun(call("echo", f"c{n}", x=n), node="echo") for n in range(1000))
    )
    assert [result and result["return"] for result in results] == list(range(1000))
    assert len(server.peers[0].frame_sizes) < 20


async def test_a_call_leaves_nothing_behind(caller: Caller) -> None:
    await caller.arun(call("echo", x=5), node="echo")
    assert (caller._ongoing, caller._session._calls) == ({}, {})


async def test_progress_and_log_lines_arrive(caller: Caller) -> None:
    told: list[object] = []
    await caller.arun(
        call("echo", x=5), node="echo", watch=Watch(on_progress=told.append, on_log=told.append)
    )
    assert [type(it) for it in told] == [wire.ProgressInfo, wire.LogLine]


async def test_a_watch_that_raises_does_not_cost_the_call(
    caller: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks(progress: wire.ProgressInfo) -> None:
        raise LookupError("broken")

    result = await caller.arun(call("echo", x=5), node="echo", watch=Watch(on_progress=breaks))
    assert result == {"return": 5}
    assert "cannot tell of PROGRESS of node 'echo'" in caplog.text


async def test_what_a_function_raised_travels(caller: Caller) -> None:
    with pytest.raises(RemoteError, match="ValueError: no such stage") as raised:
        await caller.arun(call("fail"), node="fail")
    error = raised.value
    assert (error.type, error.message, error.traceback) == (
        "ValueError",
        "no such stage",
        "in move()",
    )
    assert (error.notes, error.assignation) == (("try home",), "a1")
    assert "raised by node 'fail':\nin move()" in error.__notes__


@pytest.mark.parametrize(
    ("kind", "error", "text"),
    [
        (_Kind.CANCELLED, CancelledAssignationError, "call a1 of node 'wait' was cancelled: why"),
        (_Kind.INTERRUPTED, InterruptedAssignationError, "was interrupted: why"),
        (_Kind.EXPIRED, ExpiredError, "passed its deadline: why"),
        (_Kind.LOST, LostError, "was lost with its agent, its outcome is unknown: why"),
        (_Kind.PARKED, ParkedError, "was set aside, as every attempt lost its agent: why"),
    ],
)
async def test_each_end_without_a_result_is_its_error(
    caller: Caller, service: Service, kind: _Kind, error: type[AssignationError], text: str
) -> None:
    waiting = asyncio.create_task(caller.arun(call("wait"), node="wait"))
    await heard(service, wire.Call)
    service.happen(service.records["c1"], kind, reason="why")
    with pytest.raises(error, match=text) as raised:
        await waiting
    assert raised.value.assignation == "a1"


async def test_a_rejected_call_lists_what_does_not_fit(caller: Caller) -> None:
    with pytest.raises(RejectedError, match="call of node 'move' was rejected: x: exp") as raised:
        await caller.arun(call("reject"), node="move")
    assert raised.value.code == "INVALID_ARGS"
    assert [str(it) for it in raised.value.failures] == ["x: expected INT, got STRING 'a'"]


async def test_a_reference_is_used_by_one_call_at_a_time(caller: Caller, service: Service) -> None:
    waiting = asyncio.create_task(caller.arun(call("wait"), node="wait"))
    await heard(service, wire.Call)
    with pytest.raises(LocalProtocolError, match="'c1' is in use"):
        await caller.arun(call("wait"), node="wait")
    service.happen(service.records["c1"], _Kind.DONE, returns={})
    assert await waiting == {}


async def test_arguments_over_the_limit_are_refused_here(caller: Caller) -> None:
    with pytest.raises(LocalProtocolError, match="cannot be sent"):
        await caller.arun(call("echo", x="x" * (1 << 20)), node="echo")
    assert await caller.arun(call("echo", x=1), node="echo") == {"return": 1}


async def test_a_cancelled_await_cancels_the_call_and_waits_for_its_end(
    caller: Caller, service: Service
) -> None:
    waiting = asyncio.create_task(caller.arun(call("wait"), node="wait"))
    await heard(service, wire.Call)
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert service.records["c1"].events[-1].kind is _Kind.CANCELLED
    assert caller._session._calls == {}


async def test_a_cancelled_await_is_not_swallowed_when_the_code_does_not_end(
    caller: Caller, service: Service
) -> None:
    waiting = asyncio.create_task(caller.arun(call("stubborn"), node="stubborn"))
    await heard(service, wire.Call)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting  # five seconds of the quick clock
    assert service.records["c1"].events[-1].kind is _Kind.CANCELLING


async def test_a_cancelled_scope_waits_too(caller: Caller, service: Service) -> None:
    with anyio.CancelScope() as scope:
        service.on_any = lambda message: scope.cancel()
        await caller.arun(call("wait"), node="wait")
    assert service.records["c1"].events[-1].kind is _Kind.CANCELLED


async def test_a_stream_gives_its_values(caller: Caller) -> None:
    stream = caller.astream(call("count", n=5), node="count")
    assert [returns["return"] async for returns in stream] == [0, 1, 2, 3, 4]


async def test_a_stream_that_is_left_early_cancels_its_call(
    caller: Caller, service: Service
) -> None:
    async with aclosing(caller.astream(call("count", n=5, forever=True), node="count")) as stream:
        assert await anext(stream) == {"return": 0}
    await heard(service, wire.Cancel)
    assert service.records["c1"].events[-1].kind is _Kind.CANCELLED


async def test_a_cancelled_stream_cancels_its_call(caller: Caller, service: Service) -> None:
    async def consume() -> None:
        async for _ in caller.astream(call("count", n=1, forever=True), node="count"):
            pass

    consuming = asyncio.create_task(consume())
    await heard(service, wire.Call)
    consuming.cancel()
    with pytest.raises(asyncio.CancelledError):
        await consuming
    assert service.records["c1"].events[-1].kind is _Kind.CANCELLED


async def test_values_come_before_the_error_that_ends_a_stream(
    caller: Caller, service: Service
) -> None:
    stream = caller.astream(call("count", n=2, forever=True), node="count")
    assert await anext(stream) == {"return": 0}
    service.happen(service.records["c1"], _Kind.LOST)
    assert await anext(stream) == {"return": 1}
    with pytest.raises(LostError):
        await anext(stream)


async def test_a_slow_consumer_leaves_values_with_the_server(
    caller: Caller, service: Service
) -> None:
    stream = caller.astream(call("count", n=3 * MAX_WAITING_VALUES), node="count")
    assert await anext(stream) == {"return": 0}
    await heard(service, wire.Detach)
    ongoing = caller._ongoing["c1"]
    assert ongoing.values is not None
    assert len(ongoing.values) <= MAX_WAITING_VALUES
    rest = [returns["return"] async for returns in stream]
    assert rest == list(range(1, 3 * MAX_WAITING_VALUES))


async def test_a_slow_consumer_that_leaves_cancels_its_call(
    caller: Caller, service: Service
) -> None:
    counting = call("count", n=2 * MAX_WAITING_VALUES, forever=True)
    async with aclosing(caller.astream(counting, node="count")) as stream:
        await anext(stream)
        await heard(service, wire.Detach)
    await heard(service, wire.Cancel)


async def test_a_call_goes_on_after_a_reconnect(
    caller: Caller, service: Service, server: SessionServer
) -> None:
    waiting = asyncio.create_task(caller.arun(call("wait"), node="wait"))
    await heard(service, wire.Call)
    (await server.next_peer()).cut()
    await heard(service, wire.Attach)
    service.happen(service.records["c1"], _Kind.DONE, returns={"return": 1})
    assert await waiting == {"return": 1}


async def test_a_call_without_an_answer_is_sent_again(
    caller: Caller, service: Service, server: SessionServer
) -> None:
    waiting = asyncio.create_task(caller.arun(call("hold"), node="hold"))
    await heard(service, wire.Call)
    service.messages.clear()
    (await server.next_peer()).cut()
    await heard(service, wire.Call)
    assert service.messages == [call("hold")]
    waiting.cancel()
    await asyncio.wait((waiting,))


async def test_events_missed_while_away_arrive_once_and_in_order(
    caller: Caller, service: Service, server: SessionServer
) -> None:
    stream = caller.astream(call("count", n=3, forever=True), node="count")
    assert await anext(stream) == {"return": 0}
    (await server.next_peer()).cut()
    record = service.records["c1"]
    for number in (3, 4):
        service.happen(record, _Kind.YIELD, returns={"return": number})
    service.happen(record, _Kind.DONE)
    assert [returns["return"] async for returns in stream] == [1, 2, 3, 4]


async def test_calls_made_while_away_are_sent_on_return(
    caller: Caller, service: Service, server: SessionServer, connection: Connection
) -> None:
    lost = asyncio.Event()
    connection.on_lost(lambda error: lost.set())
    await connection.open()
    await server.stop()
    await lost.wait()
    waiting = asyncio.create_task(caller.arun(call("echo", x=5), node="echo"))
    await asyncio.sleep(0)
    await server.start()
    assert await waiting == {"return": 5}


async def test_without_a_server_a_call_expires_at_its_deadline(
    caller: Caller, service: Service, server: SessionServer, connection: Connection
) -> None:
    lost = asyncio.Event()
    connection.on_lost(lambda error: lost.set())
    waiting = asyncio.create_task(caller.arun(call("wait", timeout=0.3), node="wait"))
    later = asyncio.create_task(caller.arun(call("wait", "c2", timeout=0.4), node="wait"))
    await heard(service, wire.Call)
    await server.stop()
    await lost.wait()
    made_away = asyncio.create_task(caller.arun(call("echo", "c3", timeout=0.1), node="echo"))
    for task in (made_away, waiting, later):
        with pytest.raises(ExpiredError, match="while the server at .* could not be reached"):
            await task


async def test_without_a_server_the_first_call_fails_at_once(
    service: Service, server: SessionServer
) -> None:
    await server.stop()
    connection = Connection(server.url, IDENTITY, StaticToken("good"), QuickClock())
    with pytest.raises(TransportError, match="nothing listens"):
        await Caller(connection, QuickClock()).arun(call("echo"), node="echo")
    await connection.aclose()


async def test_closing_fails_those_who_wait(
    caller: Caller, service: Service, connection: Connection
) -> None:
    waiting = asyncio.create_task(caller.arun(call("wait"), node="wait"))
    await heard(service, wire.Call)
    await connection.aclose()
    with pytest.raises(TransportError, match="is closed"):
        await waiting


async def test_a_reservation_is_held_and_given_back(caller: Caller, service: Service) -> None:
    holding = await caller.areserve("echo", "echo")
    assert holding.reservation == "r1"
    await caller.arelease(holding)
    await caller.arelease(holding)
    await heard(service, wire.Release)
    assert [type(it) for it in service.messages] == [wire.Reserve, wire.Release]


async def test_a_refused_reservation_is_an_error(caller: Caller) -> None:
    with pytest.raises(RejectedError, match="cannot reserve node 'x': nobody provides") as raised:
        await caller.areserve("reject", "x")
    assert raised.value.code == "NO_AGENT"


async def test_a_reservation_that_is_given_up_early_is_given_back(
    caller: Caller, service: Service
) -> None:
    reserving = asyncio.create_task(caller.areserve("echo", "echo"))
    await heard(service, wire.Reserve)
    reserving.cancel()
    await asyncio.wait((reserving,))
    await heard(service, wire.Release)


async def test_what_can_not_be_sent_on_return_is_rejected(
    caller: Caller, service: Service, server: SessionServer, connection: Connection
) -> None:
    lost = asyncio.Event()
    connection.on_lost(lambda error: lost.set())
    await connection.open()
    await server.stop()
    await lost.wait()
    waiting = asyncio.create_task(caller.arun(call("echo", x="x" * (1 << 20)), node="echo"))
    await asyncio.sleep(0)
    await server.start()
    with pytest.raises(RejectedError, match="'Call' cannot be sent") as raised:
        await waiting
    assert raised.value.code == "LIMIT_EXCEEDED"
    assert await caller.arun(call("echo", "c2", x=1), node="echo") == {"return": 1}
