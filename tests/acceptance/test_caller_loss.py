"""The caller dies: its call goes on, and the record keeps the result."""

from __future__ import annotations

from rekuest import Rekuest
from rekuest.api import get_assignation, list_assignations, watch_assignation_events
from tests.acceptance.gate import Gate
from tests.acceptance.process import Process
from tests.acceptance.system import System


def test_result_is_readable_by_id(
    system: System, provider: Process, client: Rekuest, gate: Gate
) -> None:
    identity = killed_while_waiting(system, provider, gate, "by-id")
    gate.release("kept")
    last = list(watch_assignation_events(identity))[-1]
    recorded = get_assignation(id=identity)

    assert last.kind.value == "DONE"
    assert recorded is not None
    assert recorded.status.value == "DONE"
    assert list((recorded.returns or {}).values()) == ["kept"]


def test_same_reference_attaches_to_the_call(
    system: System, provider: Process, client: Rekuest, gate: Gate
) -> None:
    killed_while_waiting(system, provider, gate, "again")
    second = system.spawn("caller.py", "again", str(gate))
    gate.release("kept")

    assert second.output() == ["kept"]
    assert len(provider.lines(gate.holding)) == 1


def test_two_callers_of_one_reference_get_one_result(
    system: System, provider: Process, gate: Gate
) -> None:
    callers = [system.spawn("caller.py", "shared", str(gate)) for _ in range(2)]
    provider.wait_for(gate.holding)
    gate.release("once")

    assert [caller.output() for caller in callers] == [["once"], ["once"]]
    assert len(provider.lines(gate.holding)) == 1


def killed_while_waiting(system: System, provider: Process, gate: Gate, reference: str) -> str:
    """Let a caller process call and be killed; return the call's id."""
    caller = system.spawn("caller.py", reference, str(gate))
    provider.wait_for(gate.holding)
    caller.kill()
    (made,) = [call for call in list_assignations().items if call.reference == reference]
    return made.id
