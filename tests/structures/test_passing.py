"""Positions, names and returns."""

from __future__ import annotations

import pytest

from rekuest.api.enums import ArgumentPassing
from rekuest.errors import ShrinkError
from rekuest.structures import bind_arguments, call_arguments, join_returns, split_returns

from .trees import arguments, leaf, list_of, returns, said

PORTS = arguments(
    leaf("INT", "a", passing=ArgumentPassing.POSITIONAL),
    list_of(leaf("INT", "item"), "b", passing=ArgumentPassing.ANY),
    leaf("INT", "c", passing=ArgumentPassing.KEYWORD),
)
TWO = returns(leaf("INT", "return0"), leaf("INT", "return1"))


def test_positions_become_keys() -> None:
    assert bind_arguments(PORTS, [1, [2]], {"c": 3}) == {"a": 1, "b": [2], "c": 3}


def test_unknown_names_are_left_to_the_shrinker() -> None:
    assert bind_arguments(PORTS, [], {"z": 3}) == {"z": 3}


def test_too_many_and_doubled_arguments_are_refused() -> None:
    with pytest.raises(ShrinkError) as refused:
        bind_arguments(PORTS, [1, 2, 3], {"a": 1}, node="n")
    assert said(refused.value.failures) == [
        "argument 3: expected at most 2 by position, got INT 3",
        "a: expected one value, got two: by position and by name",
    ]


def test_a_function_is_called_by_position_where_it_asks_for_it() -> None:
    assert call_arguments(PORTS, {"a": 1, "b": 2, "c": 3}) == ([1], {"b": 2, "c": 3})


def test_returns_are_split_and_joined() -> None:
    one = returns(leaf("INT", "return"))
    assert split_returns(one, (1, 2)) == {"return": (1, 2)}
    assert split_returns(TWO, (1, 2)) == {"return0": 1, "return1": 2}
    assert split_returns([], None) == {}
    assert join_returns(one, {"return": 1}) == 1
    assert join_returns(TWO, {"return1": 2, "return0": 1}) == (1, 2)
    assert join_returns([], {}) is None


@pytest.mark.parametrize("value", [1, (1,), [1, 2]])
def test_not_as_many_returns_as_declared(value: object) -> None:
    with pytest.raises(ShrinkError, match="return: expected TUPLE of 2 returns, got"):
        split_returns(TWO, value, node="n")


def test_a_value_without_a_declared_return() -> None:
    with pytest.raises(ShrinkError, match="declares no return; add a return hint, got INT 1"):
        split_returns([], 1, node="n")
