"""Patterns: what Python's `re` says, in bounded time."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rekuest.structures.pattern import compile_pattern

PATTERNS = [
    "",
    "a*b",
    "(a|b)*abb",
    "[a-c]+x?",
    r"^\d{2,4}-\w+$",
    "(?:ab){2}",
    "a{2,}",
    "[^a]b",
    r"\.",
    "(a*)*b",
    "a|",
    r"[\d-]+",
    "^a|b$",
    "a{0,3}?",
    "[-a]",
    r"\x61\u0062",
    r"\S\s?",
]


@given(st.sampled_from(PATTERNS), st.text("ab1-xc. \n", max_size=8))
def test_patterns_match_as_in_re(pattern: str, text: str) -> None:
    assert compile_pattern(pattern)(text) is bool(re.fullmatch(pattern, text, re.ASCII))


def test_an_exponential_pattern_is_not_slow() -> None:
    assert not compile_pattern("(a|a)*(a*)*b")("a" * 50_000 + "b!")


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(a", "character 3: a `)` is missing"),
        ("a)", "character 2: there is a `)` too many"),
        ("a**", "character 3: a repeat is repeated; put a group around it"),
        (r"a\b", "character 4: `\\b` is not common to all languages"),
        ("(?i)a", "character 4: only `(...)` and `(?:...)` are common to all languages"),
        ("[b-a]", "character 5: the range `b-a` is swapped"),
        ("a{3,1}", "character 7: the bounds of the repeat are swapped"),
        ("a{,3}", "character 2: `{` cannot stand here; write `\\{` for the character"),
        ("[", "character 2: it ends too early"),
        ("[]", "character 3: `[]` holds nothing"),
        (r"\xzz", "character 5: `zz` is not hexadecimal"),
        ("a^b", "character 2: `^` cannot stand here; write `\\^` for the character"),
        ("(" * 60 + ")" * 60, "character 51: more than 50 groups in each other"),
        ("((){1000}){1000}", "character 17: the pattern is too large; repeat less"),
        ("a" * 1001, "the pattern is longer than 1000 characters"),
    ],
)
def test_other_syntax_is_refused_with_its_place(pattern: str, reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason) + "$"):
        compile_pattern(pattern)


def test_a_text_too_long_for_its_pattern_does_not_match() -> None:
    matches = compile_pattern("a{900}c*")
    assert matches("a" * 900 + "c" * 100)
    assert not matches("a" * 900 + "c" * 100_000)
