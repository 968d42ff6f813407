"""Call the function of provider.py, async."""

import asyncio

from rekuest import Rekuest, afind


async def main() -> None:
    """Find the node, reserve one instance of it, call it twice at once."""
    async with Rekuest("my-app"):
        node = await afind(interface="rpc_function")
        async with node:
            greetings = await asyncio.gather(
                node.aassign(1, "johannes"),
                node.aassign(x=2, name="ada"),
            )
    for greeting in greetings:
        print(greeting)


asyncio.run(main())
