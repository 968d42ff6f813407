"""Wire values against ports: every kind, strictly."""

from __future__ import annotations

from typing import Any

import pytest

from rekuest.api.enums import PortKind
from rekuest.errors import DefinitionError
from rekuest.structures.check import CHECKS, compile_checker
from rekuest.structures.tree import PortTree

from .trees import ARGUMENT, arguments, dict_of, enum, image, leaf, list_of, model, said

SAFE = 2**53 - 1
LEAVES = "INT FLOAT STRING BOOL NONE BYTES DATETIME DATE TIME DURATION UUID DECIMAL JSON MEMORY_STRUCTURE"
TREES: dict[str, PortTree] = {
    **{kind: leaf(kind) for kind in LEAVES.split()},
    "STRUCTURE": image(),
    "ENUM": enum("RED", "GREEN"),
    "LIST": list_of(leaf("INT", "item")),
    "SET": leaf("SET", parts=(list_of(leaf("FLOAT", "item"), "item"),)),
    "TUPLE": leaf("TUPLE", parts=(leaf("INT", "0"), leaf("STRING", "1"))),
    "DICT": dict_of(leaf("BOOL", "value")),
    "MODEL": model(leaf("INT", "a"), leaf("STRING", "b", has_default=True)),
    "UNION": leaf("UNION", parts=(leaf("INT", "0"), leaf("STRING", "1"))),
}

FITS: list[tuple[str, Any]] = [
    *(("INT", value) for value in (0, -1, SAFE, -SAFE, str(SAFE + 1), str(-SAFE - 1))),
    ("INT", "9" * 4300),
    *(("FLOAT", value) for value in (0.5, 1, -1e308, 2**60)),
    *(("STRING", value) for value in ("", "a", "é😀", "\t\n")),
    *(("BOOL", value) for value in (True, False)),
    ("NONE", None),
    *(("BYTES", value) for value in ("", "AA==", "AAA=", "+/+/")),
    ("DATETIME", "2026-03-01T12:00:00"),
    ("DATETIME", "2026-03-01T12:00:00.5+00:00"),
    ("DATETIME", "2026-03-01T12:00:00.500Z"),
    ("DATE", "2026-03-01"),
    ("TIME", "12:00"),
    ("TIME", "12:00:00.25+02:00"),
    *(("DURATION", value) for value in (0, 1.5, -3)),
    ("UUID", "12345678-1234-5678-1234-567812345678"),
    *(("DECIMAL", value) for value in ("1", "-1.50", "1E+5")),
    ("ENUM", "RED"),
    *(("LIST", value) for value in ([], [1, 2])),
    *(("SET", value) for value in ([], [[1], [2]], [[], [1, 2]])),
    ("TUPLE", [1, "a"]),
    *(("DICT", value) for value in ({}, {"a": True})),
    *(("MODEL", value) for value in ({"a": 1}, {"a": 1, "b": "x"})),
    *(("UNION", value) for value in ({"variant": "0", "value": 1},)),
    ("STRUCTURE", "some-id"),
    ("MEMORY_STRUCTURE", "some-id"),
    *(("JSON", value) for value in (None, 1, 1.5, "a", [{"a": [True]}])),
]


@pytest.mark.parametrize(("kind", "value"), FITS)
def test_clause_8_2_wire_forms_fit(kind: str, value: Any) -> None:
    checker = compile_checker(arguments(TREES[kind]), ARGUMENT)
    assert checker.check({"x": value}) == []


LONE = "\ud800"
MISFITS: list[tuple[str, Any, str]] = [
    ("INT", True, "x: expected INT, got BOOL true"),
    ("INT", 1.0, "x: expected INT, got FLOAT 1.0"),
    ("INT", "5", "x: expected INT, got STRING '5'"),
    ("INT", None, "x: expected INT, got null"),
    ("FLOAT", True, "x: expected FLOAT, got BOOL true"),
    ("FLOAT", "1.5", "x: expected FLOAT, got STRING '1.5'"),
    ("FLOAT", float("nan"), "x: expected FLOAT (finite), got FLOAT nan"),
    ("FLOAT", float("inf"), "x: expected FLOAT (finite), got FLOAT inf"),
    ("FLOAT", 10**400, "x: expected FLOAT, got INT of about 401 digits"),
    ("STRING", 1, "x: expected STRING, got INT 1"),
    (
        "STRING",
        "a\0",
        "x: expected STRING (without NUL and lone surrogates), got STRING 'a\\x00'",
    ),
    (
        "STRING",
        LONE,
        "x: expected STRING (without NUL and lone surrogates), got STRING '\\ud800'",
    ),
    ("BOOL", 1, "x: expected BOOL, got INT 1"),
    ("BOOL", "false", "x: expected BOOL, got STRING 'false'"),
    ("NONE", 0, "x: expected NONE, got INT 0"),
    ("BYTES", "A", "x: expected BYTES (padded base64), got STRING 'A'"),
    ("BYTES", "AB==", "x: expected BYTES (padded base64), got STRING 'AB=='"),
    ("BYTES", "é", "x: expected BYTES (padded base64), got STRING 'é'"),
    ("BYTES", [], "x: expected BYTES, got LIST of 0"),
    ("DATE", "2026-02-30", "x: expected DATE (ISO 8601, as 2026-03-01), got STRING '2026-02-30'"),
    ("DATE", "20260301", "x: expected DATE (ISO 8601, as 2026-03-01), got STRING '20260301'"),
    ("TIME", "25:00", "x: expected TIME (ISO 8601, as 12:00:00), got STRING '25:00'"),
    ("DURATION", 1e300, "x: expected DURATION (seconds), got FLOAT 1e+300"),
    ("UUID", "x", "x: expected UUID (36 characters, lower case), got STRING 'x'"),
    ("DECIMAL", "NaN", "x: expected DECIMAL (digits, as 12.50), got STRING 'NaN'"),
    ("DECIMAL", "1e99999", "x: expected DECIMAL (digits, as 12.50), got STRING '1e99999'"),
    ("ENUM", "BLUE", "x: expected one of: RED, GREEN, got STRING 'BLUE'"),
    ("ENUM", 1, "x: expected one of: RED, GREEN, got INT 1"),
    ("LIST", {"0": 1}, "x: expected LIST, got DICT of 1"),
    ("LIST", [1, "2"], "x[1]: expected INT, got STRING '2'"),
    ("SET", [[1], [1.0]], "x: expected SET (without repeats), got LIST of 2"),
    ("TUPLE", [1], "x: expected TUPLE (of 2 items), got LIST of 1"),
    ("TUPLE", [1, 2], "x[1]: expected STRING, got INT 2"),
    ("DICT", [], "x: expected DICT, got LIST of 0"),
    ("DICT", {"a": 1}, "x['a']: expected BOOL, got INT 1"),
    ("MODEL", {"a": 1, "c": 2}, "x.c: expected no such field (known: a, b), got INT 2"),
    ("MODEL", {"b": "x"}, "x.a: expected INT, got nothing"),
    ("MODEL", "a", "x: expected MODEL Point, got STRING 'a'"),
    (
        "UNION",
        {"variant": "2", "value": 1},
        "x: expected UNION (variant one of: 0, 1, and value), got STRING '2'",
    ),
    ("UNION", {"variant": "0", "value": "a"}, "x: expected INT, got STRING 'a'"),
    ("STRUCTURE", {"id": 1}, "x: expected STRUCTURE @lab/image, got DICT of 1"),
    ("MEMORY_STRUCTURE", 1, "x: expected MEMORY_STRUCTURE, got INT 1"),
    ("JSON", {"a": {1}}, "x: expected JSON, got DICT of 1"),
]


@pytest.mark.parametrize(("kind", "value", "failure"), MISFITS)
def test_clause_8_2_other_forms_are_misfits(kind: str, value: Any, failure: str) -> None:
    checker = compile_checker(arguments(TREES[kind]), ARGUMENT)
    assert said(checker.check({"x": value})) == [failure]


def test_every_kind_of_the_schema_is_checked() -> None:
    assert set(CHECKS) == set(PortKind) == {PortKind(kind) for kind in TREES}


@pytest.mark.parametrize("text", ["9007199254740991", "-0", "09007199254740992", "+1", "1" * 4301])
def test_clause_8_3_integers_have_one_form_only(text: str) -> None:
    assert compile_checker(arguments(leaf("INT")), ARGUMENT).check({"x": text})


def test_clause_8_3_a_number_beyond_the_safe_ones_is_no_json_number() -> None:
    failures = compile_checker(arguments(leaf("INT")), ARGUMENT).check({"x": SAFE + 1})
    assert said(failures) == [
        "x: expected INT (beyond 2^53-1 a canonical decimal string of at most 4300 digits), "
        "got INT 9007199254740992"
    ]


def test_clause_8_1_unknown_and_missing_keys_are_failures() -> None:
    checker = compile_checker(arguments(leaf("INT", "a"), leaf("INT", "b")), ARGUMENT)
    assert said(checker.check({"a": 1, "c": 2})) == [
        "b: expected INT, got nothing",
        "c: expected no such argument (known: a, b), got INT 2",
    ]


def test_clause_8_1_a_key_with_a_default_may_be_missing() -> None:
    checker = compile_checker(arguments(leaf("INT", "a", has_default=True, default=1)), ARGUMENT)
    assert checker.check({}) == []


def test_clause_8_4_null_fits_nullable_ports() -> None:
    checker = compile_checker(arguments(list_of(leaf("INT", "item", nullable=True))), ARGUMENT)
    assert checker.check({"x": [None, 1]}) == []
    assert said(checker.check({"x": ["a"]})) == ["x[0]: expected INT or null, got STRING 'a'"]


def test_all_failures_come_together_with_paths() -> None:
    tree = list_of(model(leaf("INT", "a"), list_of(leaf("STRING", "item"), "b"), key="item"))
    failures = compile_checker(arguments(tree), ARGUMENT).check(
        {"x": [{"a": 1, "b": ["c", 1]}, {"a": "1", "b": []}]}
    )
    assert [failure.path for failure in failures] == ["x[0].b[1]", "x[1].a"]


def test_failures_are_bounded() -> None:
    checker = compile_checker(arguments(list_of(leaf("INT", "item"))), ARGUMENT)
    assert len(checker.check({"x": ["a"] * 100_000})) == 20
    assert len(checker.check({str(key): 1 for key in range(1000)})) == 20


def test_texts_in_failures_are_short() -> None:
    failures = compile_checker(arguments(leaf("INT")), ARGUMENT).check({"x": "y" * 10**6})
    assert len(str(failures[0])) < 100


def test_a_kind_of_a_newer_version_is_refused() -> None:
    with pytest.raises(DefinitionError, match="'x' is of kind TENSOR, which this version does not"):
        compile_checker(arguments(leaf("TENSOR")), ARGUMENT)


def test_json_may_not_nest_deeper_than_a_frame() -> None:
    value: list[Any] = []
    for _ in range(64):
        value = [value]
    assert compile_checker(arguments(leaf("JSON")), ARGUMENT).check({"x": value})
