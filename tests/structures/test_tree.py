"""Ports as trees and back."""

import pytest

from rekuest.errors import DefinitionError
from rekuest.structures.tree import flatten, grow

from .trees import ARGUMENT, RETURN, arguments, leaf, list_of, model

TREES = (
    model(leaf("INT", "a"), list_of(list_of(leaf("INT", "item"), "item"), "b"), key="p"),
    leaf("STRING", "q", has_default=True, default="z"),
)


def test_ports_are_numbered_in_pre_order() -> None:
    ports = flatten(TREES, (leaf("INT", "return"),))
    assert [port.index for port in ports] == list(range(7))
    assert [port.parent for port in ports] == [None, 0, 0, 2, 3, None, None]


def test_growing_undoes_flattening() -> None:
    ports = flatten(TREES, (leaf("INT", "return"),))
    assert grow(ports, ARGUMENT) == TREES
    assert grow(ports, RETURN) == (leaf("INT", "return"),)


def test_a_part_before_its_parent_is_refused() -> None:
    ports = arguments(leaf("INT", "a"), leaf("INT", "b"))
    wrong = [ports[0].model_copy(update={"parent": 1}), ports[1]]
    with pytest.raises(DefinitionError, match="port 0 'a' stands before its parent 1"):
        grow(wrong, ARGUMENT)
