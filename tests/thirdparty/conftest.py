"""A running system, and `gql` in an environment of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.system import System
from tests.thirdparty.environment import make_environment
from tests.thirdparty.performer import Performer
from tests.thirdparty.world import World


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.acceptance)


@pytest.fixture(scope="session")
def gql_python(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with `gql`; kept in pytest's cache, where there is one."""
    cache = getattr(request.config, "cache", None)
    folder = tmp_path_factory.mktemp("gql") if cache is None else cache.mkdir("gql-environment")
    return make_environment(folder)


@pytest.fixture(scope="session")
def world(gql_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server with an agent and a finished call, and `gql` connected to it."""
    system = System(tmp_path_factory.mktemp("data"))
    try:
        system.start()
        provider = system.provide()
        gql = Performer(gql_python, system.url, system.token())
        made = World(system, provider, gql)
        made.finished()
        yield made
        gql.close()
    finally:
        system.close()
