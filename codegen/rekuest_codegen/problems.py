"""Everything that can be wrong with a schema, documents or settings, collected before it is told.

Each step adds what it finds to one `Report`; the command prints all of it at once, sorted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from graphql import GraphQLError, Node, Source, get_location

__all__ = ["CodegenError", "Problem", "Report"]


@dataclass(frozen=True, order=True)
class Problem:
    """One thing to mend, where it is and how."""

    path: str  # relative to the settings' folder where possible
    line: int  # from 1; 0 if the problem has no place in a file
    column: int
    message: str  # a lower-case clause
    fix: str = ""  # what to do; empty where the message says it

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}:{self.column}" if self.line else self.path
        return f"{place}: {self.message}" + (f"\n    fix: {self.fix}" if self.fix else "")


class CodegenError(Exception):
    """Nothing was written; `problems` says why, sorted by place."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: Sequence[Problem] = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass
class Report:
    """The errors and warnings of one run."""

    root: Path  # paths are told relative to it
    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def shown(self, path: str | Path) -> str:
        """Return a path as people want to read it: relative to the root if it is below."""
        try:
            return Path(path).relative_to(self.root).as_posix()
        except ValueError:
            return str(path)

    def at(self, source: Source | None, position: int, message: str, fix: str = "") -> Problem:
        """Make a problem at a position of a source."""
        if source is None:
            return Problem("schema", 0, 0, message, fix)
        location = get_location(source, position)
        return Problem(self.shown(source.name), location.line, location.column, message, fix)

    def at_node(self, node: Node | None, message: str, fix: str = "") -> Problem:
        """Make a problem at the start of a syntax node; without one it has no place."""
        if node is None or node.loc is None:
            return Problem("schema", 0, 0, message, fix)
        return self.at(node.loc.source, node.loc.start, message, fix)

    def of_error(self, error: GraphQLError, fix: str = "") -> Problem:
        """Make a problem of graphql-core's error, at its first place; the others are named."""
        told, _, meant = error.message.partition(" Did you mean ")
        message, fix = _clause(told), f"did you mean {meant}" if meant else fix
        places = [node for node in error.nodes or () if node.loc is not None]
        if not places:
            position = next(iter(error.positions or ()), 0)
            return self.at(error.source, position, message, fix)
        others = [self.at_node(node, "") for node in places[1:]]
        if others:
            listed = ", ".join(f"{o.path}:{o.line}:{o.column}" for o in others)
            message = f"{message} (also {listed})"
        return self.at_node(places[0], message, fix)

    def raise_errors(self) -> None:
        """Stop if there is an error.

        Raises:
            CodegenError: With every error found so far.
        """
        if self.errors:
            raise CodegenError(self.errors)


def _clause(message: str) -> str:
    text = message.strip().removesuffix(".").replace("Syntax Error: ", "syntax error: ", 1)
    return text[:1].lower() + text[1:] if text[1:2].islower() else text
