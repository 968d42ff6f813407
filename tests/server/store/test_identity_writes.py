"""Contract: organizations, users, clients, apps."""

from __future__ import annotations

import pytest

from rekuest.server.store.commands import (
    RevokeClient,
    SaveApp,
    SaveClient,
    SaveOrganization,
    SaveUser,
    TouchClient,
)
from rekuest.server.store.store import Store
from tests.server.store import make

pytestmark = pytest.mark.anyio


async def test_an_organization_is_saved_once(store: Store) -> None:
    first = await store.write(SaveOrganization(make.organization("o1", identifier="local")))
    second = await store.write(SaveOrganization(make.organization("o2", identifier="local")))
    assert first == second == make.organization("o1", identifier="local")
    assert await store.read.organizations.by_identifier("local") == first
    assert await store.read.organizations.get("o2", viewer=None) is None


async def test_a_user_is_saved_once(store: Store) -> None:
    first = await store.write(SaveUser(make.user("u1", name="admin", is_service=True)))
    second = await store.write(SaveUser(make.user("u2", name="admin")))
    assert first == second == make.user("u1", name="admin", is_service=True)
    assert await store.read.users.by_name("admin") == first


async def test_a_client_is_saved_touched_and_revoked_once(store: Store) -> None:
    await store.write(SaveClient(make.client()))
    await store.write(TouchClient("c1", 7.0))
    assert await store.write(RevokeClient("c1", 8.0)) is True
    assert await store.write(RevokeClient("c1", 9.0)) is True
    assert await store.write(RevokeClient("unknown", 9.0)) is False
    stored = await store.read.clients.by_client_id("public-c1")
    assert stored == make.client(last_used_at=7.0, revoked_at=8.0)


async def test_an_app_is_saved_once_for_each_owner_and_version(store: Store) -> None:
    first = await store.write(SaveApp(make.app("a1", identifier="lab")))
    again = await store.write(SaveApp(make.app("a2", identifier="lab")))
    newer = await store.write(SaveApp(make.app("a3", identifier="lab", version="2")))
    other = await store.write(SaveApp(make.app("a4", identifier="lab", owner="u2")))
    assert (first.id, again.id, newer.id, other.id) == ("a1", "a1", "a3", "a4")
