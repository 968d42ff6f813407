"""Contract: calls and their events, provisions, reservations, logs and progress."""

from __future__ import annotations

import pytest

from rekuest.server.store.commands import (
    AcceptCall,
    ChangeProvision,
    ChangeReservation,
    LinkProvision,
    Outcome,
    SaveDecision,
    SaveLogs,
    SaveProgress,
    SaveProvision,
    SaveReservation,
)
from rekuest.server.store.rows import AssignationRow, LogRow, ProgressRow
from rekuest.server.store.store import Store, StoreError
from tests.server.store import make

pytestmark = pytest.mark.anyio


async def stored_call(store: Store, id: str = "x1") -> AssignationRow:
    """Read a call that is there."""
    row = await store.read.assignations.get(id, viewer=None)
    assert row is not None
    return row


async def test_a_call_is_stored_as_it_is_with_its_events(store: Store) -> None:
    row = make.call(args={"big": 2**80, "text": "ü\u2028", "none": None}, deadline=9.5, parent="x0")
    events = (make.event(number=1), make.event(number=2, kind="BOUND", reason="chosen"))
    assert await store.write(AcceptCall(row, events)) == row
    assert await stored_call(store) == row
    assert await store.read.assignations.events("x1") == events


async def test_a_repeated_reference_gives_the_call_that_was_there(store: Store) -> None:
    first = await store.write(make.accept("x1", reference="same"))
    second = await store.write(make.accept("x2", reference="same", args={}))
    assert second == first
    assert await store.read.assignations.get("x2", viewer=None) is None
    assert await store.read.assignations.events("x2") == ()


async def test_a_reference_is_one_users_and_one_apps(store: Store) -> None:
    for id, fields in (("x1", {}), ("x2", {"user": "u2"}), ("x3", {"app": "other"})):
        stored = await store.write(make.accept(id, reference="same", **fields))
        assert stored.id == id
    found = await store.read.assignations.by_reference("u2", "caller", "same")
    assert found is not None
    assert found.id == "x2"


async def test_a_change_sets_what_it_names_and_nothing_else(store: Store) -> None:
    await store.write(make.accept(reason="before"))
    done = make.event(number=2, kind="DONE", attempt=1, seq=3, returns={"return": [1]})
    change = make.change(
        kind="DONE", events=(done,), attempt=1, seq=3, returns={"return": [1]}, ended_at=7.0
    )
    assert await store.write(change) is Outcome.STORED
    assert await stored_call(store) == make.call(
        status="DONE",
        number=2,
        attempt=1,
        seq=3,
        reason="before",
        returns={"return": [1]},
        ended_at=7.0,
    )
    assert await store.read.assignations.events("x1", after=1) == (done,)


async def test_an_empty_result_is_stored(store: Store) -> None:
    await store.write(make.accept())
    await store.write(make.change(kind="DONE", returns={}, seq=0))
    assert (await stored_call(store)).returns == {}


async def test_unbinding_forgets_provision_and_agent(store: Store) -> None:
    await store.write(make.accept(provision="p1", agent="g1"))
    await store.write(make.change(kind="RETRIED", status="QUEUED", unbind=True, attempt=2))
    row = await stored_call(store)
    assert (row.provision, row.agent, row.attempt) == (None, None, 2)


async def test_a_change_of_a_call_that_moved_on_stores_nothing(store: Store) -> None:
    await store.write(make.accept())
    assert await store.write(make.change(number=1, kind="BOUND")) is Outcome.STORED
    assert await store.write(make.change(number=1, kind="CANCELLED")) is Outcome.MOVED_ON
    assert await store.write(make.change("unknown")) is Outcome.MOVED_ON
    assert (await stored_call(store)).status == "BOUND"
    assert len(await store.read.assignations.events("x1")) == 2


async def test_several_events_of_one_change_are_numbered_on(store: Store) -> None:
    await store.write(make.accept())
    events = tuple(make.event(number=2 + i, kind="YIELD", attempt=1, seq=1 + i) for i in range(40))
    assert await store.write(make.change(events=events, status="RUNNING", seq=40)) is Outcome.STORED
    assert (await stored_call(store)).number == 41
    assert len(await store.read.assignations.events("x1", after=1, first=10)) == 10


async def test_a_write_with_an_old_epoch_changes_nothing(store: Store) -> None:
    await store.write(make.claim())
    await store.write(make.accept())
    await store.write(make.claim(session_id="second", takeover=True))
    assert await store.write(make.change(agent_epoch=("g1", 1))) is Outcome.LEASE_LOST
    assert await store.write(make.change(agent_epoch=("unknown", 1))) is Outcome.LEASE_LOST
    assert (await stored_call(store)).status == "QUEUED"
    assert await store.write(make.change(agent_epoch=("g1", 2))) is Outcome.STORED
    assert await store.write(make.change(agent_epoch=("g1", 2))) is Outcome.MOVED_ON


async def test_an_agents_event_is_stored_once(store: Store) -> None:
    await store.write(make.accept())
    first = make.event(number=2, kind="YIELD", attempt=1, seq=1)
    await store.write(make.change(events=(first,), status="RUNNING"))
    again = make.event(number=3, kind="YIELD", attempt=1, seq=1)
    outcome = await store.write(make.change(number=2, events=(again,), status="RUNNING"))
    assert outcome is Outcome.MOVED_ON
    assert (await stored_call(store)).number == 2


async def test_a_call_ends_once(store: Store) -> None:
    await store.write(make.accept())
    await store.write(make.change(number=1, kind="LOST"))
    assert await store.write(make.change(number=2, kind="DONE")) is Outcome.MOVED_ON
    assert (await stored_call(store)).status == "LOST"


async def test_a_violated_index_in_a_unit_undoes_that_command_alone(store: Store) -> None:
    await store.write(make.accept("x1"))
    await store.write(make.change("x1", kind="LOST"))
    outcomes = await store.write_all(
        [make.accept("x2"), make.change("x1", 2, "DONE"), make.change("x2")]
    )
    assert outcomes == [make.call("x2"), Outcome.MOVED_ON, Outcome.STORED]


async def test_write_all_is_stored_together_or_not_at_all(store: Store) -> None:
    await store.write(make.accept("x1"))
    unit = [make.accept("x2"), make.accept("x1", reference="another")]  # an id that is taken
    with pytest.raises(StoreError, match=r"cannot store AcceptCall: IntegrityError") as caught:
        await store.write_all(unit)
    assert caught.value.code == "INTERNAL"
    assert await store.read.assignations.get("x2", viewer=None) is None


async def test_a_provision_is_saved_and_changed(store: Store) -> None:
    await store.write(SaveProvision(make.provision(status="PENDING", credits=0)))
    assert await store.write(ChangeProvision("p1", "ACTIVE", None, 7.0, credits=4)) is True
    assert await store.write(ChangeProvision("p1", "UNREACHABLE", "gone", 8.0)) is True
    assert await store.write(ChangeProvision("p2", "ACTIVE", None, 8.0)) is False
    stored = await store.read.provisions.get("p1", viewer=None)
    assert stored == make.provision(status="UNREACHABLE", reason="gone", credits=4, changed_at=8.0)


async def test_a_reservation_is_saved_once_and_changed(store: Store) -> None:
    first = await store.write(SaveReservation(make.reservation("r1", reference="same")))
    assert await store.write(SaveReservation(make.reservation("r2", reference="same"))) == first
    assert await store.write(ChangeReservation("r1", "ENDED", "released", ended_at=9.0)) is True
    assert await store.write(ChangeReservation("r2", "ENDED", None)) is False
    stored = await store.read.reservations.by_reference("u1", "caller", "same")
    assert stored is not None
    assert (stored.status, stored.reason, stored.ended_at) == ("ENDED", "released", 9.0)


async def test_provisions_are_put_behind_a_reservation_and_taken_away(store: Store) -> None:
    for id in ("p1", "p2"):
        await store.write(SaveProvision(make.provision(id)))
        await store.write(LinkProvision("r1", id, linked=True))
        await store.write(LinkProvision("r1", id, linked=True))
    await store.write(LinkProvision("r1", "p1", linked=False))
    behind = await store.read.provisions.of_reservations(["r1", "r2"], viewer=None)
    assert {key: [row.id for row in rows] for key, rows in behind.items()} == {"r1": ["p2"]}


async def test_a_tail_of_decisions_is_kept(store: Store) -> None:
    for number in range(205):
        await store.write(SaveDecision("r1", float(number), "PROVIDE", f"because {number}"))
    decisions = await store.read.reservations.decisions("r1", first=300)
    assert len(decisions) == 200
    assert (decisions[0].reason, decisions[-1].reason) == ("because 204", "because 5")


async def test_a_tail_of_log_lines_is_kept_for_each_call(store: Store) -> None:
    rows = tuple(LogRow("x1", "INFO", f"line {n}", float(n), 0) for n in range(10))
    other = LogRow("x2", "ERROR", "other", 1.0, 3)
    await store.write(SaveLogs((*rows, other), keep=4))
    assert await store.read.assignations.logs("x1") == rows[6:]
    assert await store.read.assignations.logs("x1", first=2) == rows[8:]
    assert await store.read.assignations.logs("x2") == (other,)


async def test_the_newest_progress_counts(store: Store) -> None:
    newest = ProgressRow("x1", 3.0, 10.0, "third", 3.0)
    await store.write(SaveProgress((ProgressRow("x1", 1.0, None, None, 1.0), newest)))
    await store.write(SaveProgress((ProgressRow("x1", 2.0, 10.0, "late", 2.0),)))
    assert await store.read.assignations.progress_of(["x1", "x2"]) == {"x1": newest}
