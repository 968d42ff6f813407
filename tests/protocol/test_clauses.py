"""Each numbered clause of PROTOCOL.md has a test that is named after it, somewhere under `tests/`."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
CLAUSE = re.compile(r"^- \*\*(\d+)\.(\d+)\*\* ", re.MULTILINE)
TEST = re.compile(r"^ *(?:async )?def test_clause_(\d+)_(\d+)(?=[_(])", re.MULTILINE)


def test_every_clause_has_a_test() -> None:
    clauses = set(CLAUSE.findall((TESTS.parent / "schema" / "PROTOCOL.md").read_text()))
    tested = {
        number for path in TESTS.rglob("test_*.py") for number in TEST.findall(path.read_text())
    }
    assert len(clauses) > 40
    assert sorted(".".join(number) for number in clauses - tested) == []
    assert sorted(".".join(number) for number in tested - clauses) == []
