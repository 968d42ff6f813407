"""Every file of `examples/`, executed as the README says: each in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.acceptance.process import Process
from tests.acceptance.system import System
from tools.sources import ROOT

EXAMPLES = ROOT / "examples"


@contextmanager
def provided(system: System, example: str, **environ: str) -> Iterator[Process]:
    """Run an example's provider for as long as the block lasts."""
    agent = system.provide(EXAMPLES / example / "provider.py", **environ)
    try:
        yield agent
    finally:
        agent.stop()
        assert agent.wait() == 0, agent.said


def test_greet(system: System) -> None:
    with provided(system, "greet"):
        said = system.spawn(EXAMPLES / "greet" / "caller.py").output()

    assert said == ["hello johannes hello johannes hello johannes hello johannes"]


def test_greet_async(system: System) -> None:
    with provided(system, "greet"):
        said = system.spawn(EXAMPLES / "greet" / "async_caller.py").output()

    assert said == ["hello johannes", "hello ada hello ada"]


def test_credentials(system: System) -> None:
    environ = added_client(system, "my-app")
    with provided(system, "credentials", **environ):
        said = system.spawn(EXAMPLES / "credentials" / "caller.py", **environ).output()

    assert said == ["hello johannes hello johannes hello johannes hello johannes"]


def test_structures(system: System, tmp_path: Path) -> None:
    with provided(system, "structures", TMPDIR=str(tmp_path)):
        said = system.spawn(EXAMPLES / "structures" / "caller.py", TMPDIR=str(tmp_path)).output()

    assert said == ["42"]


def test_demo(system: System) -> None:
    agent = system.provide(ROOT / "rekuest" / "demo" / "app.py")
    said = system.spawn(EXAMPLES / "demo" / "caller.py").output()
    agent.stop()

    assert agent.wait() == 0, agent.said
    assert said == ["0", "1", "4", "{'DAPI': 922.0}", "ZeroDivisionError: float division by zero"]


def test_every_program_of_the_examples_is_executed_here() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    programs = [path for path in EXAMPLES.rglob("*.py") if path.name != "storage.py"]

    assert len(programs) == 8
    assert all(f'"{path.parent.name}"' in source for path in programs)
    assert all(f'"{path.name}"' in source for path in programs)


def added_client(system: System, name: str) -> dict[str, str]:
    """Add a client by the command line; return its credentials as environment variables."""
    said = system.command("clients", "add", name).output()
    values = dict(line.split() for line in said)
    return {
        "REKUEST_CLIENT_ID": values["client_id"],
        "REKUEST_CLIENT_SECRET": values["client_secret"],
    }
