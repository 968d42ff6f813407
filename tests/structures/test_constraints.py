"""Constraints as data: what each takes, and where it cannot stand."""

from __future__ import annotations

from typing import Any

import pytest

from rekuest.api.enums import ConstraintKind
from rekuest.errors import DefinitionError
from rekuest.structures.check import compile_checker
from rekuest.structures.constraints import _CONSTRAINTS

from .trees import ARGUMENT, arguments, constrained, said

TABLE: list[tuple[str, dict[str, Any], Any, str | None]] = [
    ("INT", {"GT": 1}, 2, None),
    ("INT", {"GT": 1}, 1, "x: expected greater than 1, got INT 1"),
    ("INT", {"GE": "9007199254740993"}, "9007199254740993", None),
    ("INT", {"LE": 5}, "9007199254740993", "x: expected at most 5, got STRING '9007199254740993'"),
    ("FLOAT", {"LT": 1.5}, 1.5, "x: expected less than 1.5, got FLOAT 1.5"),
    ("FLOAT", {"GE": 0, "LE": 1}, 1, None),
    ("INT", {"MULTIPLE_OF": 3}, 9, None),
    ("INT", {"MULTIPLE_OF": 3}, 10, "x: expected a multiple of 3, got INT 10"),
    ("FLOAT", {"MULTIPLE_OF": 0.1}, 0.3, None),
    ("DECIMAL", {"MULTIPLE_OF": "0.25"}, "1.5", None),
    ("DECIMAL", {"GT": "1.50"}, "1.5", "x: expected greater than 1.50, got STRING '1.5'"),
    ("DATE", {"GE": "2026-01-01"}, "2026-01-01", None),
    ("DATETIME", {"LT": "2026-01-01T00:00:00+00:00"}, "2026-01-01T00:30:00+01:00", None),
    (
        "DATETIME",
        {"LT": "2026-01-01T00:00:00+00:00"},
        "2025-01-01T00:00:00",
        "x: expected less than 2026-01-01T00:00:00+00:00, got STRING '2025-01-01T00:00:00'",
    ),
    ("DURATION", {"LE": 60}, 60.0, None),
    ("STRING", {"MIN_LENGTH": 2}, "é😀", None),
    ("STRING", {"MIN_LENGTH": 3}, "é😀", "x: expected at least 3 long, got STRING 'é😀'"),
    ("BYTES", {"MAX_LENGTH": 3}, "AAAA", None),
    ("LIST", {"MAX_LENGTH": 1}, [1, 2], "x: expected at most 1 long, got LIST of 2"),
    ("STRING", {"PATTERN": "[a-z]+"}, "abc", None),
    ("STRING", {"PATTERN": "[a-z]+"}, "abc1", "x: expected a text that matches '[a-z]+', got STRING 'abc1'"),
    ("DATETIME", {"TIMEZONE": None}, "2026-01-01T00:00:00", None),
    ("DATETIME", {"TIMEZONE": "..."}, "2026-01-01T00:00:00Z", None),
    ("DATETIME", {"TIMEZONE": "UTC"}, "2026-01-01T00:00:00+00:00", None),
    (
        "DATETIME",
        {"TIMEZONE": "UTC"},
        "2026-01-01T00:00:00+01:00",
        "x: expected an instant of time zone UTC, got STRING '2026-01-01T00:00:00+01:00'",
    ),
    (
        "DATETIME",
        {"TIMEZONE": "..."},
        "2026-01-01T00:00:00",
        "x: expected an instant of time zone ..., got STRING '2026-01-01T00:00:00'",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "bounds", "value", "failure"), TABLE)
def test_constraints_are_enforced(
    kind: str, bounds: dict[str, Any], value: Any, failure: str | None
) -> None:
    checker = compile_checker(arguments(constrained(kind, **bounds)), ARGUMENT)
    assert said(checker.check({"x": value})) == ([] if failure is None else [failure])


@pytest.mark.parametrize(
    ("kind", "bounds", "reason"),
    [
        ("BOOL", {"GT": True}, "values of kind BOOL have no order"),
        ("INT", {"GT": "5"}, "its bound '5' is not of kind INT"),
        ("STRING", {"MULTIPLE_OF": 1}, "values of kind STRING have no multiples"),
        ("INT", {"MULTIPLE_OF": 0}, "its bound is 0"),
        ("INT", {"MIN_LENGTH": 1}, "values of kind INT have no length"),
        ("STRING", {"MIN_LENGTH": -1}, "its bound -1 is not a whole number from 0"),
        ("INT", {"PATTERN": "a"}, "it needs a text, and a port of kind STRING"),
        ("STRING", {"PATTERN": "("}, "pattern '(', character 2: a `)` is missing"),
        ("DATETIME", {"TIMEZONE": "../../etc/passwd"}, "'../../etc/passwd' is no time zone"),
        ("INT", {"PRIME": None}, "this version does not know it; upgrade rekuest"),
    ],
)
def test_constraints_that_cannot_stand_are_refused(
    kind: str, bounds: dict[str, Any], reason: str
) -> None:
    with pytest.raises(DefinitionError) as refused:
        compile_checker(arguments(constrained(kind, **bounds)), ARGUMENT)
    assert str(refused.value).endswith(f"of port 'x' cannot stand: {reason}")


def test_every_constraint_of_the_schema_is_checked() -> None:
    assert set(_CONSTRAINTS) == set(ConstraintKind)
