"""Where provisions and reservations may stand, and why."""

from rekuest.api.enums import ProvisionStatus, ReservationStatus
from rekuest.server.domain import provision, reservation
from rekuest.server.domain.permissions import owns
from rekuest.server.domain.principal import Principal


def test_every_provision_status_has_its_row() -> None:
    assert set(provision.TRANSITIONS) == set(ProvisionStatus)


def test_an_ended_provision_stays_ended() -> None:
    assert not any(provision.may_become(ProvisionStatus.ENDED, one) for one in ProvisionStatus)


def test_a_returning_agent_makes_its_provision_active_again() -> None:
    assert provision.may_become(ProvisionStatus.UNREACHABLE, ProvisionStatus.ACTIVE)


def test_every_reservation_status_has_its_row() -> None:
    assert set(reservation.TRANSITIONS) == set(ReservationStatus)


def test_a_reservation_with_enough_instances_needs_no_reason() -> None:
    standing = reservation.standing(active=1, minimal=1, node="segment", agents=["lab-gpu-1"])
    assert standing == (ReservationStatus.ACTIVE, None)


def test_a_waiting_reservation_says_what_it_needs() -> None:
    status, reason = reservation.standing(active=1, minimal=2, node="segment", agents=["lab-gpu-1"])
    assert status is ReservationStatus.WAITING
    assert reason == "needs 2 instances of 'segment', 1 agent is connected: lab-gpu-1"


def test_a_reservation_without_agents_says_so() -> None:
    _, reason = reservation.standing(active=0, minimal=1, node="segment", agents=[])
    assert reason == "needs 1 instance of 'segment', no agent that provides it is connected"


def test_only_the_owner_in_the_same_organization_owns() -> None:
    ann = Principal("ann", "Ann", "lab", "app", None, None)
    assert owns(ann, organization="lab", owner="ann")
    assert not owns(ann, organization="lab", owner="bob")
    assert not owns(ann, organization="other", owner="ann")
