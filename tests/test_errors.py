"""The tree of errors: drawn whole, named alike."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import rekuest.errors

PACKAGE = Path(rekuest.errors.__file__).parent


def classes() -> dict[str, set[str]]:
    """Return {class: names of its bases} of everything in the package."""
    found: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                found[node.name] = {base.id for base in node.bases if isinstance(base, ast.Name)}
    return found


def descendants(root: str) -> set[str]:
    """Return the names of all classes below one, private ones left out."""
    every = classes()
    found = {root}
    while more := {name for name, bases in every.items() if bases & found} - found:
        found |= more
    return {name for name in found if not name.startswith("_")}


def test_the_tree_is_drawn_whole() -> None:
    drawn = re.findall(r"^    (?:.*── )?(\w+Error)\b", rekuest.errors.__doc__ or "", re.MULTILINE)
    assert sorted(drawn) == sorted(descendants("RekuestError"))


def test_names_end_in_error() -> None:
    assert [name for name in descendants("RekuestError") if not name.endswith("Error")] == []
