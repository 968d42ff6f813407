"""Which node is meant."""

from __future__ import annotations

from typing import Any

import pytest

from rekuest.api.results.list_nodes import ListNodesItems
from rekuest.client.finding import Wanted, choose
from rekuest.errors import UsageError
from tests.client.world import node

URL = "http://127.0.0.1:8090"


def found(id: str, **fields: Any) -> ListNodesItems:
    return ListNodesItems.model_validate(node(id, **fields))


def test_one_node_is_it() -> None:
    assert choose(Wanted("blur"), [found("blur", app="other")], "lab", URL).id == "blur"


def test_the_own_app_comes_first() -> None:
    nodes = [found("a", app="other"), found("b", app="lab")]
    assert choose(Wanted("blur"), nodes, "lab", URL).id == "b"


def test_the_own_app_does_not_count_when_an_app_is_named() -> None:
    nodes = [found("a", app="other"), found("b", app="other")]
    with pytest.raises(UsageError, match="2 nodes have interface='blur', app='other'"):
        choose(Wanted("blur", app="other"), nodes, "lab", URL)


def test_then_comes_what_can_be_called() -> None:
    nodes = [found("a", isCallable=False), found("b")]
    assert choose(Wanted("blur"), nodes, "lab", URL).id == "b"


def test_no_node_says_what_to_check() -> None:
    with pytest.raises(UsageError) as error:
        choose(Wanted("blur", app="lab"), [], "lab", URL)
    assert str(error.value) == (
        "no node with interface='blur', app='lab' at http://127.0.0.1:8090; check the spelling, that "
        "the app that provides it has run there, and that it belongs to the same user (rekuest shows "
        "only one's own apps by default)"
    )


@pytest.mark.parametrize(
    ("nodes", "argument"),
    [
        ([found("a", app="x"), found("b", app="y")], "app"),
        ([found("a", name="n", interface="f"), found("b", name="n", interface="g")], "interface"),
        ([found("a", interface="f"), found("b", interface="f")], "name"),
        ([found("a", interface="f", name="n"), found("b", interface="f", name="n")], "hash"),
    ],
)
def test_several_nodes_are_listed_with_the_argument_that_decides(
    nodes: list[ListNodesItems], argument: str
) -> None:
    with pytest.raises(UsageError, match=f"2 nodes have .*; add {argument}= to choose:") as error:
        choose(Wanted(name="n") if argument == "interface" else Wanted("f"), nodes, "lab", URL)
    assert "hash='hash-a'" in str(error.value)
    assert "hash='hash-b'" in str(error.value)


def test_a_long_list_is_cut() -> None:
    nodes = [found(f"n{number}", interface="f") for number in range(15)]
    with pytest.raises(UsageError, match="and 5 more"):
        choose(Wanted("f"), nodes, "lab", URL)


def test_something_must_be_asked_for() -> None:
    with pytest.raises(UsageError, match="needs to know which node"):
        Wanted()
