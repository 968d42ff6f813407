"""How the schema's own scalars are read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.server.graphql.world import World

pytestmark = pytest.mark.anyio
ASSIGN = 'mutation($args: Args!) { assign(input: {node: "n", args: $args}) { assignation { id } } }'
SINCE = "query($at: DateTime) { assignations(filter: {createdAfter: $at}) { items { id } } }"


def nested(depth: int) -> dict[str, Any]:
    """Return an object that nests so many containers."""
    value: Any = 1
    for _ in range(depth):
        value = {"a": value}
    assert isinstance(value, dict)
    return value


@pytest.mark.parametrize(
    "args", [[], "text", 1, nested(66), {"a": "\x00"}, {"a": "\ud800"}, {"\x00": 1}]
)
async def test_what_arguments_cannot_be(world: World, args: Any) -> None:
    async with world.client() as http:
        body = json.dumps({"query": ASSIGN, "variables": {"args": args}})
        headers = {"content-type": "application/json"}
        answer = (await http.post("/graphql", content=body, headers=headers)).json()
    assert answer["errors"][0]["extensions"]["code"] == "BAD_MESSAGE"
    assert world.commands.asked == []


async def test_arguments_in_the_document(world: World) -> None:
    await world.data(
        'mutation { assign(input: {node: "n", args: {x: 1, y: [null, {z: "a"}]}}) { assignation { id } } }'
    )
    assert world.commands.asked[0][1].args == {"x": 1, "y": [None, {"z": "a"}]}


async def test_large_integers_survive(world: World) -> None:
    await world.data(ASSIGN, {"args": {"x": 2**53, "y": -(10**30)}})
    assert world.commands.asked[0][1].args == {"x": 2**53, "y": -(10**30)}


@pytest.mark.parametrize("at", ["2027-01-15T08:00:00", "yesterday", 1800000000, ""])
async def test_what_an_instant_cannot_be(world: World, at: Any) -> None:
    error = await world.refusal(SINCE, {"at": at})
    assert error["extensions"]["code"] == "BAD_MESSAGE"


@pytest.mark.parametrize("hash", ["A" * 64, "1" * 63, "", 5])
async def test_what_a_hash_cannot_be(world: World, hash: Any) -> None:
    error = await world.refusal("query($h: Hash) { node(hash: $h) { id } }", {"h": hash})
    assert error["extensions"]["code"] == "BAD_MESSAGE"
