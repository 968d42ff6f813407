"""Registering keeps a function's signature."""

from collections.abc import AsyncIterator, Iterator
from typing import assert_type

from rekuest import (
    ClientCredentialsGrant,
    Rekuest,
    current_assignation,
    log,
    progress,
    register,
    run,
    structure,
)

client = Rekuest("my-app", auth=ClientCredentialsGrant(client_id="a", client_secret="b"))


@client.register
def greet(x: int, name: str = "ada") -> str:
    """Greet somebody."""
    log("greeting", level="INFO")
    progress(1, 3, "counting")
    return name * x


@client.register()
def halve(x: float) -> float:
    """Halve a number."""
    return x / 2


@client.register(interface="scan-rows", concurrency=3, idempotent=True, labels=["gpu"])
async def scan(rows: int) -> AsyncIterator[int]:
    """Scan."""
    for row in range(rows):
        yield row


@register
def count(upto: int) -> Iterator[int]:
    """Count."""
    yield from range(upto)


@register(autoprovide=True, max_instances=1)
async def name_call() -> str:
    """Name the call."""
    return current_assignation().id


@structure
class Image:
    """A picture on a storage."""

    def __init__(self, id: str) -> None:
        self.id = id

    def shrink(self) -> str:
        """Give the reference."""
        return self.id

    @classmethod
    async def expand(cls, value: str) -> "Image":
        """Load the picture."""
        return cls(value)


assert_type(greet(1, name="b"), str)
assert_type(halve(1), float)
assert_type(scan(3), AsyncIterator[int])
assert_type(count(3), Iterator[int])
assert_type(Image("a").id, str)

if __name__ == "__main__":
    run()
