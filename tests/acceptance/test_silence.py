"""Parts that are there and say nothing: a laptop that sleeps, a machine that swaps, a token that ends."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from rekuest import ExpiredError, LostError, Rekuest
from tests.acceptance.conftest import MakeSystem
from tests.acceptance.gate import Gate
from tests.acceptance.process import PATIENCE

SHORT = {"lease_duration": "1.5", "heartbeat_interval": "0.4"}

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no SIGSTOP on this system")


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Threads in which calls wait while the test goes on."""
    with ThreadPoolExecutor(4) as threads:
        yield threads


def test_frozen_agent_loses_its_call_and_comes_back(
    make_system: MakeSystem, pool: ThreadPoolExecutor, gate: Gate
) -> None:
    system = make_system(**SHORT)
    agent = system.provide()
    with Rekuest("acceptance") as client:
        result = pool.submit(client.call, "hold", str(gate))
        agent.wait_for(gate.holding)
        agent.freeze()
        with pytest.raises(LostError):
            result.result(PATIENCE)
        agent.thaw()
        gate.release("too late")
        node = client.find(interface="add").options(wait=True)

        assert node.assign(1, 2) == 3


def test_frozen_server_loses_nothing(
    make_system: MakeSystem, pool: ThreadPoolExecutor, gate: Gate
) -> None:
    system = make_system(**SHORT)
    agent = system.provide()
    with Rekuest("acceptance") as client:
        result = pool.submit(client.call, "hold", str(gate))
        agent.wait_for(gate.holding)
        system.server.freeze()
        agent.wait_for("lost the connection")
        system.server.thaw()
        gate.release("in time")

        assert result.result(PATIENCE) == "in time"


def test_tokens_are_renewed_without_a_reconnect(make_system: MakeSystem) -> None:
    system = make_system(token_lifetime="2")
    agent = system.provide()
    with Rekuest("acceptance") as client:
        node = client.find(interface="wait_forever").options(timeout=5)
        with pytest.raises(ExpiredError):
            node.assign("longer than two tokens")

        assert client.call("add", 1, 2) == 3
    assert not agent.lines("connection")
