"""Contract: what is read, page by page, and by whom."""

from __future__ import annotations

import pytest

from rekuest.server.store.commands import (
    ChangeAgent,
    LinkProvision,
    SaveApp,
    SaveClient,
    SaveOrganization,
    SaveProvision,
    SaveReservation,
    SaveUser,
)
from rekuest.server.store.page import write_cursor
from rekuest.server.store.store import CursorError, Order, Page, Store, Viewer
from tests.server.store import make

pytestmark = pytest.mark.anyio

OWN, OTHER = Viewer("o1", "u1"), Viewer("o1", "u2")
ABROAD = Viewer("o2", "u1")  # the same user id in another organization: nothing crosses


async def fill(store: Store) -> None:
    """One of everything for `u1`: app, agent, two templates, provision, reservation, call."""
    await store.write_all(
        [
            SaveOrganization(make.organization()),
            SaveUser(make.user("u1", display_name="Ünal")),
            SaveUser(make.user("u2")),
            SaveClient(make.client()),
            SaveApp(make.app()),
            make.claim(),
            make.declare(
                make.template("blur", title="Smooth ÄN image", labels=["gpu"]),
                make.template(
                    "count",
                    kind="GENERATOR",
                    description="Count 100% of it",
                    ports=[
                        {"direction": "ARGUMENT", "identifier": "@lab/image"},
                        {"direction": "RETURN", "identifier": None},
                    ],
                ),
                structures=(("s1", "@lab/image", None),),
            ),
            SaveProvision(make.provision(template="t-blur-hash-blur")),
            SaveReservation(make.reservation(node="n-hash-blur")),
            make.accept(node="n-hash-blur", reservation="r1"),
        ]
    )


async def test_users_see_their_own_and_nothing_else(store: Store) -> None:
    await fill(store)
    read = store.read
    for viewer, seen in ((None, True), (OWN, True), (OTHER, False), (ABROAD, False)):
        found = [
            await read.apps.get("a1", viewer=viewer),
            await read.nodes.get("n-hash-blur", viewer=viewer),
            await read.nodes.by_hash("hash-blur", viewer=viewer),
            await read.templates.get("t-blur-hash-blur", viewer=viewer),
            await read.agents.get("g1", viewer=viewer),
            await read.provisions.get("p1", viewer=viewer),
            await read.reservations.get("r1", viewer=viewer),
            await read.assignations.get("x1", viewer=viewer),
        ]
        assert [row is not None for row in found] == [seen] * len(found)
        assert bool(await read.nodes.get_many(["n-hash-blur"], viewer=viewer)) is seen


async def test_everybody_sees_the_users_and_structures_of_their_organization(store: Store) -> None:
    await fill(store)
    for viewer, seen in ((OTHER, True), (ABROAD, False)):
        assert (await store.read.users.get("u1", viewer=viewer) is not None) is seen
        found = await store.read.structures.by_identifier("@lab/image", viewer=viewer)
        assert (found is not None) is seen
        assert (await store.read.organizations.get("o1", viewer=viewer) is not None) is seen


async def test_a_call_is_seen_by_its_caller_and_by_the_owner_of_its_agent(store: Store) -> None:
    await fill(store)
    await store.write(make.accept("x2", user="u2", agent="g1"))
    await store.write(make.accept("x3", user="u2"))
    for viewer, ids in ((OWN, ["x1", "x2"]), (OTHER, ["x2", "x3"]), (ABROAD, [])):
        listed = await store.read.assignations.list_page(viewer=viewer, page=make.ALL)
        assert sorted(row.id for row in listed.items) == ids


async def test_pages_follow_each_other_without_gaps_or_repeats(store: Store) -> None:
    for number in range(7):  # several at one instant: the id decides
        await store.write(make.accept(f"x{number}", created_at=float(number // 3)))
    seen: list[str] = []
    after: str | None = None
    while True:
        page = await store.read.assignations.list_page(viewer=OWN, page=Page(2, after))
        seen += [row.id for row in page.items]
        after = page.end_cursor
        if not page.has_next:
            break
    assert seen == ["x6", "x5", "x4", "x3", "x2", "x1", "x0"]


async def test_rows_added_before_a_cursor_do_not_shift_the_next_page(store: Store) -> None:
    for number in range(4):
        await store.write(make.accept(f"x{number}", created_at=float(number)))
    first = await store.read.assignations.list_page(viewer=OWN, page=Page(2))
    await store.write(make.accept("new", created_at=9.0))
    second = await store.read.assignations.list_page(viewer=OWN, page=Page(2, first.end_cursor))
    assert [row.id for row in second.items] == ["x1", "x0"]


async def test_an_empty_page_has_no_cursor(store: Store) -> None:
    page = await store.read.apps.list_page(viewer=OWN, page=Page())
    assert (page.items, page.end_cursor, page.has_next) == ((), None, False)


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "no cursor",
        "ü",
        "e30",
        write_cursor("app:IDENTIFIER:ASC", ["a", "1", "a1"]),
        write_cursor("app:CREATED_AT:DESC", ["text", "a1"]),
        write_cursor("app:CREATED_AT:DESC", [True, "a1"]),
        write_cursor("app:CREATED_AT:DESC", [1.0]),
    ],
)
async def test_a_foreign_cursor_is_refused(sqlite_store: Store, cursor: str) -> None:
    with pytest.raises(CursorError, match="is not of this list") as caught:
        await sqlite_store.read.apps.list_page(viewer=OWN, page=Page(2, cursor))
    assert caught.value.code == "INVALID_INPUT"


async def test_apps_are_filtered_and_ordered(store: Store) -> None:
    for id, identifier, version in (
        ("1", "Öl-app", "2"),
        ("2", "Öl-app", "1"),
        ("3", "b_app", "1"),
    ):
        await store.write(
            SaveApp(make.app(id, identifier=identifier, version=version, created_at=float(id)))
        )
    read = store.read.apps

    async def ids(**filters: object) -> list[str]:
        listed = await read.list_page(viewer=OWN, page=make.ALL, **filters)  # type: ignore[arg-type]
        return [row.id for row in listed.items]

    assert await ids() == ["3", "2", "1"]
    assert await ids(order=Order("IDENTIFIER")) == ["3", "2", "1"]
    assert await ids(order=Order("CREATED_AT", "ASC")) == ["1", "2", "3"]
    assert await ids(search="öl", order=Order("IDENTIFIER", "DESC")) == ["1", "2"]
    assert await ids(search="B_A") == ["3"]
    assert await ids(search="%") == []
    assert await ids(identifier="b_app") == ["3"]


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({}, ["blur", "count"]),
        ({"order": Order("NAME", "DESC")}, ["count", "blur"]),
        ({"interface": "blur"}, ["blur"]),
        ({"interface": "blur", "app": "other"}, []),
        ({"app": "a1", "owner": "u1"}, ["blur", "count"]),
        ({"name": "count"}, ["count"]),
        ({"search": "än IM"}, ["blur"]),
        ({"search": "100%"}, ["count"]),
        ({"search": "OUN"}, ["count"]),
        ({"kind": "GENERATOR"}, ["count"]),
        ({"takes": "@lab/image"}, ["count"]),
        ({"returns": "@lab/image"}, []),
        ({"is_callable": True}, ["blur", "count"]),
        ({"is_callable": False}, []),
    ],
)
async def test_nodes_are_filtered(
    sqlite_store: Store, filters: dict[str, object], names: list[str]
) -> None:
    await fill(sqlite_store)
    listed = await sqlite_store.read.nodes.list_page(viewer=OWN, page=make.ALL, **filters)  # type: ignore[arg-type]
    assert [row.name for row in listed.items] == names


async def test_a_node_is_callable_while_an_agent_is_there(store: Store) -> None:
    await fill(store)
    read = store.read.nodes
    ids = ["n-hash-blur", "n-hash-count"]
    assert await read.callable_among(ids, viewer=OWN) == set(ids)
    assert await read.callable_among(ids, viewer=OTHER) == set()
    await store.write(ChangeAgent("g1", 1, "UNREACHABLE", 11.0))
    assert await read.callable_among(ids, viewer=OWN) == set(ids)
    await store.write(ChangeAgent("g1", 1, "DISCONNECTED", 12.0))
    assert await read.callable_among(ids, viewer=OWN) == set()
    listed = await read.list_page(viewer=OWN, page=make.ALL, is_callable=False)
    assert len(listed.items) == 2


async def test_a_node_shows_the_words_of_the_oldest_template_that_is_seen(store: Store) -> None:
    await fill(store)
    await store.write(SaveApp(make.app("a2", owner="u2")))
    await store.write(make.claim("g2", app="a2", user="u2"))
    await store.write(
        make.declare(make.template("mine", "hash-blur"), agent="g2", app="a2", at=9.0)
    )
    for viewer, interface in ((None, "blur"), (OWN, "blur"), (OTHER, "mine")):
        oldest = await store.read.templates.oldest_of_nodes(["n-hash-blur"], viewer=viewer)
        assert oldest["n-hash-blur"].interface == interface


async def test_templates_are_filtered(store: Store) -> None:
    await fill(store)

    async def found(**filters: object) -> list[str]:
        listed = await store.read.templates.list_page(viewer=OWN, page=make.ALL, **filters)  # type: ignore[arg-type]
        return [row.interface for row in listed.items]

    assert await found(label="gpu") == ["blur"]
    assert await found(node="n-hash-count") == ["count"]
    assert await found(app="a1", is_declared=True) == ["blur", "count"]
    assert await found(is_declared=False) == []
    assert await found(interface="count") == ["count"]


async def test_agents_are_filtered_and_found_by_template(store: Store) -> None:
    await fill(store)
    await store.write(make.claim("g2", status="DISCONNECTED"))
    read = store.read.agents

    async def found(**filters: object) -> list[str]:
        listed = await read.list_page(viewer=OWN, page=make.ALL, **filters)  # type: ignore[arg-type]
        return [row.id for row in listed.items]

    assert await found(app="a1", app_id="a1", order=Order("INSTANCE_ID")) == ["g1", "g2"]
    assert await found(status="DISCONNECTED") == ["g2"]
    assert await found(instance_id="host-g1") == ["g1"]
    hosts = await read.of_templates(["t-blur-hash-blur"], viewer=OWN)
    assert [row.id for row in hosts["t-blur-hash-blur"]] == ["g1"]
    assert await read.count_connected(viewer=OWN) == 1
    assert await read.count_connected(viewer=OTHER) == 0


async def test_provisions_and_reservations_are_filtered(store: Store) -> None:
    await fill(store)
    provisions, reservations = store.read.provisions, store.read.reservations
    for filters, count in (
        ({"agent": "g1", "template": "t-blur-hash-blur"}, 1),
        ({"status": ["PENDING"]}, 0),
    ):
        listed = await provisions.list_page(viewer=OWN, page=make.ALL, **filters)
        assert len(listed.items) == count
    for wants, count in (({"node": "n-hash-blur", "is_implicit": False}, 1), ({"status": []}, 0)):
        found = await reservations.list_page(viewer=OWN, page=make.ALL, **wants)
        assert len(found.items) == count


@pytest.mark.parametrize(
    ("order", "ids"),
    [
        (None, ["p2", "p1"]),
        (Order("CREATED_AT"), ["p1", "p2"]),
        (Order("CHANGED_AT", "DESC"), ["p1", "p2"]),
    ],
)
async def test_provisions_are_ordered(store: Store, order: Order | None, ids: list[str]) -> None:
    await fill(store)
    second = make.provision("p2", template="t-blur-hash-blur", created_at=2.0, changed_at=0.5)
    await store.write(SaveProvision(second))
    listed = await store.read.provisions.list_page(viewer=OWN, page=make.ALL, order=order)
    assert [row.id for row in listed.items] == ids


async def test_reservations_are_ordered(store: Store) -> None:
    await fill(store)
    page = store.read.reservations.list_page
    newest = await page(viewer=OWN, page=make.ALL)
    oldest = await page(viewer=OWN, page=make.ALL, order=Order("CREATED_AT"))
    assert oldest.items == newest.items[::-1]


async def test_the_running_calls_of_provisions_are_counted(store: Store) -> None:
    for id, status in (("x1", "RUNNING"), ("x2", "BOUND"), ("x3", "QUEUED"), ("x4", "DONE")):
        await store.write(make.accept(id, status=status, provision="p1"))
    assert await store.read.provisions.running_calls(["p1", "p2"]) == {"p1": 2}


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ({"node": "n2"}, ["x2"]),
        ({"reservation": "r9"}, ["x3"]),
        ({"status": ["DONE", "QUEUED"]}, ["x3", "x2", "x1"]),
        ({"status": ["DONE"]}, ["x3"]),
        ({"parent": "x1"}, ["x2"]),
        ({"is_root": True}, ["x3", "x1"]),
        ({"is_root": False}, ["x2"]),
        ({"created_after": 2.0}, ["x3", "x2"]),
        ({"created_before": 2.0}, ["x1"]),
        ({"order": Order("CREATED_AT", "ASC")}, ["x1", "x2", "x3"]),
    ],
)
async def test_calls_are_filtered(
    sqlite_store: Store, filters: dict[str, object], ids: list[str]
) -> None:
    await sqlite_store.write(make.accept("x1", created_at=1.0))
    await sqlite_store.write(make.accept("x2", created_at=2.0, node="n2", parent="x1"))
    await sqlite_store.write(make.accept("x3", created_at=3.0, reservation="r9", status="DONE"))
    listed = await sqlite_store.read.assignations.list_page(
        viewer=OWN,
        page=make.ALL,
        **filters,  # type: ignore[arg-type]
    )
    assert [row.id for row in listed.items] == ids


async def test_users_and_clients_are_listed(store: Store) -> None:
    await fill(store)
    users = await store.read.users.list_page(viewer=OTHER, page=make.ALL, search="ünAL")
    assert [row.id for row in users.items] == ["u1"]
    blocked = await store.read.users.list_page(viewer=OTHER, page=make.ALL, is_blocked=True)
    assert blocked.items == ()
    for viewer, count in ((OWN, 1), (OTHER, 0)):
        listed = await store.read.clients.list_page(viewer=viewer, page=make.ALL)
        assert len(listed.items) == count


async def test_what_is_live_is_loaded_and_what_is_over_is_not(store: Store) -> None:
    await fill(store)
    await store.write_all(
        [
            LinkProvision("r1", "p1", linked=True),
            LinkProvision("r2", "p1", linked=True),
            SaveProvision(make.provision("p2", status="ENDED")),
            SaveReservation(make.reservation("r2", status="REJECTED")),
            make.accept("x2", status="LOST"),
        ]
    )
    live = await store.load_live()
    assert [row.id for row in live.users] == ["u1", "u2"]
    assert [row.id for row in live.apps] == ["a1"]
    assert {row.id for row in live.nodes} == {"n-hash-blur", "n-hash-count"}
    assert live.declared == {"g1": frozenset({"t-blur-hash-blur", "t-count-hash-count"})}
    assert {row.id for row in live.templates} == live.declared["g1"]
    assert [row.id for row in live.agents] == ["g1"]
    assert [row.id for row in live.provisions] == ["p1"]
    assert [row.id for row in live.reservations] == ["r1"]
    assert live.linked == {"r1": frozenset({"p1"})}
    assert [row.id for row in live.assignations] == ["x1"]
