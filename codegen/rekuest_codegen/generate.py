"""From settings to the files of a package, all in memory: load, check, model, render, format."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from graphql import (
    FragmentDefinitionNode,
    GraphQLEnumType,
    GraphQLSchema,
)

from rekuest_codegen.check import (
    build_schema,
    check_documents,
    check_sent,
    check_wire_unions,
)
from rekuest_codegen.collect import Collector
from rekuest_codegen.functions import Functions
from rekuest_codegen.inputs import input_module
from rekuest_codegen.load import Loaded, load_documents, load_schema
from rekuest_codegen.problems import CodegenError, Problem, Report
from rekuest_codegen.render import Package, render
from rekuest_codegen.results import Results
from rekuest_codegen.sdl import fold, print_sdl
from rekuest_codegen.sent import sent_documents, with_typenames
from rekuest_codegen.settings import Settings
from rekuest_codegen.symbols import Symbols
from rekuest_codegen.wire import wire_module
from rekuest_codegen.write import MANIFEST, formatted

__all__ = ["Generated", "generate"]


@dataclass(frozen=True)
class Generated:
    """The files of one package, and what is worth knowing about them."""

    folder: Path
    files: Mapping[str, str]  # {path in the folder: text}, the manifest included
    warnings: tuple[Problem, ...]


def generate(settings: Settings) -> Generated:
    """Generate a package in memory.

    Raises:
        CodegenError: Schema or documents are wrong; every problem of every file is in it.
    """
    report = Report(settings.root)
    of_documents = Report(settings.root)
    documents = load_documents(settings, of_documents)
    sources = load_schema(settings, report)
    folded = fold(sources.document, report)
    try:
        schema = build_schema(folded, settings, report)
    except CodegenError as exc:
        raise CodegenError([*exc.problems, *of_documents.errors]) from exc
    check_wire_unions(schema, settings, report)
    is_whole = not of_documents.errors
    report.errors += of_documents.errors
    check_documents(schema, documents.document, settings, report, is_whole=is_whole)
    report.raise_errors()
    package, renamed = _package(schema, documents, settings, report)
    report.raise_errors()
    files = formatted(render(package))
    if settings.sdl is not None:
        files[settings.sdl] = print_sdl(folded)
    inputs = {**sources.sha256, **documents.sha256}
    files[MANIFEST] = _manifest(files, inputs, package, renamed)
    warnings = tuple(sorted(set(report.warnings)))
    return Generated(settings.root / settings.output, files, warnings)


def _package(
    schema: GraphQLSchema, documents: Loaded, settings: Settings, report: Report
) -> tuple[Package, dict[str, str]]:
    complete = with_typenames(schema, documents.document)
    check_sent(schema, complete, report)
    report.raise_errors()
    symbols = Symbols(schema, settings, report)
    fragments = {
        node.name.value: node
        for node in complete.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    collector = Collector(schema, fragments)
    results = Results(schema, collector, symbols)
    for name in sorted(fragments):
        results.fragment(name)
    operations = Functions(schema, collector, symbols, results)
    functions = [operations.add(sent) for sent in sent_documents(complete)]
    wire = wire_module(schema, settings.wire_unions, symbols) if settings.wire_unions else None
    if settings.enums == "all":
        _use_all_enums(schema, symbols)
    package = Package(
        settings=settings,
        inputs=input_module(symbols),
        modules=results.modules,
        operations=operations.module,
        functions=functions,
        wire=wire,
        enums=symbols.enumerations(),
        scalars=symbols.scalars,
    )
    return package, symbols.public.renamed


def _use_all_enums(schema: GraphQLSchema, symbols: Symbols) -> None:
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLEnumType) and not type_.name.startswith("__"):
            symbols.use_enum(type_)


def _manifest(
    files: Mapping[str, str],
    inputs: Mapping[str, str],
    package: Package,
    renamed: Mapping[str, str],
) -> str:
    operations = {
        function.operation: {"kind": function.kind, "sha256": function.sha256}
        for function in package.functions
    }
    content = {
        "generator": "rekuest-codegen",
        "files": sorted([*files, MANIFEST]),
        "inputs": dict(sorted(inputs.items())),
        "operations": operations,
        "renamed": dict(sorted(renamed.items())),
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
