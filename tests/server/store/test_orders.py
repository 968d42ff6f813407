"""Contract: lists of users, clients and structures follow the order that is asked for, also across pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from rekuest.server.store.commands import SaveApp, SaveClient, SaveUser
from rekuest.server.store.store import CursorError, Listed, Order, Page, Store, Viewer
from tests.server.store import make

pytestmark = pytest.mark.anyio

OWN, OTHER = Viewer("o1", "u1"), Viewer("o1", "u2")
# {id: (name, when)}; two are of one instant: the id decides between them
ENTRIES = {"1": ("b", 1.0), "2": ("a", 3.0), "3": ("c", 2.0), "4": ("a_z", 2.0)}
BY_AGE = ["1", "3", "4", "2"]
BY_NAME = ["2", "4", "1", "3"]


async def fill_users(store: Store) -> None:
    """Make a user of each entry."""
    for id, (name, at) in ENTRIES.items():
        await store.write(SaveUser(make.user(id, name=name, created_at=at)))


async def fill_clients(store: Store) -> None:
    """Make a client of each entry; the third is revoked."""
    for id, (name, at) in ENTRIES.items():
        revoked = 9.0 if id == "3" else None
        await store.write(SaveClient(make.client(id, name=name, created_at=at, revoked_at=revoked)))


async def fill_structures(store: Store) -> None:
    """Declare a structure of each entry."""
    await store.write(SaveApp(make.app()))
    await store.write(make.claim())
    for id, (name, at) in ENTRIES.items():
        await store.write(make.declare(structures=((id, name, None),), at=at))


CONCEPTS = [
    pytest.param("users", fill_users, "NAME", id="users"),
    pytest.param("clients", fill_clients, "NAME", id="clients"),
    pytest.param("structures", fill_structures, "IDENTIFIER", id="structures"),
]
Fill = Callable[[Store], Awaitable[None]]


def list_page(store: Store, concept: str) -> Callable[..., Awaitable[Listed[Any]]]:
    """Return the read of a concept's pages."""
    read: Callable[..., Awaitable[Listed[Any]]] = getattr(store.read, concept).list_page
    return read


async def all_pages(store: Store, concept: str, order: Order) -> list[str]:
    """Return the ids of a list, read in pages of one."""
    ids: list[str] = []
    after: str | None = None
    while True:
        page = await list_page(store, concept)(viewer=OWN, page=Page(1, after), order=order)
        ids += [row.id for row in page.items]
        after = page.end_cursor
        if not page.has_next:
            return ids


@pytest.mark.parametrize("direction", ["ASC", "DESC"])
@pytest.mark.parametrize(("concept", "fill", "name"), CONCEPTS)
async def test_pages_follow_either_order(
    store: Store, concept: str, fill: Fill, name: str, direction: str
) -> None:
    await fill(store)
    step = 1 if direction == "ASC" else -1
    by_age = await all_pages(store, concept, Order("CREATED_AT", direction))
    by_name = await all_pages(store, concept, Order(name, direction))
    assert (by_age, by_name) == (BY_AGE[::step], BY_NAME[::step])


@pytest.mark.parametrize(
    ("concept", "fill", "ids"),
    [
        ("users", fill_users, BY_NAME),
        ("clients", fill_clients, BY_AGE[::-1]),
        ("structures", fill_structures, BY_NAME),
    ],
)
async def test_without_an_order_a_list_has_its_own(
    store: Store, concept: str, fill: Fill, ids: list[str]
) -> None:
    await fill(store)
    listed = await list_page(store, concept)(viewer=OWN, page=make.ALL)
    assert [row.id for row in listed.items] == ids


@pytest.mark.parametrize(("concept", "fill", "name"), CONCEPTS)
async def test_a_cursor_holds_for_its_order_only(
    store: Store, concept: str, fill: Fill, name: str
) -> None:
    await fill(store)
    read = list_page(store, concept)
    page = await read(viewer=OWN, page=Page(1), order=Order(name))
    with pytest.raises(CursorError, match="is not of this list"):
        await read(viewer=OWN, page=Page(1, page.end_cursor), order=Order("CREATED_AT"))


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ({"search": "A"}, ["2", "4"]),
        ({"search": "_"}, ["4"]),
        ({"is_revoked": True}, ["3"]),
        ({"is_revoked": False}, ["2", "4", "1"]),
        ({"search": "c", "is_revoked": False}, []),
    ],
)
async def test_clients_are_filtered(store: Store, filters: dict[str, Any], ids: list[str]) -> None:
    await fill_clients(store)
    read = store.read.clients.list_page
    listed = await read(viewer=OWN, page=make.ALL, order=Order("NAME"), **filters)
    assert [row.id for row in listed.items] == ids
    assert (await read(viewer=OTHER, page=make.ALL, **filters)).items == ()
