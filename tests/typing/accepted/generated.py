"""The generated functions and models."""

import datetime
from typing import assert_type

from rekuest import Rekuest
from rekuest.api import (
    CreateClient,
    ListNodes,
    NodeFilter,
    NodeKind,
    alist_nodes,
    awatch_nodes,
    create_client,
    get_node,
    list_nodes,
    watch_assignation_events,
)
from rekuest.api.fragments.node_fields import NodeFields


def main() -> None:
    """Use them in a script."""
    page = list_nodes(filter=NodeFilter(interface="greet", kind=NodeKind.FUNCTION), first=3)
    assert_type(page, ListNodes)
    for item in page.items:
        assert_type(item.name, str)
        assert_type(item.description, str | None)
        assert_type(item.created_at, datetime.datetime)
    assert_type(get_node(id="1"), NodeFields | None)
    for event in watch_assignation_events("id", after=3):
        assert_type(event.number, int | None)
    assert_type(create_client("lab", app=None), CreateClient)


async def amain(client: Rekuest) -> None:
    """Use them in async code, with a client of one's choice."""
    assert_type(await alist_nodes(client=client), ListNodes)
    async for node in awatch_nodes():
        assert_type(node.name, str)
