"""PyPI `gql`, told by a test what to perform: one JSON object a line, in and out.

Runs in an environment of its own, with nothing of rekuest in it.  Arguments: URL, token, and the
folder of the documents.  In: {"id", "operation", "variables", "count"}; out: {"id", "data", "errors"}, for
a subscription {"id", "events", "errors"} after `count` events or at its end.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

# gql is in the environment that runs this, and not in ours.
from gql import Client, GraphQLRequest  # type: ignore[import-not-found]
from gql.transport.exceptions import TransportQueryError  # type: ignore[import-not-found]
from gql.transport.httpx import HTTPXAsyncTransport  # type: ignore[import-not-found]
from gql.transport.websockets import WebsocketsTransport  # type: ignore[import-not-found]
from graphql import OperationDefinitionNode, parse, print_ast, separate_operations

Answer = dict[str, Any]

URL, TOKEN, FOLDER = sys.argv[1:]
DOCUMENTS = separate_operations(
    parse("\n".join(path.read_text(encoding="utf-8") for path in Path(FOLDER).glob("*.graphql")))
)


def is_subscription(operation: str) -> bool:
    """Return whether an operation is a subscription."""
    definitions = DOCUMENTS[operation].definitions
    return any(
        isinstance(found, OperationDefinitionNode) and found.operation.value == "subscription"
        for found in definitions
    )


def request_of(asked: Answer) -> GraphQLRequest:
    """Return the document and variables of what is asked for."""
    name = asked["operation"]
    return GraphQLRequest(
        print_ast(DOCUMENTS[name]), variable_values=asked["variables"], operation_name=name
    )


async def perform(session: Any, asked: Answer) -> Answer:
    """Perform a query or a mutation."""
    try:
        return {"data": await session.execute(request_of(asked)), "errors": []}
    except TransportQueryError as exc:
        return {"data": exc.data, "errors": exc.errors}


async def follow(session: Any, asked: Answer) -> Answer:
    """Follow a subscription until it ends or has given enough."""
    events: list[Any] = []
    try:
        async for event in session.subscribe(request_of(asked)):
            events.append(event)
            if len(events) == asked["count"]:
                break
    except TransportQueryError as exc:
        return {"events": events, "errors": exc.errors}
    return {"events": events, "errors": []}


async def answer(http: Any, socket: Any, asked: Answer) -> None:
    """Do what is asked for and tell it."""
    if is_subscription(asked["operation"]):
        result = await follow(socket, asked)
    else:
        result = await perform(http, asked)
    sys.stdout.write(json.dumps({"id": asked["id"], **result}) + "\n")
    sys.stdout.flush()


async def main() -> None:
    """Answer lines of stdin until it ends."""
    bearer = f"Bearer {TOKEN}"
    http = HTTPXAsyncTransport(url=f"{URL}/graphql", headers={"authorization": bearer})
    socket = WebsocketsTransport(
        url=f"{URL}/graphql".replace("http", "ws", 1),
        init_payload={"authorization": bearer},
        subprotocols=["graphql-transport-ws"],
    )
    tasks = set()
    async with Client(transport=http) as over_http, Client(transport=socket) as over_socket:
        while line := await asyncio.to_thread(sys.stdin.readline):
            tasks.add(asyncio.create_task(answer(over_http, over_socket, json.loads(line))))
        for task in tasks:
            task.cancel()


asyncio.run(main())
