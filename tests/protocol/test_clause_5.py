"""Clauses 5 to 7: calling, reserving, coming back; the caller's side.  Source: schema/PROTOCOL.md."""

from __future__ import annotations

from rekuest.api import enums, wire
from rekuest.protocol.caller import (
    Accepted,
    CallerSession,
    ControlRefused,
    Happened,
    Refused,
    Rejected,
    ReservationChanged,
    Send,
)
from tests.protocol.messages import accepted, call, event, refused, reserve, welcome

KIND = enums.AssignationEventKind
STATUS = enums.AssignationStatus


def calling() -> CallerSession:
    """Return a session whose call `r1` was accepted as `a1` with one event."""
    session = CallerSession()
    session.call(call())
    session.receive(accepted())
    return session


def happened(message: wire.Event) -> Happened:
    """Return how the program learns of an event of `r1`."""
    return Happened("r1", "a1", message.event)


def test_clause_5_1_a_call_is_answered_once() -> None:
    session = CallerSession()
    session.call(call("r1"))
    session.call(call("r2"))
    assert session.receive(accepted("r1")) == [Accepted("r1", "a1", STATUS.QUEUED)]
    rejected = wire.CallRejected(
        reference="r2", code=enums.ErrorCode.NO_AGENT, message="nobody", failures=[]
    )
    assert session.receive(rejected) == [Rejected("r2", enums.ErrorCode.NO_AGENT, "nobody", ())]
    assert session.receive(rejected) == []
    assert session.receive(accepted("r1")) == []


def test_clause_5_2_a_call_that_was_known_is_followed_from_its_start() -> None:
    session = CallerSession()
    session.call(call())
    updates = session.receive(accepted(status=STATUS.DONE, number=4))
    assert updates == [
        Accepted("r1", "a1", STATUS.DONE),
        Send(wire.Attach(assignation="a1", after=0)),
    ]
    session.receive(wire.Attached(assignation="a1", reference="r1", status=STATUS.DONE, number=4))
    assert session.receive(event(1, KIND.QUEUED)) == [happened(event(1, KIND.QUEUED))]


def test_clause_5_3_events_come_without_gaps_up_to_the_terminal_one() -> None:
    session = calling()
    line = event(None, KIND.PROGRESS, progress=wire.ProgressInfo(done=0.5))
    for message in (event(2), line, event(3), event(4, KIND.DONE, returns={})):
        assert session.receive(message) == [happened(message)]
    assert session.receive(event(5)) == []


def test_clause_5_3_a_repeated_event_is_dropped() -> None:
    session = calling()
    session.receive(event(2))
    assert session.receive(event(2)) == []
    assert session.receive(event(1)) == []


def test_clause_5_4_a_gap_is_closed_by_attaching_again() -> None:
    session = calling()
    assert session.receive(event(4)) == [Send(wire.Attach(assignation="a1", after=1))]
    assert session.receive(event(5)) == []
    session.receive(
        wire.Attached(assignation="a1", reference="r1", status=STATUS.RUNNING, number=5)
    )
    assert session.receive(event(2)) == [happened(event(2))]


def test_clause_5_4_a_call_of_another_program_is_attached_by_reference_or_id() -> None:
    session = CallerSession()
    assert session.attach_reference("r1", after=3) == wire.Attach(reference="r1", after=3)
    attached = wire.Attached(assignation="a1", reference="r1", status=STATUS.RUNNING, number=4)
    assert session.receive(attached) == [Accepted("r1", "a1", STATUS.RUNNING)]
    assert session.receive(event(4)) == [happened(event(4))]
    assert session.attach("a2") == wire.Attach(assignation="a2", after=0)
    other = attached.model_copy(update={"assignation": "a2", "reference": "r2"})
    assert session.receive(other) == [Accepted("r2", "a2", STATUS.RUNNING)]
    first = event(1, assignation="a2")
    assert session.receive(first) == [Happened("r2", "a2", first.event)]


def test_clause_5_4_a_call_that_may_not_be_seen_is_given_up() -> None:
    session = CallerSession()
    session.attach("a9")
    refusal = refused("Attach", "a9", "NOT_FOUND")
    assert session.receive(refusal) == [Refused(None, "a9", enums.ErrorCode.NOT_FOUND, "no")]
    assert session.opened(welcome()) == []


def test_clause_5_5_detach_ends_the_events() -> None:
    session = calling()
    assert session.detach("a1") == wire.Detach(assignation="a1")
    assert session.receive(event(2)) == []
    assert session.opened(welcome()) == []


def test_clause_5_6_a_control_is_answered_by_an_event_or_refused() -> None:
    session = calling()
    cancel = wire.Cancel(assignation="a1")
    assert session.cancel("r1") == cancel
    assert cancel in session.opened(welcome(resumed=True))
    session.receive(wire.Attached(assignation="a1", reference="r1", status=STATUS.QUEUED, number=1))
    session.receive(event(2, KIND.CANCELLING))
    assert cancel not in session.opened(welcome(resumed=True))
    refusal = refused("Interrupt", "a1", "ALREADY_ENDED")
    assert session.receive(refusal) == [
        ControlRefused("r1", "a1", "Interrupt", enums.ErrorCode.ALREADY_ENDED, "no")
    ]


def test_clause_5_6_a_cancel_waits_for_the_answer_to_its_call() -> None:
    session = CallerSession()
    session.call(call())
    assert session.cancel("r1") is None
    assert Send(wire.Cancel(assignation="a1")) in session.receive(accepted())
    assert session.cancel("r9") is None


def test_clause_6_1_reserve_is_answered() -> None:
    session = CallerSession()
    assert session.reserve(reserve()) == reserve()
    active = enums.ReservationStatus.ACTIVE
    reserved = wire.Reserved(reference="v1", reservation="x1", status=active)
    assert session.receive(reserved) == [ReservationChanged("v1", "x1", active, None)]
    session.reserve(reserve("v2"))
    refusal = refused("Reserve", "v2", "NO_AGENT")
    rejected = enums.ReservationStatus.REJECTED
    assert session.receive(refusal) == [
        ReservationChanged("v2", None, rejected, "no", enums.ErrorCode.NO_AGENT)
    ]


def test_clause_6_2_a_change_is_passed_on() -> None:
    session = CallerSession()
    session.reserve(reserve())
    waiting = enums.ReservationStatus.WAITING
    session.receive(wire.Reserved(reference="v1", reservation="x1", status=waiting))
    changed = wire.ReservationChanged(reservation="x1", status=waiting, active_instances=0)
    assert session.receive(changed) == [ReservationChanged("v1", "x1", waiting, None)]


def test_clause_6_3_release_is_answered() -> None:
    session = CallerSession()
    session.reserve(reserve())
    active = enums.ReservationStatus.ACTIVE
    session.receive(wire.Reserved(reference="v1", reservation="x1", status=active))
    release = session.release("x1")
    assert session.opened(welcome(resumed=True)) == [release]
    session.receive(wire.Released(reservation="x1"))
    assert session.opened(welcome(resumed=True)) == []


def test_clause_6_4_a_reservation_of_a_lost_session_is_asked_for_again() -> None:
    session = CallerSession()
    session.reserve(reserve())
    active = enums.ReservationStatus.ACTIVE
    session.receive(wire.Reserved(reference="v1", reservation="x1", status=active))
    assert session.opened(welcome(resumed=True)) == []
    assert session.opened(welcome(resumed=False)) == [reserve()]


def test_clause_7_4_a_caller_that_comes_back_repeats_and_attaches() -> None:
    session = calling()
    session.receive(event(2))
    session.call(call("r2"))
    assert session.opened(welcome()) == [call("r2"), wire.Attach(assignation="a1", after=2)]
    session.receive(event(3))
    assert session.opened(welcome())[-1] == wire.Attach(assignation="a1", after=2)
