"""A one-hop relay over raw `websockets`: the floor that round trips are compared with.

One frame a message, nothing typed, nothing stored.  `python -m benchmarks.relay server` prints its address;
`python -m benchmarks.relay worker URL` answers what comes through it.
"""

from __future__ import annotations

import asyncio
import json
import sys

from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve


async def run_server() -> None:
    """Forward each frame of a caller to the worker, and each frame of the worker to its caller."""
    worker: ServerConnection | None = None
    callers: dict[str, ServerConnection] = {}

    async def handler(connection: ServerConnection) -> None:
        nonlocal worker
        assert connection.request is not None
        if connection.request.path == "/worker":
            worker = connection
            async for frame in connection:
                await callers[json.loads(frame)["caller"]].send(frame)
            return
        name = connection.request.path
        callers[name] = connection
        async for frame in connection:
            assert worker is not None
            await worker.send(frame)

    async with serve(handler, "127.0.0.1", 0, compression=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        print(f"listening on ws://127.0.0.1:{port}", flush=True)
        await asyncio.get_running_loop().create_future()


async def run_worker(url: str) -> None:
    """Answer `greet(x, name)`."""
    async with connect(f"{url}/worker", compression=None) as connection:
        print("ready", flush=True)
        async for frame in connection:
            call = json.loads(frame)
            call["result"] = " ".join([f"hello {call['name']}"] * call["x"])
            await connection.send(json.dumps(call))


class RelayCaller:
    """Calls through the relay, any number at a time."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/caller"
        self._waiting: dict[int, asyncio.Future[str]] = {}
        self._count = 0

    async def __aenter__(self) -> RelayCaller:
        """Connect."""
        self._connection = await connect(self._url, compression=None)
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Disconnect."""
        self._reader.cancel()
        await self._connection.close()

    async def call(self) -> None:
        """Make one call and wait for its result."""
        self._count += 1
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting[self._count] = future
        message = {"caller": "/caller", "id": self._count, "x": 2, "name": "johannes"}
        await self._connection.send(json.dumps(message))
        await future

    async def _read(self) -> None:
        async for frame in self._connection:
            answer = json.loads(frame)
            self._waiting.pop(answer["id"]).set_result(answer["result"])


if __name__ == "__main__":
    asyncio.run(run_server() if sys.argv[1] == "server" else run_worker(sys.argv[2]))
