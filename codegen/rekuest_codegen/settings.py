"""The table `[tool.rekuest-codegen]` of a pyproject.toml, checked key by key."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rekuest_codegen.problems import CodegenError, Problem

__all__ = ["Scalar", "Settings", "read_settings"]

TABLE = "rekuest-codegen"


@dataclass(frozen=True)
class Scalar:
    """What a custom scalar is in Python."""

    type: str  # a Python type expression with dotted names: "datetime.datetime"
    parse: str | None = None  # dotted path of a function: JSON value -> Python value
    serialize: str | None = None  # dotted path of a function: Python value -> JSON value


@dataclass(frozen=True)
class Settings:
    """One client package to generate."""

    root: Path  # folder of the settings file; every path below is relative to it
    schema: tuple[str, ...]  # files, folders, URLs or module:attribute paths
    output: str  # folder of the package that is written
    documents: tuple[str, ...] = ()  # files, folders or globs
    runtime: str | None = None  # module that gives Operation, execute…; None: written beside
    wire_unions: tuple[str, ...] = ()  # unions whose members are written to wire.py
    sdl: str | None = None  # file name of the merged SDL in the output
    enums: str = "used"  # "used" or "all"
    schema_errors: str = "warn"  # "warn" or "error": many real schemas break a rule
    deprecations: str = "warn"  # "warn", "error" or "ignore": what documents use
    headers: Mapping[str, str] = field(default_factory=dict)  # for URLs; "$NAME": environment
    scalars: Mapping[str, Scalar] = field(default_factory=dict)


def read_settings(path: Path) -> Settings:
    """Read the settings of one file.

    Raises:
        CodegenError: There is no such file or table, or keys or values are wrong: all are named.
    """
    try:
        text = path.read_text(encoding="utf-8")
        table = tomllib.loads(text).get("tool", {}).get(TABLE)
    except OSError as exc:
        fix = "run from the project's folder, or give --config"
        problem = Problem(str(path), 0, 0, f"cannot read settings: {exc.strerror}", fix)
        raise CodegenError([problem]) from exc
    except tomllib.TOMLDecodeError as exc:
        raise CodegenError([Problem(str(path), 0, 0, f"not TOML: {exc}")]) from exc
    if table is None:
        fix = f"add the table with at least `schema` and `output`: [tool.{TABLE}]"
        raise CodegenError([Problem(str(path), 0, 0, f"no table [tool.{TABLE}]", fix)])
    return _Reader(path, text).settings(table)


class _Reader:
    """Checks one table, collecting every problem."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._lines = text.splitlines()
        self._problems: list[Problem] = []

    def settings(self, table: Mapping[str, Any]) -> Settings:
        readers = _READERS
        for key in table.keys() - readers.keys():
            self._problem(key, f"unknown key {key!r}", f"known keys: {', '.join(sorted(readers))}")
        for key in ("schema", "output"):
            if key not in table:
                self._problem("", f"key {key!r} is missing", f'add {key} = "…"')
        values = {key: read(self, key, table[key]) for key, read in readers.items() if key in table}
        if self._problems:
            raise CodegenError(self._problems)
        return Settings(root=self._path.resolve().parent, **values)

    def text(self, key: str, value: object) -> str:
        if not isinstance(value, str) or not value:
            self._problem(key, f"{key!r} must be a text, not {value!r}")
            return ""
        return value

    def texts(self, key: str, value: object) -> tuple[str, ...]:
        listed = [value] if isinstance(value, str) else value
        if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
            self._problem(key, f"{key!r} must be a text or a list of texts, not {value!r}")
            return ()
        return tuple(listed)

    def choice(self, key: str, value: object) -> str:
        choices = _CHOICES[key]
        if value not in choices:
            self._problem(key, f"{key!r} must be one of {', '.join(choices)}, not {value!r}")
        return str(value)

    def headers(self, key: str, value: object) -> dict[str, str]:
        return {name: self.text(name, item) for name, item in self._table(key, value).items()}

    def scalars(self, key: str, value: object) -> dict[str, Scalar]:
        return {name: self._scalar(name, item) for name, item in self._table(key, value).items()}

    def _scalar(self, name: str, value: object) -> Scalar:
        given = {"type": value} if isinstance(value, str) else self._table(name, value)
        for key in given.keys() - {"type", "parse", "serialize"}:
            self._problem(key, f"unknown key {key!r} of scalar {name!r}", "type, parse, serialize")
        if "type" not in given:
            self._problem(name, f"scalar {name!r} has no type", 'add type = "…"')
        texts = {key: self.text(key, given.get(key, "typing.Any")) for key in ("type",)}
        if not _is_expression(texts["type"]):
            self._problem(name, f"type {texts['type']!r} of scalar {name!r} is no Python type")
        hooks = {key: self.text(key, given[key]) for key in ("parse", "serialize") if key in given}
        return Scalar(**texts, **hooks)

    def _table(self, key: str, value: object) -> Mapping[str, object]:
        if isinstance(value, Mapping):
            return value
        self._problem(key, f"{key!r} must be a table, not {value!r}")
        return {}

    def _problem(self, key: str, message: str, fix: str = "") -> None:
        line = self._line(key)
        column = 1 if line else 0
        self._problems.append(Problem(str(self._path), line, column, message, fix))

    def _line(self, key: str) -> int:
        inside = False
        for number, line in enumerate(self._lines, 1):
            stripped = line.strip()
            if stripped.startswith("["):
                inside = stripped.startswith(f"[tool.{TABLE}")
                if inside and (not key or stripped.strip("[]").endswith(f".{key}")):
                    return number
            elif inside and key and stripped.split("=")[0].strip().strip("\"'") == key:
                return number
        return 0


def _is_expression(text: str) -> bool:
    try:
        ast.parse(text, mode="eval")
    except SyntaxError:
        return False
    return True


_CHOICES = {
    "enums": ("used", "all"),
    "schema_errors": ("warn", "error"),
    "deprecations": ("warn", "error", "ignore"),
}

_READERS: dict[str, Callable[[_Reader, str, object], Any]] = {
    "schema": _Reader.texts,
    "documents": _Reader.texts,
    "output": _Reader.text,
    "runtime": _Reader.text,
    "wire_unions": _Reader.texts,
    "sdl": _Reader.text,
    "enums": _Reader.choice,
    "schema_errors": _Reader.choice,
    "deprecations": _Reader.choice,
    "headers": _Reader.headers,
    "scalars": _Reader.scalars,
}
