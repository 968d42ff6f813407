"""Reads schemas and documents from wherever the settings say, keeping each file as a source.

Every definition knows its file, so later problems can name it.  Remote schemas and import paths
come through ariadne-codegen, which is imported only when a source needs it: that takes a while.
"""

from __future__ import annotations

import gc
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLSchema,
    GraphQLSyntaxError,
    Source,
    build_client_schema,
    parse,
    print_schema,
)

from rekuest_codegen.problems import Problem, Report
from rekuest_codegen.settings import Settings

__all__ = ["Loaded", "load_documents", "load_schema"]

SUFFIXES = (".graphql", ".graphqls", ".gql")
NOTHING = DocumentNode(definitions=())


@dataclass
class Loaded:
    """The definitions of several files as one document, and what they were read from."""

    document: DocumentNode = NOTHING
    sha256: dict[str, str] = field(default_factory=dict)  # {shown path: hash of its text}


def load_schema(settings: Settings, report: Report) -> Loaded:
    """Read and parse every schema source; problems go to the report."""
    return _load(settings.schema, settings, report, "schema")


def load_documents(settings: Settings, report: Report) -> Loaded:
    """Read and parse every file of documents; problems go to the report."""
    return _load(settings.documents, settings, report, "documents")


def _load(patterns: tuple[str, ...], settings: Settings, report: Report, what: str) -> Loaded:
    loaded = Loaded()
    parts: list[DocumentNode] = []
    with _collector_off():
        for pattern in patterns:
            for name, text in _texts(pattern, settings, report, what):
                if name in loaded.sha256:
                    continue
                loaded.sha256[name] = hashlib.sha256(text.encode()).hexdigest()
                parts.append(_parse(text, name, report))
    loaded.document = DocumentNode(
        definitions=tuple(node for part in parts for node in part.definitions)
    )
    return loaded


def _texts(
    pattern: str, settings: Settings, report: Report, what: str
) -> Iterator[tuple[str, str]]:
    if pattern.startswith(("http://", "https://")):
        yield from _attempt(pattern, report, lambda: [(pattern, _remote(pattern, settings))])
        return
    paths = _paths(pattern, settings.root)
    if not paths and what == "schema" and "/" not in pattern and "." in pattern:
        paths = _attempt(pattern, report, lambda: _imported(pattern))
    elif not paths:
        fix = f"correct `{what}` in the settings"
        report.errors.append(Problem(pattern, 0, 0, f"no such file or folder of {what}", fix))
    for path in paths:
        for _, text in _attempt(report.shown(path), report, lambda p=path: [("", _read(p))]):  # type: ignore[misc]  # mypy cannot type a default of a lambda
            yield report.shown(path), text


def _attempt(source: str, report: Report, read: Callable[[], list[Any]]) -> list[Any]:
    """Run a reader; whatever a file, a server or ariadne-codegen raises becomes one problem."""
    try:
        return read()
    except Exception as exc:  # noqa: BLE001  # its own tree, httpx's and the importer's
        report.errors.append(Problem(source, 0, 0, f"cannot be read: {exc}"))
        return []


def _paths(pattern: str, root: Path) -> list[Path]:
    path = root / pattern
    if path.is_dir():
        return sorted(p for p in path.rglob("*") if p.suffix in SUFFIXES and p.is_file())
    if path.is_file():
        return [path]
    if any(sign in pattern for sign in "*?["):
        return sorted(p for p in root.glob(pattern) if p.is_file())
    return []


def _read(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".json":
        return text
    answer = json.loads(text)
    return print_schema(build_client_schema(answer.get("data", answer)))


def _remote(url: str, settings: Settings) -> str:
    sources = import_module("ariadne_codegen.schema")
    resolve = import_module("ariadne_codegen.settings").resolve_headers
    schema: GraphQLSchema = sources.get_graphql_schema_from_url(
        url=url, config_dict={}, headers=resolve(dict(settings.headers))
    )
    return print_schema(schema)


def _imported(pattern: str) -> list[Path]:
    found: list[Path] = import_module("ariadne_codegen.schema").resolve_schema_paths([pattern])
    return found


def _parse(text: str, name: str, report: Report) -> DocumentNode:
    if not any(line.strip() and not line.strip().startswith("#") for line in text.splitlines()):
        return NOTHING  # a file that is empty or all comments is legal here
    try:
        return parse(Source(text, name))
    except GraphQLSyntaxError as exc:
        report.errors.append(report.of_error(exc))
        return NOTHING


@contextmanager
def _collector_off() -> Iterator[None]:
    """Syntax trees are big and live on: collecting while parsing doubles the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
