"""Systems of real processes: one that all tests share, or one for a single test to break."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest

from rekuest import Rekuest
from tests.acceptance.gate import Gate
from tests.acceptance.process import Process
from tests.acceptance.system import System

__all__ = ["MakeSystem"]

MakeSystem = Callable[..., System]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.acceptance)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to the report of a failed test what its processes have said."""
    report = yield
    if report.failed:
        for name, value in getattr(item, "funcargs", {}).items():
            if isinstance(value, System):
                report.sections.append((f"processes of {name!r}", value.show()))
    return report


@pytest.fixture
def make_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeSystem]:
    """Make a system for one test, started; clients of the test itself find it as well."""
    made: list[System] = []

    def make(**settings: str) -> System:
        system = System(tmp_path / f"data-{len(made)}", settings)
        made.append(system)
        system.start()
        _enter_environment(system, monkeypatch)
        return system

    yield make
    for system in made:
        system.close()


@pytest.fixture
def own_system(make_system: MakeSystem) -> System:
    """A started system of this test alone."""
    return make_system()


@pytest.fixture(scope="package")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A started system that the tests of this folder share; none of them breaks it."""
    shared = System(tmp_path_factory.mktemp("data"))
    try:
        shared.start()
        with pytest.MonkeyPatch.context() as patch:
            _enter_environment(shared, patch)
            yield shared
    finally:
        shared.close()


@pytest.fixture(scope="package")
def provider(system: System) -> Process:
    """The agent of the shared system: `programs/provider.py`."""
    return system.provide()


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    """A pipe at which the function `hold` waits."""
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    return Gate(tmp_path / f"gate-{tmp_path.name}")


@pytest.fixture
def client(provider: Process) -> Iterator[Rekuest]:
    """A client of the shared system, of the app that provides, entered."""
    with Rekuest("acceptance") as entered:
        yield entered


def _enter_environment(system: System, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("REKUEST_URL", system.url)
    patch.setenv("REKUEST_DATA_DIR", str(system.folder))
    patch.delenv("REKUEST_CLIENT_ID", raising=False)
    patch.delenv("REKUEST_CLIENT_SECRET", raising=False)
