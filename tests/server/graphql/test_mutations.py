"""What mutations ask of the service, and what they answer."""

from __future__ import annotations

import pytest

from rekuest.api import wire
from rekuest.errors import Failure, RejectedError
from tests.server.graphql.world import World

pytestmark = pytest.mark.anyio
ASSIGN = "mutation($input: AssignInput!) { assign(input: $input) { assignation { id status } } }"


async def test_assign(world: World) -> None:
    data = await world.data(
        ASSIGN, {"input": {"node": "node-1", "args": {"x": None}, "timeout": 2}}
    )
    assert data == {"assign": {"assignation": {"id": "call-1", "status": "QUEUED"}}}
    ((name, message),) = world.commands.asked
    assert name == "assign"
    assert isinstance(message, wire.Call)
    assert (message.node, message.args, message.timeout) == ("node-1", {"x": None}, 2.0)
    assert (message.priority, message.wait, message.ephemeral) == ("NORMAL", False, False)
    assert len(message.reference) == 32


async def test_assign_keeps_the_reference(world: World) -> None:
    await world.data(ASSIGN, {"input": {"node": "node-1", "args": {}, "reference": "mine"}})
    assert world.commands.asked[0][1].reference == "mine"


async def test_a_refusal_of_the_service_has_its_code(world: World) -> None:
    error = await world.refusal(ASSIGN, {"input": {"node": "none", "args": {}}})
    assert error["message"] == "no such node"
    assert error["extensions"] == {"code": "NOT_FOUND"}


async def test_arguments_that_do_not_fit_are_listed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> str:
        raise RejectedError("no", code="INVALID_ARGS", failures=[Failure("x", "INT", "nothing")])

    monkeypatch.setattr(world.commands, "assign", refuse)
    error = await world.refusal(ASSIGN, {"input": {"node": "node-1", "args": {}}})
    failure = {"path": "x", "expected": "INT", "got": "nothing"}
    assert error["extensions"] == {"code": "INVALID_ARGS", "failures": [failure]}


async def test_a_defect_is_masked_and_found_in_the_log(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(*_: object) -> str:
        raise ZeroDivisionError("secret inside")

    monkeypatch.setattr(world.commands, "assign", fail)
    error = await world.refusal(ASSIGN, {"input": {"node": "node-1", "args": {}}})
    assert error["extensions"] == {"code": "INTERNAL"}
    assert "secret" not in error["message"]
    defect = error["message"].rpartition(" ")[2]
    (record,) = [entry for entry in caplog.records if defect in entry.getMessage()]
    assert record.exc_info is not None


@pytest.mark.parametrize("name", ["cancel", "interrupt"])
async def test_ending_a_call(world: World, name: str) -> None:
    data = await world.data(
        f'mutation {{ {name}(input: {{id: "call-1"}}) {{ assignation {{ id }} }} }}'
    )
    assert data == {name: {"assignation": {"id": "call-1"}}}
    assert world.commands.asked == [(name, "call-1")]


async def test_reserve_and_release(world: World) -> None:
    made = await world.data(
        'mutation { reserve(input: {node: "node-1", desiredInstances: 2, labels: ["gpu"]})'
        " { reservation { id provisions { id } } } }"
    )
    assert made["reserve"]["reservation"]["id"] == "reservation-1"
    message = world.commands.asked[0][1]
    assert isinstance(message, wire.Reserve)
    assert (message.desired_instances, message.labels, message.strategy) == (
        2,
        ["gpu"],
        "LEAST_BUSY",
    )
    await world.data('mutation { release(input: {id: "reservation-1"}) { reservation { id } } }')
    assert world.commands.asked[1] == ("release", "reservation-1")


async def test_a_client_is_added_and_revoked(world: World) -> None:
    made = await world.data(
        'mutation { createClient(input: {name: "ci", app: "my-app"})'
        " { clientSecret client { id clientId name app } } }"
    )
    client = made["createClient"]["client"]
    assert (client["name"], client["app"]) == ("ci", "my-app")
    issued = await world.identity.issue(client["clientId"], made["createClient"]["clientSecret"])
    assert issued is not None
    revoke = "mutation($id: ID!) { revokeClient(input: {id: $id}) { client { revokedAt } } }"
    revoked = await world.data(revoke, {"id": client["id"]})
    assert revoked["revokeClient"]["client"]["revokedAt"] is not None
    assert await world.identity.issue(client["clientId"], "x") is None
    error = await world.refusal("{ me { app } }", token=issued.access_token)
    assert error["extensions"]["code"] == "UNAUTHENTICATED"


async def test_anothers_client_cannot_be_revoked(world: World) -> None:
    revoke = "mutation($id: ID!) { revokeClient(input: {id: $id}) { client { id } } }"
    error = await world.refusal(revoke, {"id": world.admin.row.id}, token=world.other_token)
    assert error["extensions"]["code"] == "NOT_FOUND"


async def test_a_client_needs_a_name(world: World) -> None:
    error = await world.refusal('mutation { createClient(input: {name: " "}) { clientSecret } }')
    assert error["extensions"]["code"] == "INVALID_INPUT"
