"""Functions that call functions: the record knows which call made which."""

from __future__ import annotations

import pytest

from rekuest import Rekuest
from rekuest.api import list_assignations
from rekuest.api.inputs import AssignationFilter


@pytest.mark.parametrize("interface", ["add_through_a_call", "add_through_a_sync_call"])
def test_function_calls_another(client: Rekuest, interface: str) -> None:
    node = client.find(interface=interface)

    assert node.assign(20, 22) == 42
    parent = list_assignations(filter=AssignationFilter(node=node.id), client=client).items[0]
    children = list_assignations(filter=AssignationFilter(parent=parent.id), client=client).items
    assert [child.node.name for child in children] == ["add"]
