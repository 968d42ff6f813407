"""Turns the intermediate representation into the text of modules, with the templates."""

from __future__ import annotations

import ast
import json
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined

from rekuest_codegen.ir import Enumeration, Function, Module
from rekuest_codegen.settings import Scalar, Settings
from rekuest_codegen.wire import Wire

__all__ = ["Package", "render"]

WIDTH = 96
# Lines that are not joined with the one before: indented, lists, headings, quotes, tables, code.
_VERBATIM = re.compile(r"\s|[-*+#>|]|\d+[.)]\s|```")
HOOKED = "_t.Annotated"


@dataclass(frozen=True)
class Package:
    """Everything that one output package is made of."""

    settings: Settings
    enums: Sequence[Enumeration]
    scalars: Mapping[str, Scalar]
    inputs: Module
    modules: Sequence[Module]  # fragments and results
    operations: Module
    functions: Sequence[Function]
    wire: Wire | None


def render(package: Package) -> dict[str, str]:
    """Return {path in the package: text}, not yet formatted."""
    environment = _environment()
    runtime = package.settings.runtime

    def text(template: str, **values: object) -> str:
        dots = ".." if getattr(values.get("module"), "path", "").count(".") else "."
        values |= {"dots": dots, "runtime": runtime or f"{dots}_runtime"}
        return environment.get_template(template).render(values)

    files = {
        "__init__.py": text("package.py.j2", exports=_exports(package)),
        "models.py": text("models.py.j2"),
        "operations.py": text(
            "operations.py.j2",
            module=package.operations,
            functions=package.functions,
            needs_abc=_needs_abc(package.functions),
        ),
    }
    if package.enums:
        files["enums.py"] = text("enums.py.j2", enums=package.enums)
    if package.scalars:
        files["scalars.py"] = text("scalars.py.j2", **_scalars(package.scalars))
    if package.inputs.items:
        files["inputs.py"] = text("module.py.j2", module=package.inputs)
    for module in package.modules:
        path = module.path.replace(".", "/") + ".py"
        files[path] = text("module.py.j2", module=module)
    for folder, doc in (("fragments", "Fragments."), ("results", "Results of operations.")):
        if any(path.startswith(f"{folder}/") for path in files):
            files[f"{folder}/__init__.py"] = f'"""{doc}"""\n'
    if package.wire is not None:
        files["wire.py"] = text("wire.py.j2", wire=package.wire, module=package.wire.module)
    if runtime is None:
        files["_runtime.py"] = text("runtime.py.j2")
    return files


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("rekuest_codegen"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701  # Python, not HTML
    )
    environment.filters["docstring"] = docstring
    environment.filters["literal"] = literal
    environment.filters["block"] = block
    environment.globals["function_doc"] = function_doc
    environment.globals["parameters"] = parameters
    environment.globals["import_lines"] = import_lines
    return environment


def literal(text: str) -> str:
    """Return a Python string literal in double quotes."""
    return json.dumps(text, ensure_ascii=False)


def block(text: str) -> str:
    """Return a triple-quoted literal that evaluates to the text, whatever it holds."""
    escaped = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    if escaped.endswith('"'):
        escaped = escaped[:-1] + '\\"'
    return f'"""{escaped}"""'


def docstring(text: str, indent: int = 4) -> str:
    """Return a docstring, wrapped and indented; its first line is where the quotes are."""
    return _quoted(_wrap(text.strip(), WIDTH - indent), indent)


def _quoted(lines: Sequence[str], indent: int = 4) -> str:
    body = "\n".join(lines)
    text = block(body if len(lines) == 1 else f"{body}\n")
    return textwrap.indent(text, " " * indent).strip()


def _wrap(text: str, width: int) -> list[str]:
    """Return the lines of a text: paragraphs are filled anew, lists and code stay as they are."""
    lines: list[str] = []
    may_join = False
    for line in text.splitlines():
        is_prose = bool(line.strip()) and not _VERBATIM.match(line)
        if is_prose and may_join:
            lines[-1] += f" {line.strip()}"
        else:
            lines.append(line.rstrip())
        may_join = is_prose
    return [part for line in lines for part in _fill(line, width)]


def _fill(line: str, width: int) -> list[str]:
    margin = line[: len(line) - len(line.lstrip())]
    filled = textwrap.wrap(
        line.strip(),
        width,
        initial_indent=margin,
        subsequent_indent=margin,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return filled or [""]


def function_doc(function: Function, yields: bool) -> str:
    """Return the docstring of a function, in Google's form."""
    lines = [*_wrap(function.doc, WIDTH - 4), "", "Args:"]
    for argument in function.arguments:
        lines += _entry(argument.name, argument.doc)
    lines += _entry("client", "Who sends it; the current client if it is left out.")
    lines += ["", "Yields:" if yields else "Returns:"]
    lines += [f"    {line}" for line in _wrap(function.returns_doc, WIDTH - 8)]
    return _quoted(lines)


def _entry(name: str, doc: str) -> list[str]:
    text = " ".join(doc.split())
    return textwrap.wrap(
        f"{name}: {text}".strip(),
        WIDTH - 4,
        initial_indent=" " * 4,
        subsequent_indent=" " * 8,
        break_long_words=False,
        break_on_hyphens=False,
    )


def parameters(function: Function) -> str:
    """Return a function's parameters: a single required one may be positional."""
    required = sum(argument.is_required for argument in function.arguments)
    parts = [
        f"{a.name}: {a.annotation}" + ("" if a.is_required else " | _UnsetType = _UNSET")
        for a in function.arguments
    ]
    parts.insert(1 if required == 1 else 0, "*")
    return ", ".join([*parts, "client: _Client | None = None"])


def import_lines(imports: Iterable[str], dots: str) -> list[str]:
    """Return the lines that import modules of the package, each under its private name."""
    lines = []
    for path in sorted(imports):
        folder, _, name = path.rpartition(".")
        lines.append(f"from {dots}{folder} import {name} as _{path.replace('.', '_')}")
    return lines


def _needs_abc(functions: Iterable[Function]) -> bool:
    return any(
        function.kind == "subscription"
        or any("_abc." in argument.annotation for argument in function.arguments)
        for function in functions
    )


def _scalars(scalars: Mapping[str, Scalar]) -> dict[str, object]:
    """Return what the template of scalars needs: modules to import, {name: type}."""
    modules: set[str] = set()
    types: dict[str, str] = {}
    for name, scalar in sorted(scalars.items()):
        hooks = []
        if scalar.parse is not None:
            hooks.append(f"_p.BeforeValidator({scalar.parse})")
        if scalar.serialize is not None:
            hooks.append(f"_p.PlainSerializer({scalar.serialize})")
        text = f"{HOOKED}[{', '.join([scalar.type, *hooks])}]" if hooks else scalar.type
        types[name] = text
        modules |= set(_modules(text)) - {"_t", "_p"}
    return {"modules": sorted(modules), "types": types, "is_hooked": HOOKED in str(types)}


def _modules(expression: str) -> Iterable[str]:
    """Yield the modules of every dotted name of an expression: all but its last part."""
    for node in ast.walk(ast.parse(expression, mode="eval")):
        if isinstance(node, ast.Attribute):
            dotted = ast.unparse(node.value)
            if dotted.replace(".", "").replace("_", "").isalnum():
                yield dotted


def _exports(package: Package) -> list[tuple[str, str]]:
    """Return (public name, module) of everything that the package gives, ordered by name."""
    runtime = package.settings.runtime or "._runtime"
    found = [("UNSET", runtime)]
    if package.settings.runtime is None:
        found.append(("Client", runtime))
    found += [(enum.name, ".enums") for enum in package.enums]
    for module in (package.inputs, *package.modules):
        found += [(item.name, f".{module.path}") for item in module.items]
    for function in package.functions:
        found += [(function.name, ".operations"), (f"a{function.name}", ".operations")]
    hidden = {f.variables_model for f in package.functions}
    return sorted(pair for pair in found if pair[0] not in hidden)
