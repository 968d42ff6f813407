"""PyPI `gql` performs every operation of `schema/operations/`, over HTTP and over websockets."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import OperationDefinitionNode, parse

from rekuest.api import operations
from rekuest.context import Operation
from tests.thirdparty.performer import Answer
from tests.thirdparty.world import VARIABLES, World
from tools.sources import ROOT

# Operations whose resolver comes with a later version.
NOT_IMPLEMENTED = {"ExplainAccess", "Grant", "ListGrants", "Pause", "Resume", "Revoke", "Step"}
# Subscriptions that go on until they are left.
CHANGES = (
    "WatchAgents",
    "WatchAssignations",
    "WatchNodes",
    "WatchProvisions",
    "WatchReservations",
)
ROUNDS = 10  # how often something happens until each subscription must have seen it


def documents() -> dict[str, str]:
    """Return {operation: its kind} of everything in `schema/operations/`."""
    texts = [path.read_text("utf-8") for path in (ROOT / "schema/operations").glob("*.graphql")]
    return {
        definition.name.value: definition.operation.value
        for definition in parse("\n".join(texts)).definitions
        if isinstance(definition, OperationDefinitionNode) and definition.name is not None
    }


OPERATIONS = documents()
REQUESTS = sorted(name for name, kind in OPERATIONS.items() if kind != "subscription")


def test_every_operation_is_performed() -> None:
    assert set(VARIABLES) == set(REQUESTS)
    assert {*CHANGES, "WatchAssignationEvents", *REQUESTS} == set(OPERATIONS)


@pytest.mark.parametrize("name", REQUESTS)
def test_over_http(world: World, name: str) -> None:
    answer = world.gql.perform(name, VARIABLES[name](world))

    if name in NOT_IMPLEMENTED:
        (error,) = answer["errors"]
        assert error["extensions"]["code"] == "NOT_IMPLEMENTED"
    else:
        assert_reads(name, answer["data"], answer["errors"])


@pytest.mark.parametrize("name", ["ListNodes", "GetServer", "WhoAmI"])
def test_lists_have_what_the_agent_declared(world: World, name: str) -> None:
    (value,) = world.gql.perform(name, {})["data"].values()

    assert value


def test_events_over_websockets(world: World) -> None:
    answer = world.gql.perform("WatchAssignationEvents", {"id": world.finished()}, count=-1)
    events = [event["assignationEvents"] for event in answer["events"]]
    numbered = [event["number"] for event in events if event["number"] is not None]

    assert not answer["errors"]
    assert numbered == list(range(1, len(numbered) + 1))
    assert [event["kind"] for event in events].count("YIELD") == 2
    assert events[-1]["kind"] == "DONE"
    for event in answer["events"]:
        assert_reads("WatchAssignationEvents", event, [])


@pytest.fixture(scope="module")
def changes(world: World) -> dict[str, Answer]:
    """Follow everything that changes, let everything happen, and return what was seen."""
    questions = {name: world.gql.ask(name, {}) for name in CHANGES}
    seen: dict[str, Answer] = {}
    for _ in range(ROUNDS):
        let_things_happen(world)
        for name in set(questions) - set(seen):
            answer = world.gql.answer(questions[name], timeout=0.2)
            if answer is not None:
                seen[name] = answer
        if len(seen) == len(questions):
            break
    return seen


@pytest.mark.parametrize("name", CHANGES)
def test_changes_over_websockets(changes: dict[str, Answer], name: str) -> None:
    assert name in changes, f"no event of {name}"
    (event,) = changes[name]["events"]

    assert_reads(name, event, changes[name]["errors"])


def let_things_happen(world: World) -> None:
    """Have an agent come and go, a call made, and a reservation made and released."""
    visitor = world.system.provide(ROOT / "tests/thirdparty/programs/visitor.py")
    world.call("visit", {"day": 1})
    world.gql.data("Release", {"input": {"id": world.reservation()}})
    visitor.stop()


def assert_reads(name: str, data: Any, errors: list[Any]) -> None:
    """Check that there are no errors, and that the generated models read the data."""
    found = [value for value in vars(operations).values() if isinstance(value, Operation)]
    operation = next(value for value in found if value.name == name)

    assert not errors
    assert None not in data.values()
    operation.parse(data)
