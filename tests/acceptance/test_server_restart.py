"""The server dies and comes back: agents and callers reconnect, and running calls go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from rekuest import Rekuest
from rekuest.api import get_assignation_events, list_assignations
from tests.acceptance.gate import Gate
from tests.acceptance.process import PATIENCE
from tests.acceptance.system import System

END: dict[str, Callable[[System], None]] = {"SIGKILL": System.kill, "SIGTERM": System.terminate}
ends = pytest.mark.parametrize("end", list(END.values()), ids=list(END))


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Threads in which calls wait while the test goes on."""
    with ThreadPoolExecutor(4) as threads:
        yield threads


@ends
def test_between_two_calls(own_system: System, end: Callable[[System], None]) -> None:
    own_system.provide()
    with Rekuest("acceptance") as client:
        node = client.find(interface="add")
        assert node.assign(1, 2) == 3
        end(own_system)
        own_system.start()

        assert node.options(wait=True).assign(3, 4) == 7


@ends
def test_during_a_call(
    own_system: System, pool: ThreadPoolExecutor, gate: Gate, end: Callable[[System], None]
) -> None:
    agent = own_system.provide()
    with Rekuest("acceptance") as client:
        result = pool.submit(client.call, "hold", str(gate))
        agent.wait_for(gate.holding)
        end(own_system)
        own_system.start()
        gate.release("after")

        assert result.result(PATIENCE) == "after"
        assert len(agent.lines(gate.holding)) == 1


def test_result_that_came_while_the_server_was_away(
    own_system: System, pool: ThreadPoolExecutor, gate: Gate
) -> None:
    agent = own_system.provide()
    with Rekuest("acceptance") as client:
        result = pool.submit(client.call, "hold", str(gate))
        agent.wait_for(gate.holding)
        own_system.kill()
        gate.release("meanwhile")
        agent.wait_for(f"released {gate.path.name}")
        own_system.start()

        assert result.result(PATIENCE) == "meanwhile"
        recorded = get_assignation_events(list_assignations().items[0].id)

    assert recorded is not None
    assert [event.number for event in recorded.events] == list(range(1, len(recorded.events) + 1))
    assert [event.kind.value for event in recorded.events].count("DONE") == 1


def test_call_made_while_the_server_is_away(own_system: System, pool: ThreadPoolExecutor) -> None:
    own_system.provide()
    with Rekuest("acceptance") as client:
        node = client.find(interface="add").options(wait=True)
        assert node.assign(1, 2) == 3
        own_system.kill()
        result = pool.submit(node.assign, 5, 6)
        own_system.start()

        assert result.result(PATIENCE) == 11


def test_record_survives(own_system: System) -> None:
    own_system.provide()
    with Rekuest("acceptance") as client:
        client.call("add", 1, 2)
        before = [(call.id, call.status) for call in list_assignations().items]
        own_system.kill()
        own_system.start()

        assert [(call.id, call.status) for call in list_assignations().items] == before


def test_second_server_on_the_same_folder_is_refused(own_system: System) -> None:
    second = own_system.command("server", "--port", "0", "--data-dir", str(own_system.folder))

    assert second.wait() != 0
    assert str(own_system.folder) in "\n".join(second.stderr)
