"""Reads of nodes."""

from __future__ import annotations

from rekuest.errors import ServerError
from rekuest.server.domain.principal import Principal
from rekuest.server.service.read.page import viewer_of
from rekuest.server.store.read import Reads
from rekuest.server.store.rows import NodeRow

__all__ = ["read_node"]


async def read_node(
    reads: Reads, principal: Principal, *, id: str | None = None, hash: str | None = None
) -> NodeRow | None:
    """Read one node by id or by hash; None if there is none that the principal may see.

    Raises:
        ServerError: `INVALID_INPUT`: neither is given.
    """
    if id is None and hash is None:
        raise ServerError("give the node's id or its hash", code="INVALID_INPUT")
    viewer = viewer_of(principal)
    if id is None:
        return await reads.nodes.by_hash(str(hash), viewer=viewer)
    found = await reads.nodes.get(id, viewer=viewer)
    return found if found is not None and hash in (None, found.hash) else None
