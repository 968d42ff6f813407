"""Holds modules to the import rules that a graph of packages cannot express.

Three rules, one line for each breach; run by `python -m tools.check_imports`:

- *pure*: the packages in `PURE` do no I/O, start no task and read no clock.
- *cycle*: no import inside a function or under TYPE_CHECKING that hides a cycle.  A deferred
  import that does not lead back is fine (it saves start-up time), and so is a lazy `__init__`.
- *banned*: nothing that runs text or unpickles bytes in what ships.
"""

from __future__ import annotations

import argparse
import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.sources import PRODUCT, ROOT, is_within, python_files

PURE = ("rekuest/protocol", "rekuest/structures", "rekuest/definition", "rekuest/server/domain")

# What a pure package may not import: tasks, threads, processes, clocks, sockets, stores.
IMPURE_MODULES = frozenset(
    {
        "aiosqlite",
        "anyio",
        "asyncio",
        "asyncpg",
        "concurrent",
        "http",
        "httpx",
        "multiprocessing",
        "nats",
        "random",
        "requests",
        "sched",
        "select",
        "selectors",
        "signal",
        "socket",
        "socketserver",
        "sqlalchemy",
        "sqlite3",
        "ssl",
        "starlette",
        "subprocess",
        "tempfile",
        "threading",
        "time",
        "trio",
        "urllib",
        "uvicorn",
        "websockets",
    }
)
# A `Random` that is passed in is the caller's state, and parsing a URL opens nothing.
PURE_EXCEPTIONS = ("random.Random", "urllib.parse")
IMPURE_CALLS = frozenset(
    {
        "open",
        "input",
        "print",
        "date.today",
        "datetime.now",
        "datetime.today",
        "datetime.utcnow",
        "uuid.uuid1",
        "uuid.uuid4",
        "uuid1",
        "uuid4",
    }
)

BANNED_MODULES = frozenset({"cloudpickle", "dill", "jsonpickle", "marshal", "pickle", "shelve"})
BANNED_CALLS = frozenset(
    {"eval", "exec", "os.popen", "os.system", "yaml.full_load", "yaml.load", "yaml.unsafe_load"}
)


@dataclass(frozen=True, slots=True)
class Import:
    """One imported name, wherever it stands in its module."""

    target: str  # dotted: the module, or the module and the name taken from it
    line: int
    is_deferred: bool  # inside a function or under TYPE_CHECKING


@dataclass(frozen=True, slots=True)
class Module:
    """One parsed module of the product."""

    path: str  # relative to the checkout
    name: str  # dotted, as it is imported
    tree: ast.Module
    imports: tuple[Import, ...]


def module_name(path: str) -> str:
    """Return the dotted name under which a file of the product is imported."""
    parts = path.removeprefix("codegen/").removesuffix(".py").split("/")
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def dotted(node: ast.expr) -> str | None:
    """Return `a.b.c` for an attribute chain on a name, None for any other expression."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attribute):
            owner = dotted(value)
            return None if owner is None else f"{owner}.{attribute}"
        case _:
            return None


def _targets(node: ast.AST, package: str) -> Iterator[str]:
    """Yield what one import statement names; relative ones become absolute."""
    match node:
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(module=module, names=names, level=level):
            above = package.split(".")[: len(package.split(".")) - level + 1] if level else []
            prefix = ".".join([*above, *([module] if module else [])])
            yield from (f"{prefix}.{alias.name}" for alias in names)


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and (dotted(node.test) or "").endswith("TYPE_CHECKING")


def find_imports(tree: ast.Module, package: str) -> Iterator[Import]:
    """Find every import of a module.

    Args:
        tree: The module.
        package: The package it lies in, for relative imports.
    """
    stack: list[tuple[ast.AST, bool]] = [(tree, False)]
    while stack:
        node, is_deferred = stack.pop()
        for target in _targets(node, package):
            yield Import(target, getattr(node, "lineno", 0), is_deferred)
        inside = is_deferred or _is_type_checking(node)
        inside = inside or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        stack.extend((child, inside) for child in ast.iter_child_nodes(node))


def read_modules(root: Path) -> list[Module]:
    """Parse every handwritten module that ships."""
    modules = []
    for path, file in python_files(root, PRODUCT):
        tree, name = ast.parse(file.read_text(encoding="utf-8"), path), module_name(path)
        package = name if path.endswith("/__init__.py") else name.rpartition(".")[0]
        modules.append(Module(path, name, tree, tuple(find_imports(tree, package))))
    return modules


def _calls(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (name := dotted(node.func)) is not None:
            yield name, node


def _matches(name: str, banned: Iterable[str]) -> bool:
    """Return whether a dotted name is one of `banned`, or ends in one (`dt.datetime.now`)."""
    return any(name == entry or ("." in entry and name.endswith(f".{entry}")) for entry in banned)


def check_pure(module: Module) -> Iterator[str]:
    """Yield a line for each thing that a pure package may not import or call."""
    if not any(is_within(module.path, folder) for folder in PURE):
        return
    for found in module.imports:
        allowed = any(
            found.target == name or found.target.startswith(f"{name}.") for name in PURE_EXCEPTIONS
        )
        if found.target.split(".")[0] in IMPURE_MODULES and not allowed:
            yield (
                f"{module.path}:{found.line}: pure package imports {found.target!r}; "
                "return what must be done and let the caller do it"
            )
    for name, call in _calls(module.tree):
        if _matches(name, IMPURE_CALLS):
            yield (
                f"{module.path}:{call.lineno}: pure package calls {name}(); "
                "take the value as an argument"
            )


def check_banned(module: Module) -> Iterator[str]:
    """Yield a line for each way to run text or unpickle bytes."""
    for found in module.imports:
        if found.target.split(".")[0] in BANNED_MODULES:
            yield f"{module.path}:{found.line}: imports {found.target!r}, which runs what it reads"
    for name, call in _calls(module.tree):
        if _matches(name, BANNED_CALLS):
            yield f"{module.path}:{call.lineno}: calls {name}(), which runs what it reads"
        for keyword in call.keywords:
            if keyword.arg == "shell" and not _is_false(keyword.value):
                yield f"{module.path}:{call.lineno}: passes shell=; pass a list of arguments"


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def import_graph(modules: Sequence[Module]) -> dict[str, frozenset[str]]:
    """Return {module: modules of the product that it imports anywhere, deferred ones included}."""
    names = {module.name for module in modules}
    return {
        module.name: frozenset(
            resolved for found in module.imports if (resolved := resolve(found.target, names))
        )
        for module in modules
    }


def resolve(target: str, names: set[str]) -> str | None:
    """Return the module that a dotted target names or lies in; None if it is not of the product."""
    if target in names:
        return target
    owner = target.rpartition(".")[0]
    return owner if owner in names else None


def reaches(graph: Mapping[str, frozenset[str]], start: str, goal: str) -> bool:
    """Return whether importing `start` leads to `goal`."""
    seen, waiting = {start}, [start]
    while waiting:
        current = waiting.pop()
        if current == goal:
            return True
        fresh = graph.get(current, frozenset()) - seen
        seen |= fresh
        waiting.extend(fresh)
    return False


def check_cycles(modules: Sequence[Module]) -> Iterator[str]:
    """Yield a line for each deferred import that leads back to the module it stands in."""
    graph, names = import_graph(modules), {module.name for module in modules}
    for module in modules:
        if module.path.endswith("/__init__.py"):
            continue
        for found in module.imports:
            target = resolve(found.target, names) if found.is_deferred else None
            if target is not None and reaches(graph, target, module.name):
                yield (
                    f"{module.path}:{found.line}: deferred import of {found.target!r} "
                    "hides a cycle; move what both need to a lower layer"
                )


def check(root: Path) -> list[str]:
    """Return a line for each breach in the checkout."""
    modules = read_modules(root)
    problems = [
        problem for module in modules for problem in (*check_pure(module), *check_banned(module))
    ]
    return [*problems, *check_cycles(modules)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="check_imports", description="Check import rules.")
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout")
    problems = check(parser.parse_args(arguments).root)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
