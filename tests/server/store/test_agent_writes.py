"""Contract: who holds an agent's identity, and what it declares."""

from __future__ import annotations

import pytest

from rekuest.server.store.commands import ChangeAgent, RenewLeases, SaveApp
from rekuest.server.store.rows import AgentRow
from rekuest.server.store.store import Store
from tests.server.store import make

pytestmark = pytest.mark.anyio


async def test_the_first_claim_makes_epoch_one(store: Store) -> None:
    claimed = await store.write(make.claim(epoch=77))
    assert claimed == make.agent(epoch=1)
    assert await store.read.agents.get("g1", viewer=None) == claimed


async def test_a_session_that_holds_the_identity_keeps_its_epoch_and_renews(store: Store) -> None:
    await store.write(make.claim())
    again = await store.write(
        make.claim(
            "other-id", instance_id="host-g1", session_id="session-g1", lease_expires_at=99.0
        )
    )
    assert (again.id, again.epoch, again.lease_expires_at) == ("g1", 1, 99.0)


async def test_another_session_is_refused_while_the_lease_is_live(store: Store) -> None:
    held = await store.write(make.claim())
    refused = await store.write(make.claim(session_id="second"))
    assert refused == held


async def test_another_session_takes_over_if_it_asks_to(store: Store) -> None:
    await store.write(make.claim())
    taken: AgentRow = await store.write(make.claim(session_id="second", takeover=True))
    assert (taken.session_id, taken.epoch) == ("second", 2)


async def test_another_session_gets_a_lapsed_lease(store: Store) -> None:
    await store.write(make.claim(lease_expires_at=9.0))
    taken = await store.write(make.claim(session_id="second", at=10.0))
    assert (taken.session_id, taken.epoch) == ("second", 2)


async def test_a_session_whose_lease_was_ended_comes_back_with_a_new_epoch(store: Store) -> None:
    await store.write(make.claim())
    assert await store.write(ChangeAgent("g1", 1, "DISCONNECTED", 11.0)) is True
    back = await store.write(make.claim(at=12.0))
    assert (back.epoch, back.status, back.last_seen_at) == (2, "CONNECTED", 12.0)


async def test_a_blocked_agent_is_never_claimed(store: Store) -> None:
    await store.write(make.claim(is_blocked=True))
    refused = await store.write(make.claim(session_id="second", takeover=True))
    assert (refused.session_id, refused.epoch) == ("session-g1", 1)


async def test_only_leases_that_are_held_are_renewed(store: Store) -> None:
    for id in ("g1", "g2", "g3"):
        await store.write(make.claim(id))
    await store.write(ChangeAgent("g3", 1, "DISCONNECTED", 11.0))
    renewed = await store.write(RenewLeases((("g1", 1), ("g2", 9), ("g3", 1)), 50.0, 12.0))
    assert renewed == {"g1"}
    first = await store.read.agents.get("g1", viewer=None)
    assert first is not None
    assert (first.lease_expires_at, first.last_seen_at) == (50.0, 12.0)


async def test_an_old_epoch_does_not_change_an_agent(store: Store) -> None:
    await store.write(make.claim())
    await store.write(make.claim(session_id="second", takeover=True))
    assert await store.write(ChangeAgent("g1", 1, "DISCONNECTED", 11.0)) is False


async def test_a_declaration_is_stored_whole(store: Store) -> None:
    await store.write(SaveApp(make.app()))
    await store.write(make.claim())
    made = await store.write(
        make.declare(
            make.template("f"), make.template("g"), structures=(("s1", "@lab/image", "An image"),)
        )
    )
    assert made == {"f": ("t-f-hash-f", "n-hash-f"), "g": ("t-g-hash-g", "n-hash-g")}
    declared = await store.read.templates.of_agents(["g1"], viewer=None)
    assert [template.interface for template in declared["g1"]] == ["f", "g"]
    agent = await store.read.agents.get("g1", viewer=None)
    assert agent is not None
    assert agent.digest == "digest"
    assert (await store.read.nodes.get("n-hash-f", viewer=None)) is not None


async def test_a_declaration_with_an_old_epoch_changes_nothing(store: Store) -> None:
    await store.write(make.claim())
    assert await store.write(make.declare(make.template("f"), epoch=2)) is None
    assert await store.read.nodes.get("n-hash-f", viewer=None) is None


async def test_declaring_again_keeps_ids_and_takes_new_words(store: Store) -> None:
    await store.write(make.claim())
    first = await store.write(make.declare(make.template("f", labels=["gpu"])))
    again = make.template("f", title="New words", labels=["cpu"])
    second = await store.write(make.declare(again))
    assert first == second
    template = await store.read.templates.get("t-f-hash-f", viewer=None)
    assert template is not None
    assert template.body["title"] == "New words"
    assert (template.created_at, template.is_declared) == (5.0, True)


async def test_a_node_is_shared_by_the_apps_that_implement_it(store: Store) -> None:
    await store.write(make.claim("g1"))
    await store.write(make.claim("g2", app="a2"))
    await store.write(make.declare(make.template("f", "same")))
    made = await store.write(make.declare(make.template("h", "same"), agent="g2", app="a2"))
    assert made == {"h": ("t-h-same", "n-same")}


async def test_a_template_that_nobody_declares_any_more_is_kept_as_history(store: Store) -> None:
    for id in ("g1", "g2"):
        await store.write(make.claim(id))
        await store.write(make.declare(make.template("f"), make.template("g"), agent=id))
    await store.write(make.declare(make.template("f"), agent="g1"))
    kept = await store.read.templates.get("t-g-hash-g", viewer=None)
    assert kept is not None
    assert kept.is_declared  # the other agent of the app still has it
    await store.write(make.declare(make.template("f"), agent="g2"))
    gone = await store.read.templates.get("t-g-hash-g", viewer=None)
    assert gone is not None
    assert not gone.is_declared


async def test_the_first_words_of_a_structure_stay(store: Store) -> None:
    await store.write(make.claim())
    for id, words in (("s1", "first"), ("s2", "second")):
        await store.write(make.declare(structures=((id, "@lab/image", words),)))
    listed = await store.read.structures.list_page(viewer=None, page=make.ALL)
    assert [(row.id, row.description) for row in listed.items] == [("s1", "first")]
