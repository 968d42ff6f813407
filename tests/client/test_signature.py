"""What a node looks like from Python."""

from __future__ import annotations

from typing import Any

import pytest

from rekuest.api import enums, wire
from rekuest.client.signature import describe_node, signature_of
from tests.client.world import port, returned

FUNCTION, GENERATOR = enums.NodeKind.FUNCTION, enums.NodeKind.GENERATOR


def ports(*found: dict[str, Any]) -> list[wire.Port]:
    return [wire.Port.model_validate(it | {"index": index}) for index, it in enumerate(found)]


@pytest.mark.parametrize(
    ("found", "kind", "expected"),
    [
        ([], FUNCTION, "() -> None"),
        ([port("x"), returned(kind="STRING")], FUNCTION, "(x: int) -> str"),
        ([returned(kind="FLOAT")], GENERATOR, "() -> Iterator[float]"),
        (
            [returned("return0"), returned("return1", "BOOL")],
            FUNCTION,
            "() -> tuple[int, bool]",
        ),
        (
            [port("a", passing="POSITIONAL"), port("b", passing="KEYWORD")],
            FUNCTION,
            "(a: int, /, *, b: int) -> None",
        ),
        (
            [port("a", hasDefault=True, default=5), port("b", "STRING", nullable=True)],
            FUNCTION,
            "(b: str | None, a: int = 5) -> None",
        ),
        (
            [port("a", "LIST"), port("item", "DICT", parent=0), port("value", parent=1)],
            FUNCTION,
            "(a: list[dict[str, int]]) -> None",
        ),
        ([port("a", "STRUCTURE", identifier="@lab/image")], FUNCTION, "(a: @lab/image) -> None"),
        ([port("a", "NONE", nullable=True)], FUNCTION, "(a: None) -> None"),
        ([port("a", "HOLOGRAM")], FUNCTION, "(a: hologram) -> None"),
    ],
)
def test_signature(found: list[dict[str, Any]], kind: enums.NodeKind, expected: str) -> None:
    assert str(signature_of(ports(*found), kind)) == expected


def test_documentation_has_title_description_and_ports() -> None:
    found = ports(port("x"), port("y", description=None), returned(description="The sum."))
    assert describe_node("Add.", "Slowly.", found) == (
        "Add.\n\nSlowly.\n\nArgs:\n    x (int): How many times.\n\nReturns:\n    return (int): The sum."
    )


def test_documentation_of_an_author_of_few_words_is_the_title() -> None:
    assert describe_node("Add.", None, ports(port("x", description=None))) == "Add."
