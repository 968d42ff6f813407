"""Many files as one schema."""

from pathlib import Path

from graphql import build_schema, parse

from rekuest_codegen.problems import Report
from rekuest_codegen.sdl import fold, print_sdl


def merged(text: str) -> str:
    report = Report(Path("."))
    sdl = print_sdl(fold(parse(text), report))
    assert report.errors == []
    return sdl


def test_extensions_are_folded() -> None:
    sdl = merged("extend type Query { b: Int }\ntype Query { a: Int }")
    assert "type Query {\n  a: Int\n  b: Int\n}" in sdl
    assert "extend" not in sdl


def test_extension_without_definition_becomes_it() -> None:
    sdl = merged("extend type Query { a: E }\nextend enum E { X }\nextend schema { query: Query }")
    assert "extend" not in sdl
    assert build_schema(sdl).query_type is not None


def test_descriptions_and_directives_are_kept() -> None:
    sdl = merged('"About." type Query { "Of a." a: Int @deprecated(reason: "old") }')
    assert '"About."\ntype Query {\n  "Of a."\n  a: Int @deprecated(reason: "old")' in sdl


def test_order_does_not_depend_on_files() -> None:
    one, two = "type B { x: Int }", "type A { x: Int }\ntype Query { a: A b: B }"
    assert merged(f"{one}\n{two}") == merged(f"{two}\n{one}")
    assert merged(two + one).index("type Query") < merged(two + one).index("type A")
