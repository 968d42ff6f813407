"""A whole server in miniature for tests of the client: tokens, GraphQL over HTTP and sockets, sessions.

It runs in a thread of its own, so that blocking code can be tested against it.
"""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
import websockets
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from rekuest.portal import Portal
from tests.client.service import Service
from tests.client.session_server import Peer, SessionServer

PORT: dict[str, Any] = {
    "index": 0,
    "parent": None,
    "direction": "ARGUMENT",
    "kind": "INT",
    "key": "x",
    "label": None,
    "description": "How many times.",
    "nullable": False,
    "hasDefault": False,
    "default": None,
    "identifier": None,
    "choices": None,
    "constraints": [],
    "widget": None,
    "group": None,
    "visibleWhen": [],
    "passing": "ANY",
}


def port(key: str, kind: str = "INT", **fields: Any) -> dict[str, Any]:
    """Return a port as GraphQL answers it."""
    return PORT | {"key": key, "kind": kind} | fields


def returned(key: str = "return", kind: str = "INT", **fields: Any) -> dict[str, Any]:
    """Return a return port as GraphQL answers it."""
    return port(key, kind, **{"direction": "RETURN", "passing": None, "description": None} | fields)


def node(id: str, *ports: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return a node as `ListNodes` answers it; its id is the name that `Service` runs."""
    app = fields.pop("app", "lab")
    interface = fields.pop("interface", id)
    owner = {"id": "1", "name": "admin"}
    template = {
        "id": f"t-{id}",
        "interface": interface,
        "app": {"identifier": app, "version": "1", "owner": owner},
    }
    found = {
        "id": id,
        "hash": f"hash-{id}",
        "name": id,
        "title": f"The {id} node",
        "description": None,
        "kind": "FUNCTION",
        "idempotent": False,
        "pure": False,
        "ports": [it | {"index": index} for index, it in enumerate(ports)],
        "isCallable": True,
        "createdAt": "2026-01-01T00:00:00+00:00",
        "templates": {"items": [template]},
    }
    return found | fields


NODES = [
    node("echo", port("x"), returned()),
    node("fail"),
    node("wait"),
    node("count", port("n"), returned(), kind="GENERATOR"),
    node("forever", port("n"), port("forever", "BOOL"), returned(), kind="GENERATOR"),
]


class _Frames:
    """Starlette's socket as `Peer` wants it."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket

    async def recv(self) -> str:
        try:
            return await self._socket.receive_text()
        except WebSocketDisconnect as exc:
            raise websockets.ConnectionClosedOK(None, None) from exc

    async def send(self, message: str) -> None:
        await self._socket.send_text(message)

    async def close(self, code: int = 1000, reason: str = "") -> None:
        await self._socket.close(code, reason)


class World:
    """The server, and what it was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.sessions = SessionServer()
        self.service = Service(self.sessions)
        self.nodes = NODES
        self.grants = 0  # tokens handed out
        self.requests: list[dict[str, Any]] = []  # GraphQL bodies
        self.answer: Callable[[dict[str, Any]], tuple[int, Any]] = self.list_nodes
        self.stream: list[dict[str, Any]] = []  # messages that answer a subscription
        self.ended = threading.Event()  # the last subscription's socket

    def list_nodes(self, body: dict[str, Any]) -> tuple[int, Any]:
        """Answer `GetNode` and `ListNodes` by what is in `nodes`."""
        variables = body["variables"]
        if body["operationName"] == "GetNode":
            wanted = (variables.get("id"), variables.get("hash"))
            found = [it for it in self.nodes if it["id"] == wanted[0] or it["hash"] == wanted[1]]
            return 200, {"data": {"node": found[0] if found else None}}
        rule = variables.get("filter") or {}
        start = int(variables.get("after") or 0)
        found = [it for it in self.nodes if _fits(it, rule)]
        page = found[start : start + 2]
        more = start + 2 < len(found)
        info = {"endCursor": str(start + 2), "hasNextPage": more}
        return 200, {"data": {"nodes": {"items": page, "pageInfo": info}}}

    def app(self) -> Starlette:
        """Return the routes."""
        return Starlette(
            routes=[
                Route("/oauth/token", self._token, methods=["POST"]),
                Route("/graphql", self._graphql, methods=["POST"]),
                WebSocketRoute("/graphql", self._subscription),
                WebSocketRoute("/session", self._session),
            ]
        )

    def _is_known(self, bearer: str | None) -> bool:
        return bearer is not None and bearer.removeprefix("Bearer ") in self.sessions.tokens

    async def _token(self, request: Request) -> Response:
        self.grants += 1
        return JSONResponse({"access_token": "good", "expires_in": 3600})

    async def _graphql(self, request: Request) -> Response:
        if not self._is_known(request.headers.get("authorization")):
            return JSONResponse({"errors": [{"message": "who are you?"}]}, 401)
        body = await request.json()
        self.requests.append(body)
        status, answer = self.answer(body)
        return Response(answer, status) if isinstance(answer, str) else JSONResponse(answer, status)

    async def _subscription(self, socket: WebSocket) -> None:
        await socket.accept("graphql-transport-ws")
        try:
            init = await socket.receive_json()
            if not self._is_known(init.get("payload", {}).get("authorization")):
                await socket.close(4401)
                return
            await socket.send_json({"type": "connection_ack"})
            self.requests.append(await socket.receive_json())
            for message in self.stream:
                await socket.send_text(json.dumps(message))
            while True:
                self.requests.append(await socket.receive_json())
        except WebSocketDisconnect:
            pass
        finally:
            self.ended.set()

    async def _session(self, socket: WebSocket) -> None:
        await socket.accept("rekuest.v1")
        await Peer(self.sessions, _Frames(socket)).serve()


def _fits(found: dict[str, Any], rule: dict[str, Any]) -> bool:
    templates = found["templates"]["items"]
    return (
        rule.get("interface") in (None, *(it["interface"] for it in templates))
        and rule.get("app") in (None, *(it["app"]["identifier"] for it in templates))
        and rule.get("name") in (None, found["name"])
    )


@contextmanager
def running_world() -> Iterator[World]:
    """Run a world until the block ends."""
    portal = Portal.start()

    async def amake() -> World:
        return World()

    world = portal.call(amake)
    listening = socket.create_server(("127.0.0.1", 0))
    world.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    config = uvicorn.Config(
        world.app(), lifespan="off", log_config=None, ws="websockets-sansio", access_log=False
    )
    server = uvicorn.Server(config)
    serving: list[asyncio.Task[None]] = []

    async def astart() -> None:
        serving.append(asyncio.create_task(server.serve(sockets=[listening])))

    async def astop() -> None:
        server.should_exit = server.force_exit = True
        await serving[0]

    portal.call(astart)
    try:
        yield world
    finally:
        portal.call(astop)
        portal.stop()
