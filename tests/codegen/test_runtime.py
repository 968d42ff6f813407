"""The runtime that is written beside the output, against a real server."""

import socket
import threading
from collections.abc import AsyncGenerator, Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

import pytest
import uvicorn
from ariadne import QueryType, SubscriptionType, UnionType, make_executable_schema
from ariadne.asgi import GraphQL
from ariadne.asgi.handlers import GraphQLTransportWSHandler

from .conftest import HAZARDS
from .hazards_server import USER

query = QueryType()
subscription = SubscriptionType()


@query.field("user")
def _user(*_: Any, **__: Any) -> dict[str, Any]:
    return USER


@query.field("echo")
def _echo(*_: Any, **__: Any) -> str:
    raise ValueError("no echo")


@subscription.source("ticks")
async def _ticks(*_: Any, to: int) -> AsyncGenerator[int, None]:
    for number in range(to):
        yield number


@subscription.field("ticks")
def _tick(number: int, *_: Any, **__: Any) -> int:
    return number


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    sdl = (HAZARDS / "schema.graphql").read_text()
    app = GraphQL(
        make_executable_schema(sdl, query, subscription, UnionType("Found")),
        websocket_handler=GraphQLTransportWSHandler(),
    )
    config = uvicorn.Config(app, port=0, log_level="error", lifespan="off", ws="websockets-sansio")
    server = uvicorn.Server(config)
    # It listens before the server starts, so that nobody need wait for that.
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        server.should_exit = True
        thread.join()


@pytest.fixture
def runtime(api: ModuleType) -> ModuleType:
    return import_module(f"{api.__name__}._runtime")


def test_sync(api: ModuleType, runtime: ModuleType, url: str) -> None:
    client = runtime.HTTPClient(url)
    assert api.get_user(client=client).email == "a@b"
    assert list(api.ticks(3, client=client)) == [0, 1, 2]


@pytest.mark.anyio
async def test_async(api: ModuleType, runtime: ModuleType, url: str) -> None:
    client = runtime.HTTPClient(url)
    assert (await api.aget_user(client=client)).email == "a@b"
    assert [number async for number in api.aticks(3, client=client)] == [0, 1, 2]


def test_errors_of_the_server(api: ModuleType, runtime: ModuleType, url: str) -> None:
    with pytest.raises(runtime.GraphQLError, match="no echo"):
        api.echo(["a"], client=runtime.HTTPClient(url))


def test_default_client(api: ModuleType, runtime: ModuleType, url: str) -> None:
    with pytest.raises(RuntimeError, match="no client"):
        api.get_user()
    runtime.use(runtime.HTTPClient(url))
    assert api.get_user().email == "a@b"
    runtime._default.clear()
