"""Finding and calling, sync and async."""

from typing import assert_type

from rekuest import (
    NodeHandle,
    Rekuest,
    RemoteError,
    acall,
    afind,
    aiterate,
    call,
    find,
    iterate,
)

client = Rekuest("my-app", url="http://127.0.0.1:8090", version="1.0.0")


def main() -> None:
    """Call in a script."""
    with client, find(interface="greet") as node:
        assert_type(node, NodeHandle)
        assert_type(node.description, str | None)
        str((node.assign(4, "johannes"), node(4, name="x"), call("greet", 1), call(node, 1)))
        for value in iterate("scan", 3):
            str(value)
        try:
            node.options(timeout=3, wait=True).assign(1)
        except RemoteError as error:
            assert_type(error.type, str)
            assert_type(error.traceback, str | None)


async def amain() -> None:
    """Call in async code."""
    async with client, await afind("greet", app="my-app") as node:
        assert_type(node, NodeHandle)
        str((await node.aassign(4), await acall(node, 4)))
        async for value in aiterate("scan", rows=3):
            str(value)
        async for value in node.aiterate(3):
            str(value)
