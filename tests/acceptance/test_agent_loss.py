"""The agent dies: its calls end honestly and at once, and its successor works."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from rekuest import LostError, Rekuest
from tests.acceptance.conftest import MakeSystem
from tests.acceptance.gate import Gate
from tests.acceptance.process import PATIENCE
from tests.acceptance.system import System

LEASE = 1.5
SHORT = {"lease_duration": str(LEASE), "heartbeat_interval": "0.4"}


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Threads in which calls wait while the test goes on."""
    with ThreadPoolExecutor(4) as threads:
        yield threads


def test_successor_takes_calls(own_system: System) -> None:
    agent = own_system.provide()
    with Rekuest("acceptance") as client:
        assert client.call("add", 1, 2) == 3
        agent.kill()
        own_system.provide()

        assert client.call("add", 3, 4) == 7


def test_call_in_flight_is_lost_when_the_lease_lapses(
    make_system: MakeSystem, pool: ThreadPoolExecutor, gate: Gate
) -> None:
    system = make_system(**SHORT)
    agent = system.provide()
    with Rekuest("acceptance") as client:
        result = pool.submit(client.call, "hold", str(gate))
        agent.wait_for(gate.holding)
        agent.kill()
        killed = time.monotonic()
        with pytest.raises(LostError, match="outcome|unknown|lost"):
            result.result(PATIENCE)

    assert time.monotonic() - killed < LEASE + 2  # the lease, a second to tell, one of slack


def test_call_in_flight_is_lost_as_soon_as_the_successor_declares(
    own_system: System, pool: ThreadPoolExecutor, gate: Gate
) -> None:
    agent = own_system.provide()
    with Rekuest("acceptance") as client:
        result = pool.submit(client.call, "hold", str(gate))
        agent.wait_for(gate.holding)
        agent.kill()
        successor = own_system.provide()
        declared = time.monotonic()
        with pytest.raises(LostError):
            result.result(PATIENCE)

    assert time.monotonic() - declared < 2  # and not after the lease of ten seconds
    assert not successor.lines(gate.holding)  # a call that may have run is not run again


def test_call_waits_for_an_agent(own_system: System, pool: ThreadPoolExecutor) -> None:
    agent = own_system.provide()
    with Rekuest("acceptance") as client:
        node = client.find(interface="add").options(wait=True)
        agent.stop()
        result = pool.submit(node.assign, 1, 2)
        own_system.provide()

        assert result.result(PATIENCE) == 3


def test_agent_that_ends_politely_ends_its_calls_at_once(
    own_system: System, pool: ThreadPoolExecutor
) -> None:
    agent = own_system.provide()
    with Rekuest("acceptance") as client:
        result = pool.submit(client.call, "wait_forever", "goodbye")
        agent.wait_for("waiting goodbye")
        agent.stop()
        stopped = time.monotonic()
        error = result.exception(PATIENCE)

    assert error is not None
    assert time.monotonic() - stopped < 2
    assert agent.wait() == 0, agent.said
