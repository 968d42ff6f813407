"""Clauses 4: providing and assigning, the agent's side.  Source: schema/PROTOCOL.md."""

from __future__ import annotations

import pytest

from rekuest.api import enums, wire
from rekuest.errors import LocalProtocolError
from rekuest.protocol.agent import (
    AgentSession,
    Continue,
    Despawn,
    Hold,
    Kill,
    Run,
    Send,
    Spawn,
    StepOn,
    Stop,
)
from rekuest.protocol.codec import decode
from rekuest.protocol.outbox import Outbox
from tests.protocol.messages import (
    ERROR,
    LIMITS,
    NOON,
    assign,
    believing,
    log,
    progress,
    receipt,
    refused,
    the_refusal,
    welcome,
)

PROVIDE = wire.Provide(provision="p1", interface="f")


def providing() -> AgentSession:
    """Return a session whose actor is up."""
    session = AgentSession()
    session.receive(PROVIDE)
    session.provided("p1", 2)
    return session


def running(*names: str) -> AgentSession:
    """Return a session that works on calls."""
    session = providing()
    for name in names or ("a1",):
        session.receive(assign(name))
        session.accept(name, 1)
    return session


def test_clause_4_1_provide_is_answered_with_credits() -> None:
    session = AgentSession()
    assert session.receive(PROVIDE) == [Spawn("p1", "f")]
    assert session.provided("p1", 2) == wire.Provided(provision="p1", credits=2)


def test_clause_4_1_a_provision_is_never_spawned_twice() -> None:
    session = AgentSession()
    session.receive(PROVIDE)
    assert session.receive(PROVIDE) == []
    session.provided("p1", 2)
    assert session.receive(PROVIDE) == [Send(wire.Provided(provision="p1", credits=2))]


def test_clause_4_1_a_failed_provide_is_answered_again() -> None:
    session = AgentSession()
    session.receive(PROVIDE)
    failed = session.provide_failed("p1", ERROR)
    assert session.receive(PROVIDE) == [Send(failed)]


def test_clause_4_1_unprovide_ends_the_calls_first() -> None:
    session = running("a1")
    unprovide = wire.Unprovide(provision="p1")
    assert session.receive(unprovide) == [Stop("a1", 1), Despawn("p1")]
    gone = session.unprovided("p1")
    assert gone == wire.Unprovided(provision="p1")
    assert session.receive(unprovide) == [Send(gone)]


def test_clause_4_2_credits_are_changed_and_remembered() -> None:
    session = providing()
    assert session.credits("p1", 0) == wire.Credits(provision="p1", credits=0)
    assert session.receive(PROVIDE) == [Send(wire.Provided(provision="p1", credits=0))]


def test_clause_4_3_assign_is_answered_by_accepted() -> None:
    session = providing()
    assert session.receive(assign()) == [Run(assign())]
    assert session.accept("a1", 1) == wire.Accepted(assignation="a1", attempt=1, seq=1)


def test_clause_4_3_a_known_attempt_is_not_run_again() -> None:
    session = providing()
    session.receive(assign())
    assert session.receive(assign()) == []
    accepted = session.accept("a1", 1)
    assert accepted is not None
    assert session.receive(assign()) == [Send(accepted)]
    session.done("a1", 1, {})
    session.receive(wire.Acknowledged(receipts=[receipt("a1", 2)]))
    assert session.receive(assign()) == []


def test_clause_4_3_another_attempt_is_run_and_the_old_one_given_up() -> None:
    session = running("a1")
    assert session.receive(assign(attempt=2)) == [Stop("a1", 1), Run(assign(attempt=2))]
    assert session.done("a1", 1, {}) is None
    assert session.receive(assign(attempt=1)) == []


def test_clause_4_3_an_older_attempt_is_stale() -> None:
    session = providing()
    session.receive(assign(attempt=2))
    assert the_refusal(session.receive(assign(attempt=1))).code == "STALE"


def test_clause_4_3_a_call_that_cannot_be_taken_is_refused() -> None:
    unknown = the_refusal(AgentSession().receive(assign()))
    assert (unknown.message, unknown.subject) == ("Assign", "a1")
    session = providing()
    session.receive(assign())
    busy = session.refuse("a1", 1, enums.ErrorCode.LIMIT_EXCEEDED, "busy")
    assert busy is not None
    assert busy.receipt == receipt("a1", 0)
    assert session.receive(assign()) == [Run(assign())]


def test_clause_4_4_events_are_numbered_from_accepted_to_the_terminal_one() -> None:
    session = running("a1", "a2")
    seqs = [
        made.seq
        for made in (
            session.yield_("a1", 1, {}),
            session.paused("a1", 1),
            session.resumed("a1", 1),
            session.done("a1", 1, None),
        )
        if made is not None
    ]
    assert seqs == [2, 3, 4, 5]
    assert session.cancelled("a2", 1) == wire.Cancelled(assignation="a2", attempt=1, seq=2)


def test_clause_4_4_nothing_follows_a_terminal_event() -> None:
    session = running("a1")
    session.failed("a1", 1, ERROR)
    assert session.done("a1", 1, {}) is None
    assert session.yield_("a1", 1, {}) is None
    assert session.log("a1", 1, level=enums.LogLevel.INFO, message="x", at=NOON) is None


def test_clause_4_4_accepted_comes_first() -> None:
    session = providing()
    session.receive(assign())
    with pytest.raises(LocalProtocolError, match="accept a call first"):
        session.done("a1", 1, {})


def test_clause_4_5_what_is_not_acknowledged_is_sent_again_in_order() -> None:
    session = running("a1")
    events = [session.yield_("a1", 1, {"return": number}) for number in range(3)]
    done = session.done("a1", 1, None)
    session.receive(wire.Acknowledged(receipts=[receipt("a1", 2)]))
    again = session.opened(believing(receipt("a1", 3)))
    assert again == [Send(event) for event in (events[2], done) if event is not None]
    session.receive(wire.Acknowledged(receipts=[receipt("a1", 5)]))
    assert session.opened(believing(receipt("a1", 5))) == []


def test_clause_4_5_a_stored_end_is_forgotten() -> None:
    session = running("a1")
    session.done("a1", 1, {})
    assert session.opened(believing()) == []
    assert session.backlog("a1", 1) == 0


def test_clause_4_6_only_the_newest_progress_waits() -> None:
    outbox = Outbox(LIMITS, 1 << 20)
    for number in range(1000):
        outbox.put(progress(number / 1000))
        outbox.put(progress(number / 1000, "a2"))
    (text,) = outbox.frames()
    assert [one["done"] for one in decode(text, LIMITS)] == [0.999, 0.999]


def test_clause_4_6_dropped_lines_are_counted() -> None:
    outbox = Outbox(LIMITS, 1 << 20)
    for number in range(5000):
        outbox.put(log(str(number)))
    lines = [one for text in outbox.frames() for one in decode(text, LIMITS)]
    assert [one["message"] for one in lines] == [str(number) for number in range(4900, 5000)]
    assert [one["dropped"] for one in lines] == [4900] + [0] * 99
    assert outbox.dropped == 4900


def test_clause_4_6_progress_and_log_are_not_repeated() -> None:
    session = running("a1")
    assert session.progress("a1", 1, 0.5) == progress(0.5)
    assert session.log("a1", 1, level=enums.LogLevel.INFO, message="line", at=NOON) == log()
    assert session.opened(believing(receipt("a1", 1))) == []


def test_clause_4_7_a_refused_call_is_given_up() -> None:
    session = running("a1")
    value = session.yield_("a1", 1, {})
    assert value is not None
    refusal = refused("Yield", "a1", "NOT_FOUND", receipt=receipt("a1", 2))
    assert session.receive(refusal) == [Stop("a1", 1)]
    assert session.done("a1", 1, {}) is None
    assert session.receive(refusal) == []


def test_clause_4_7_a_gap_is_filled_by_what_is_kept() -> None:
    session = running("a1")
    session.yield_("a1", 1, {})
    refusal = refused("Yield", "a1", "OUT_OF_PLACE", receipt=receipt("a1", 2))
    assert session.receive(refusal) == []
    assert session.backlog("a1", 1) == 2


def test_clause_4_8_cancel_and_interrupt_reach_the_function_once() -> None:
    session = running("a1")
    cancel, interrupt = wire.Cancel(assignation="a1"), wire.Interrupt(assignation="a1")
    assert session.receive(cancel) == [Stop("a1", 1)]
    assert session.receive(cancel) == []
    assert session.receive(interrupt) == [Kill("a1", 1)]
    assert session.receive(cancel) == []
    assert session.interrupted("a1", 1) == wire.Interrupted(assignation="a1", attempt=1, seq=2)


def test_clause_4_8_a_function_that_ends_otherwise_ends_as_it_ends() -> None:
    session = running("a1")
    session.receive(wire.Cancel(assignation="a1"))
    assert session.done("a1", 1, {"return": 1}) is not None
    assert session.receive(wire.Cancel(assignation="a1")) == []


def test_clause_4_8_an_unknown_call_is_not_found() -> None:
    for message in (wire.Cancel(assignation="a9"), wire.Interrupt(assignation="a9")):
        refusal = the_refusal(providing().receive(message))
        assert (refusal.subject, refusal.code) == ("a9", "NOT_FOUND")


def test_clause_4_9_pause_resume_and_step_reach_the_function() -> None:
    session = running("a1")
    pause, resume = wire.Pause(assignation="a1"), wire.Resume(assignation="a1")
    step = wire.Step(assignation="a1")
    assert session.receive(pause) == [Hold(pause, 1)]
    assert session.receive(resume) == [Continue(resume, 1)]
    assert session.receive(step) == [StepOn(step, 1)]
    refusal = session.refuse_control(pause, enums.ErrorCode.CANNOT_PAUSE, "no breakpoint")
    assert (refusal.message, refusal.subject) == ("Pause", "a1")


def test_clause_4_5_a_session_that_is_not_resumed_gives_everything_up() -> None:
    session = running("a1")
    assert session.opened(welcome(resumed=False)) == [Stop("a1", 1), Despawn("p1")]
    assert session.done("a1", 1, {}) is None


def test_clause_1_8_an_agent_sends_failed_in_the_place_of_what_is_too_large() -> None:
    session, outbox = running("a1"), Outbox(LIMITS, 1 << 20)
    done = session.done("a1", 1, {"return": "x" * 100_000})
    assert done is not None
    with pytest.raises(LocalProtocolError) as caught:
        outbox.put(done)
    failed = session.replace(done, caught.value)
    assert failed is not None
    assert failed.seq == done.seq
    assert "return a structure" in failed.error.message
    outbox.put(failed)
