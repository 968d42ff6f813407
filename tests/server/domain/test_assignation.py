"""The one table of a call's transitions."""

import pytest

from rekuest.api.enums import AssignationEventKind as Kind
from rekuest.api.enums import AssignationStatus as Status
from rekuest.server.domain.assignation import (
    HELD,
    LIVE,
    TERMINAL,
    TERMINAL_KINDS,
    TRANSITIONS,
    after_loss,
    next_status,
)


def test_every_numbered_kind_has_its_row() -> None:
    assert set(TRANSITIONS) == set(Kind) - {Kind.QUEUED, Kind.PROGRESS, Kind.LOG}


def test_every_status_is_live_or_terminal() -> None:
    assert set(Status) == LIVE | TERMINAL
    assert not LIVE & TERMINAL


@pytest.mark.parametrize("status", sorted(TERMINAL))
def test_nothing_follows_the_terminal_event(status: Status) -> None:
    assert [kind for kind in TRANSITIONS if next_status(status, kind)] == []


@pytest.mark.parametrize("kind", sorted(TERMINAL_KINDS))
def test_a_terminal_kind_leads_to_the_status_of_its_name(kind: Kind) -> None:
    assert set(TRANSITIONS[kind].values()) == {Status(kind.value)}


def test_an_ordinary_call_goes_straight_through() -> None:
    status: Status | None = Status.QUEUED
    for kind in (Kind.BOUND, Kind.ACCEPTED, Kind.YIELD, Kind.DONE):
        assert status is not None
        status = next_status(status, kind)
    assert status is Status.DONE


def test_a_call_that_is_asked_to_stop_may_still_give_its_result() -> None:
    assert next_status(Status.CANCELLING, Kind.DONE) is Status.DONE


def test_a_call_that_is_asked_to_stop_is_not_cancelled_before_its_code_has_ended() -> None:
    assert next_status(Status.RUNNING, Kind.CANCELLING) is Status.CANCELLING
    assert next_status(Status.CANCELLING, Kind.ACCEPTED) is Status.CANCELLING


@pytest.mark.parametrize(
    ("status", "sent", "idempotent", "attempt", "kind"),
    [
        (Status.BOUND, False, False, 1, Kind.RETRIED),
        (Status.BOUND, True, False, 1, Kind.LOST),
        (Status.RUNNING, True, False, 1, Kind.LOST),
        (Status.RUNNING, True, True, 2, Kind.RETRIED),
        (Status.RUNNING, True, True, 3, Kind.PARKED),
        (Status.CANCELLING, True, True, 1, Kind.LOST),
        (Status.CANCELLING, False, False, 1, Kind.CANCELLED),
        (Status.INTERRUPTING, True, False, 1, Kind.INTERRUPTED),
    ],
)
def test_what_a_lost_agent_causes(
    status: Status, sent: bool, idempotent: bool, attempt: int, kind: Kind
) -> None:
    found = after_loss(status, sent=sent, idempotent=idempotent, attempt=attempt, max_attempts=3)
    assert found is kind
    assert next_status(status, found) is not None


@pytest.mark.parametrize("status", sorted(HELD))
@pytest.mark.parametrize("sent", [True, False])
@pytest.mark.parametrize("idempotent", [True, False])
def test_every_loss_has_a_transition(status: Status, sent: bool, idempotent: bool) -> None:
    kind = after_loss(status, sent=sent, idempotent=idempotent, attempt=1, max_attempts=3)
    assert next_status(status, kind) is not None
