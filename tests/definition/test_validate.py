"""Declarations of apps that nobody trusts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rekuest.api import wire
from rekuest.definition import define, node_hash, validate_declaration
from rekuest.structures import Registry, compile_checker

from .shapes import Frozen, Image


def sample(frozen: Frozen, images: list[Image], n: int = 1) -> tuple[int, str]:
    """Something of everything."""
    return 1, ""


GOOD = define(sample, registry=Registry()).template


def port(index: int = 0, **fields: Any) -> dict[str, Any]:
    """Write a port as it stands on the wire."""
    return {
        "index": index,
        "direction": "ARGUMENT",
        "kind": "INT",
        "key": f"x{index}",
        "nullable": False,
        "hasDefault": False,
        "constraints": [],
        "visibleWhen": [],
        **fields,
    }


def problems(*ports: dict[str, Any], **fields: Any) -> list[str]:
    """Judge a template with these ports."""
    base = GOOD.model_dump(by_alias=True, exclude_none=True)
    return validate_declaration(
        wire.TemplateDeclaration.model_validate({**base, "ports": ports, **fields})
    )


def test_clause_3_7_what_define_makes_can_be_taken() -> None:
    assert validate_declaration(GOOD) == []


def choice(key: str) -> dict[str, str]:
    """Write a choice."""
    return {"key": key}


CASES: list[tuple[list[dict[str, Any]], str]] = [
    ([port(1)], "port 0 'x1' has index 1; ports are numbered from 0 in their order"),
    (
        [port(0, kind="LIST"), port(1), port(2, key="item", parent=0)],
        "port 2 'item' does not follow its parent 0; ports are a pre-order list",
    ),
    ([port(0, parent=0)], "port 0 'x0' does not follow its parent 0; ports are a pre-order list"),
    (
        [port(0, kind="LIST"), port(1, key="item", parent=0, direction="RETURN")],
        "port 1 'item' has another direction than its parent",
    ),
    (
        [port(0, direction="SIDEWAYS")],
        "port 0 'x0' has direction 'SIDEWAYS', which this version does not know",
    ),
    ([port(0, key="a"), port(1, key="a")], "argument 'a' is there 2 times; keys are unique"),
    (
        [port(0, direction="RETURN", key="result")],
        "returns have the keys ['result']; one is 'return', several are 'return0', 'return1', …",
    ),
    ([port(0, kind="LIST")], "port 'x0': a port of kind LIST has one part 'item'"),
    ([port(0), port(1, parent=0)], "port 'x0': a port of kind INT has no parts"),
    (
        [port(0, kind="DICT"), port(1, parent=0, key="item")],
        "port 'x0': a port of kind DICT has one part 'value'",
    ),
    (
        [port(0, kind="TUPLE"), port(1, parent=0, key="1")],
        "port 'x0': a port of kind TUPLE has parts '0', '1', …",
    ),
    ([port(0, kind="UNION")], "port 'x0': a port of kind UNION has at least one of parts '0', '1', …"),
    (
        [port(0, kind="MODEL"), port(1, parent=0, key="a"), port(2, parent=0, key="a")],
        "port 'x0': a port of kind MODEL has parts with unique keys",
    ),
    ([port(0, kind="TENSOR")], "port 'x0': kind 'TENSOR' is not known to this version; upgrade the server"),
    ([port(0, kind="STRUCTURE")], "port 'x0': a port of kind STRUCTURE has an identifier"),
    ([port(0, identifier="@a/b")], "port 'x0': a port of kind INT has no identifier"),
    (
        [port(0, kind="STRUCTURE", identifier="a\nb")],
        "port 'x0': identifier 'a\\nb' is not 1 to 200 printable characters",
    ),
    ([port(0, kind="ENUM")], "port 'x0': a port has choices if and only if it is of kind ENUM"),
    ([port(0, choices=[choice("A")])], "port 'x0': a port has choices if and only if it is of kind ENUM"),
    (
        [port(0, kind="ENUM", choices=[choice("A"), choice("A")])],
        "port 'x0': choice 'A' is there 2 times; keys are unique",
    ),
    ([port(0, key="")], "port '': key '' is not 1 to 200 printable characters"),
    ([port(0, key="a\u202eb")], "port 'a\\u202eb': key 'a\\u202eb' is not 1 to 200 printable characters"),
    ([port(0, hasDefault=True)], "port 'x0': its default does not fit: expected INT, got null"),
    (
        [port(0, hasDefault=True, default="1")],
        "port 'x0': its default does not fit: expected INT, got STRING '1'",
    ),
    (
        [port(0, kind="STRUCTURE", identifier="@a/b", hasDefault=True, default="id")],
        "port 'x0': a structure cannot be a default",
    ),
    (
        [port(0, kind="LIST"), port(1, parent=0, key="item", hasDefault=True, default=1)],
        "port 'x0': its part 'item' has a default, and is no field",
    ),
    (
        [port(0, direction="RETURN", key="return", hasDefault=True, default=1)],
        "return 'return' has a default",
    ),
    (
        [port(0, constraints=[{"kind": "PATTERN", "value": "a"}])],
        "constraint PATTERN of port 'x0' cannot stand: it needs a text, and a port of kind STRING",
    ),
    (
        [port(0, passing="KEYWORD"), port(1, passing="ANY")],
        "positional-only arguments come first and named ones last",
    ),
    ([port(0, passing="SIDEWAYS")], "passing 'SIDEWAYS' is not known to this version"),
    (
        [port(0, hasDefault=True, default=1), port(1)],
        "argument 'x1' has no default and follows one that has",
    ),
    (
        [port(0, direction="RETURN", key="return", passing="ANY")],
        "port 'return' has a passing, and is no argument",
    ),
    ([port(0, group="g")], "port 'x0' is in group 'g', which is not declared"),
    (
        [port(0, visibleWhen=[{"port": "y", "operator": "IS_SET"}])],
        "port 'x0' is shown by 'y', which is no argument",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("ports", "problem"), CASES)
def test_clause_3_7_wrong_ports_are_named(ports: list[dict[str, Any]], problem: str) -> None:
    assert problems(*ports) == [problem]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"interface": ""}, "interface '' is not 1 to 200 printable characters"),
        ({"name": " "}, "name ' ' is not 1 to 200 printable characters"),
        ({"title": "a\x1b[0m"}, "title 'a\\x1b[0m' is not 1 to 500 printable characters"),
        ({"labels": ["a\n"]}, "label 'a\\n' is not 1 to 200 printable characters"),
        ({"kind": "STREAM"}, "kind 'STREAM' is not known to this version"),
        ({"concurrency": 0}, "concurrency is 0; it is at least 1"),
        ({"maxInstances": 0}, "maxInstances is 0; it is at least 1, or null"),
        (
            {"retry": {"maxAttempts": 0, "backoff": 1}},
            "retry has fewer than 1 attempt or a negative backoff",
        ),
        (
            {"groups": [{"key": "a", "collapsed": False}] * 2},
            "group 'a' is there 2 times; keys are unique",
        ),
    ],
)
def test_wrong_fields_are_named(fields: dict[str, Any], problem: str) -> None:
    assert problems(**fields) == [problem]


def chain(depth: int) -> list[dict[str, Any]]:
    """Nest lists."""
    lists = [
        port(i, kind="LIST", key="item" if i else "x", parent=i - 1 if i else None)
        for i in range(depth - 1)
    ]
    return [*lists, port(depth - 1, key="item", parent=depth - 2)]


def test_depth_and_number_are_bounded() -> None:
    assert problems(*chain(32)) == []
    assert problems(*chain(33)) == ["port 32 'item' is 33 levels deep; at most 32 can be declared"]
    assert problems(*(port(i) for i in range(1001))) == [
        "there are 1001 ports; at most 1000 can be declared"
    ]


def test_problems_are_bounded() -> None:
    assert len(problems(*(port(i, key="") for i in range(1000)))) == 20


KEYS = st.sampled_from(["item", "value", "0", "1", "a", "return", ""])
KINDS = st.sampled_from(
    ["INT", "LIST", "DICT", "MODEL", "TUPLE", "UNION", "ENUM", "STRUCTURE", "SET"]
)
PORTS = st.lists(
    st.builds(
        port,
        kind=KINDS,
        key=KEYS,
        parent=st.none() | st.integers(-1, 4),
        direction=st.sampled_from(["ARGUMENT", "RETURN"]),
        hasDefault=st.booleans(),
        default=st.sampled_from([None, 1, "a", [], {}, [1]]),
        identifier=st.sampled_from([None, "@a/b"]),
    ),
    max_size=5,
)


@given(PORTS)
def test_what_passes_needs_no_further_care(ports: list[dict[str, Any]]) -> None:
    numbered = [{**it, "index": index} for index, it in enumerate(ports)]
    base = GOOD.model_dump(by_alias=True, exclude_none=True)
    template = wire.TemplateDeclaration.model_validate({**base, "ports": numbered})
    if not validate_declaration(template):
        for direction in {it.direction for it in template.ports}:
            compile_checker(template.ports, direction).check({"a": 1})
        assert node_hash("org", template)
