"""What generated code stands on: UNSET, operations, and the client that executes them.

`rekuest.api` imports this module and nothing else of rekuest; the client implements `Client` and
calls `enter` and `leave`.  Importing it loads neither pydantic nor httpx.
"""

from rekuest.context.current import (
    Client,
    Entered,
    aexecute,
    asubscribe,
    current_client,
    enter,
    execute,
    leave,
    subscribe,
)
from rekuest.context.operation import UNSET, Operation, UnsetType

__all__ = [
    "UNSET",
    "Client",
    "Entered",
    "Operation",
    "UnsetType",
    "aexecute",
    "asubscribe",
    "current_client",
    "enter",
    "execute",
    "leave",
    "subscribe",
]
