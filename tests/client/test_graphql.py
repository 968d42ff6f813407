"""Operations over HTTP and subscriptions over a socket."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest

from rekuest.api.operations import ASSIGN, LIST_NODES, WATCH_NODES
from rekuest.auth import StaticToken
from rekuest.client.graphql import GraphQL
from rekuest.errors import AuthError, ServerError, TransportError
from tests.client.test_connection import Rotating
from tests.client.world import World, node

pytestmark = pytest.mark.anyio

LISTED: dict[str, Any] = {"filter": {"interface": "echo"}}


@pytest.fixture
async def graphql(world: World) -> AsyncIterator[GraphQL]:
    graphql = GraphQL(world.url, StaticToken("good"))
    yield graphql
    await graphql.aclose()


async def test_a_query_gives_its_result(world: World, graphql: GraphQL) -> None:
    nodes = await graphql.aexecute(LIST_NODES, LISTED)
    assert [it.name for it in nodes.items] == ["echo"]
    body = world.requests[0]
    assert body["query"] == LIST_NODES.document
    assert (body["operationName"], body["variables"]) == ("ListNodes", LISTED)


async def test_a_refused_token_is_renewed_once(world: World) -> None:
    graphql = GraphQL(world.url, Rotating("old", "good"))
    await graphql.aexecute(LIST_NODES, LISTED)
    await graphql.aclose()


async def test_a_token_that_stays_refused_is_an_auth_error(world: World) -> None:
    graphql = GraphQL(world.url, Rotating("old", "older"))
    with pytest.raises(AuthError, match="does not accept the token, nor a new one"):
        await graphql.aexecute(LIST_NODES, LISTED)
    await graphql.aclose()


async def test_an_error_carries_code_and_path(world: World, graphql: GraphQL) -> None:
    error = {
        "message": "no such filter",
        "path": ["nodes", 0, "title"],
        "extensions": {"code": "INVALID_INPUT"},
    }
    world.answer = lambda body: (200, {"data": None, "errors": [error, error]})
    with pytest.raises(ServerError) as raised:
        await graphql.aexecute(LIST_NODES, LISTED)
    assert str(raised.value) == "cannot execute 'ListNodes': no such filter (and 1 more)"
    assert (raised.value.code, raised.value.path) == ("INVALID_INPUT", "nodes.0.title")


@pytest.mark.parametrize(
    ("status", "answer", "expected"),
    [
        (400, {"errors": [{"message": "bad"}]}, (ServerError, "cannot execute 'ListNodes': bad")),
        (404, "not here", (ServerError, "answers HTTP 404")),
        (200, "[]", (ServerError, "answers HTTP 200")),
        (200, {"data": 5}, (ServerError, "it has no data")),
        (200, {"data": {"nodes": 5}}, (ServerError, "cannot read response")),
        (200, {"errors": ["?"]}, (ServerError, "an error without words")),
        (503, "busy", (TransportError, "is not available .HTTP 503.")),
        (200, {"errors": [{"message": "", "extensions": {"code": "UNAUTHENTICATED"}}]}, (AuthError, "nor a")),
    ],
)  # fmt: skip
async def test_what_is_no_result_is_an_error(
    world: World, graphql: GraphQL, status: int, answer: Any, expected: tuple[type[Exception], str]
) -> None:
    world.answer = lambda body: (status, answer)
    with pytest.raises(expected[0], match=expected[1]):
        await graphql.aexecute(LIST_NODES, LISTED)


async def test_without_a_server_the_error_says_how_to_start_one() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    graphql = GraphQL(url, StaticToken("good"))
    with pytest.raises(TransportError, match="nothing listens .* `rekuest server"):
        await graphql.aexecute(ASSIGN, {})
    with pytest.raises(TransportError, match="nothing listens .* `rekuest server"):
        await anext(graphql.asubscribe(WATCH_NODES, {}))
    await graphql.aclose()


def event(data: Any) -> dict[str, Any]:
    return {"id": "1", "type": "next", "payload": data}


def changed(name: str) -> dict[str, Any]:
    plain = {key: value for key, value in node(name).items() if key != "templates"}
    return event({"data": {"nodeChanged": plain}})


async def test_a_subscription_gives_each_result(world: World, graphql: GraphQL) -> None:
    world.stream = [changed("a"), {"type": "ping"}, changed("b"), {"id": "1", "type": "complete"}]
    names = [found.name async for found in graphql.asubscribe(WATCH_NODES, {})]
    assert names == ["a", "b"]
    assert world.requests[0]["payload"]["operationName"] == "WatchNodes"
    assert world.requests[1] == {"type": "pong"}


async def test_a_subscription_that_is_left_closes_its_socket(
    world: World, graphql: GraphQL
) -> None:
    world.stream = [changed("a")]
    async with aclosing(graphql.asubscribe(WATCH_NODES, {})) as stream:
        await anext(stream)
    assert await asyncio.to_thread(world.ended.wait, 5)


async def test_a_subscription_renews_a_refused_token(world: World) -> None:
    world.stream = [changed("a")]
    graphql = GraphQL(world.url, Rotating("old", "good"))
    async with aclosing(graphql.asubscribe(WATCH_NODES, {})) as stream:
        assert (await anext(stream)).name == "a"
    await graphql.aclose()


async def test_a_subscription_with_a_wrong_token_is_an_auth_error(world: World) -> None:
    graphql = GraphQL(world.url, Rotating("old", "older"))
    with pytest.raises(AuthError, match="nor a new one"):
        await anext(graphql.asubscribe(WATCH_NODES, {}))
    await graphql.aclose()


@pytest.mark.parametrize(
    "message",
    [
        event({"errors": [{"message": "broken"}]}),
        {"id": "1", "type": "error", "payload": [{"message": "broken"}]},
    ],
)
async def test_an_error_ends_a_subscription(
    world: World, graphql: GraphQL, message: dict[str, Any]
) -> None:
    world.stream = [message]
    with pytest.raises(ServerError, match="cannot execute 'WatchNodes': broken"):
        await anext(graphql.asubscribe(WATCH_NODES, {}))
