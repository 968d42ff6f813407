"""What the machines do beyond the clauses."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from rekuest.api import enums, wire
from rekuest.errors import LocalProtocolError
from rekuest.protocol import client
from rekuest.protocol.agent import AgentSession, Despawn, Send, Stop
from rekuest.protocol.caller import CallerSession
from rekuest.protocol.client import ClientConnection
from rekuest.protocol.declare import MAX_ITEMS, split_declaration
from rekuest.protocol.instruction import shut
from rekuest.protocol.outbox import Outbox
from rekuest.protocol.refusal import refuse
from rekuest.protocol.report import REMEMBERED
from rekuest.protocol.server import Handle, ServerConnection
from tests.protocol.messages import (
    ERROR,
    LIMITS,
    accepted,
    assign,
    believing,
    call,
    event,
    frame,
    hello,
    raw,
    receipt,
    refused,
    template,
    the_refusal,
    welcome,
)
from tests.protocol.pair import Pair


def running() -> AgentSession:
    """Return a session that works on call `a1`."""
    session = AgentSession()
    session.receive(wire.Provide(provision="p1", interface="f"))
    session.provided("p1", 2)
    session.receive(assign())
    session.accept("a1", 1)
    return session


def opened() -> ServerConnection:
    """Return a server's end whose session is open."""
    connection = ServerConnection(now=0.0)
    connection.receive(frame(hello()), 0.0)
    connection.welcome(welcome(), 0.0)
    return connection


# Connections


def test_a_reason_is_cut_to_what_a_close_frame_holds() -> None:
    assert len(shut("BAD_FRAME", "é" * 200).reason.encode()) <= 123
    assert shut("BAD_FRAME", "\ud800 x").reason == "? x"


def test_a_closed_connection_asks_for_nothing() -> None:
    pair = Pair()
    pair.client.shut("TIMEOUT", "gone")
    pair.server.shut("TIMEOUT", "gone")
    for side in (pair.client, pair.server):
        assert side.receive("{", 1.0) == []
        assert side.tick(1e9) == []
        assert side.deadline() == math.inf


def test_hello_and_welcome_come_once() -> None:
    pair = Pair()
    with pytest.raises(LocalProtocolError):
        pair.client.hello(hello(), 0.0)
    with pytest.raises(LocalProtocolError):
        pair.server.welcome(welcome(), 0.0)
    assert the_refusal(pair.client.receive(frame(welcome()), 0.0)).code == "OUT_OF_PLACE"


def test_a_client_refuses_what_it_does_not_know() -> None:
    pair = Pair()
    refusal = the_refusal(pair.client.receive('[{"__typename":"Wish","reference":"r1"}]', 0.0))
    assert (refusal.message, refusal.subject, refusal.code) == ("Wish", "r1", "BAD_MESSAGE")
    assert the_refusal(pair.client.receive(frame(call()), 0.0)).code == "OUT_OF_PLACE"


def test_a_welcome_may_name_many_calls_and_be_followed_by_more() -> None:
    receipts = [receipt(f"{number:036}", 1) for number in range(5_000)]
    connection = ClientConnection()
    connection.hello(hello(), 0.0)
    text = frame(welcome(believed=receipts), event(2))
    assert len(text) > 64 * 1024
    first, second = connection.receive(text, 0.0)
    assert isinstance(first, client.Opened)
    assert second == client.Handle(event(2))


def test_a_client_that_slept_beats_once() -> None:
    pair = Pair(welcome=welcome(lease_duration=1000.0))
    assert len(pair.client.tick(500.0)) == 1
    assert pair.client.deadline() == 505.0


def test_an_echo_that_was_not_asked_for_is_refused() -> None:
    pair = Pair()
    beat = wire.Heartbeat(number=1)
    assert the_refusal(pair.client.receive(frame(beat), 0.0)).code == "OUT_OF_PLACE"
    pair.client.tick(5.0)
    assert pair.client.receive(frame(beat), 5.0) == []


def test_what_cannot_be_passed_on_is_refused_by_the_server() -> None:
    large = wire.Yield(assignation="a", attempt=1, seq=2, returns={"x": "y" * 61_500})
    refusal = the_refusal(opened().receive(frame(large), 0.0))
    assert refusal.code == "LIMIT_EXCEEDED"
    assert refusal.receipt == receipt("a", 2)
    deep: Any = 1
    for _ in range(LIMITS.depth - 3):
        deep = [deep]
    nested = wire.Yield(assignation="a", attempt=1, seq=2, returns={"x": deep})
    assert the_refusal(opened().receive(frame(nested), 0.0)).code == "LIMIT_EXCEEDED"


def test_a_large_frame_of_small_messages_is_followed() -> None:
    calls = [call(f"r{number}", args={"x": "y" * 1_350}) for number in range(43)]
    text = frame(*calls)
    assert len(text) > LIMITS.frame_bytes - 4096
    assert opened().receive(text, 0.0) == [Handle(one) for one in calls]


def test_a_refusal_repeats_little() -> None:
    found = raw(call("r" * 5_000)) | {"timeout": "x"}
    refusal = the_refusal(opened().receive(json.dumps([found]), 0.0))
    assert refusal.subject == "r" * 1000
    assert refuse(call(), enums.ErrorCode.NO_AGENT, "x" * 5_000).reason == "x" * 1000


# The agent


@pytest.mark.parametrize("code", ["LIMIT_EXCEEDED", "BAD_MESSAGE", "OUT_OF_PLACE"])
def test_an_event_that_is_refused_for_itself_becomes_a_failure(code: str) -> None:
    session = running()
    session.receive(wire.Acknowledged(receipts=[receipt("a1", 1)]))
    session.yield_("a1", 1, {"x": 1})
    session.yield_("a1", 1, {"x": 2})
    stop, send = session.receive(refused("Yield", "a1", code, receipt=receipt("a1", 2)))
    assert stop == Stop("a1", 1)
    assert isinstance(send, Send)
    assert isinstance(send.message, wire.Failed)
    assert send.message.seq == 2
    late = refused("Yield", "a1", "OUT_OF_PLACE", receipt=receipt("a1", 3))
    assert session.receive(late) == []
    again = refused("Failed", "a1", code, receipt=receipt("a1", 2))
    assert session.receive(again) == []
    assert session.opened(believing(receipt("a1", 1))) == []


@pytest.mark.parametrize("code", ["UNAVAILABLE", "INTERNAL", "RATE_LIMITED"])
def test_an_event_that_may_be_taken_later_is_kept(code: str) -> None:
    session = running()
    value = session.yield_("a1", 1, {})
    refusal = refused("Yield", "a1", code, receipt=receipt("a1", 2))
    assert session.receive(refusal) == []
    assert value is not None
    assert session.opened(believing(receipt("a1", 1))) == [Send(value)]


def test_a_refused_provision_is_given_up() -> None:
    session = running()
    refusal = refused("Provided", "p1", "NOT_FOUND")
    assert session.receive(refusal) == [Stop("a1", 1), Despawn("p1")]


def test_a_failure_that_is_too_large_is_made_small() -> None:
    session, outbox = running(), Outbox(LIMITS, 1 << 20)
    error = ERROR.model_copy(update={"traceback": "x" * 100_000})
    failed = session.failed("a1", 1, error)
    assert failed is not None
    with pytest.raises(LocalProtocolError) as caught:
        outbox.put(failed)
    plain = session.replace(failed, caught.value)
    assert plain is not None
    outbox.put(plain)
    assert session.replace(failed.model_copy(update={"attempt": 2}), caught.value) is None


def test_memory_stays_flat_over_many_calls() -> None:
    session = AgentSession()
    session.receive(wire.Provide(provision="p1", interface="f"))
    session.provided("p1", 1)
    for number in range(REMEMBERED + 100):
        name = f"a{number}"
        session.receive(assign(name))
        session.accept(name, 1)
        session.done(name, 1, {})
        session.receive(wire.Acknowledged(receipts=[receipt(name, 2)]))
    assert not session._attempts
    assert len(session._forgotten) == REMEMBERED


def test_a_message_that_is_no_business_of_the_agent_asks_for_nothing() -> None:
    assert AgentSession().receive(accepted()) == []
    assert AgentSession().receive(refused("Call", "r1", "NO_AGENT")) == []
    assert AgentSession().receive(wire.Acknowledged(receipts=[receipt("a9", 1)])) == []


# The caller


def test_a_reference_is_used_by_one_call_at_a_time() -> None:
    session = CallerSession()
    session.call(call())
    with pytest.raises(LocalProtocolError, match="'r1'"):
        session.call(call())
    session.receive(accepted())
    with pytest.raises(LocalProtocolError):
        session.attach_reference("r1")
    session.receive(event(2, enums.AssignationEventKind.DONE, returns={}))
    session.call(call())


def test_a_caller_keeps_nothing_of_calls_that_have_ended() -> None:
    session = CallerSession()
    for number in range(100):
        session.call(call(f"r{number}"))
        session.receive(accepted(f"r{number}", f"a{number}"))
        done = event(2, enums.AssignationEventKind.DONE, f"a{number}", returns={})
        assert len(session.receive(done)) == 1
    session.call(call("r"))
    session.forget("r")
    assert [session._calls, session._unanswered, session._followed] == [{}, {}, {}]


def test_a_pause_that_waited_for_the_answer_is_sent_once() -> None:
    session = CallerSession()
    session.call(call())
    assert session.pause("r1") is None
    session.receive(accepted())
    assert session.opened(welcome()) == [wire.Attach(assignation="a1", after=1)]
    assert session.resume("r1") == wire.Resume(assignation="a1")
    assert session.step("r1") == wire.Step(assignation="a1")
    assert session.interrupt("r1") == wire.Interrupt(assignation="a1")


def test_a_call_that_is_refused_as_a_message_is_rejected() -> None:
    session = CallerSession()
    session.call(call())
    (update,) = session.receive(refused("Call", "r1", "BAD_MESSAGE"))
    assert type(update).__name__ == "Rejected"
    assert session.opened(welcome()) == []


# Declarations


def test_an_app_without_functions_declares_one_empty_part() -> None:
    (part,) = split_declaration([], [], limits=LIMITS)
    assert (part.part, part.last, part.templates, part.structures) == (0, True, [], [])


def test_a_template_over_the_limit_is_named() -> None:
    huge = template("huge", description="x" * 70_000)
    with pytest.raises(LocalProtocolError, match="template 'huge' cannot be declared"):
        split_declaration([huge], [], limits=LIMITS)


def test_a_thousand_functions_are_declared() -> None:
    templates = [template(f"f{number}") for number in range(1000)]
    parts = split_declaration(templates, [], limits=LIMITS)
    assert sum(len(part.templates) for part in parts) == 1000
    assert MAX_ITEMS > 1000
