"""Judges a declared template before anything relies on it.  Source: schema/PROTOCOL.md, 3.7.

Called by the server for what any app declares, and by `define` for what it made itself.  Whatever passes can be grown,
checked, hashed and shown without further care.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from rekuest.api import wire
from rekuest.api.enums import ArgumentPassing, NodeKind, PortDirection, PortKind
from rekuest.errors import DefinitionError
from rekuest.structures.check import UNSHRUNK_CHECKS, compile_check
from rekuest.structures.rules import RULES
from rekuest.structures.steps import MisfitError, Step
from rekuest.structures.tree import PortTree, grow
from rekuest.structures.words import quote

__all__ = ["validate_declaration"]

_PORTS = 1000  # more than any form can show
_DEPTH = 32  # half of what the socket lets values nest, so that every value of a port can be sent
_NAME_LENGTH = 200
_TITLE_LENGTH = 500
_PROBLEMS = 20  # that are told

_IDENTIFIED = (PortKind.STRUCTURE, PortKind.MEMORY_STRUCTURE)
_MAY_BE_IDENTIFIED = (*_IDENTIFIED, PortKind.MODEL, PortKind.ENUM)
_PASSING_ORDER = (ArgumentPassing.POSITIONAL, ArgumentPassing.ANY, ArgumentPassing.KEYWORD)


def validate_declaration(template: wire.TemplateDeclaration) -> list[str]:
    """Find what is wrong with a declared template.

    Returns:
        One clause for each problem, at most 20. Empty: it can be taken.
    """
    problems = [*_check_names(template), *_check_numbers(template), *_check_shape(template.ports)]
    if not problems:
        arguments = grow(template.ports, PortDirection.ARGUMENT)
        returns = grow(template.ports, PortDirection.RETURN)
        problems += _check_roots(arguments, returns)
        for tree in (*arguments, *returns):
            problems += list(_check_tree(tree, tree.key)) or _check_values(tree)
        problems += _check_references(template, {tree.key for tree in arguments})
    return problems[:_PROBLEMS]


def _check_name(what: str, name: str, limit: int = _NAME_LENGTH) -> Iterator[str]:
    if not name.strip() or not name.isprintable() or len(name) > limit:
        yield f"{what} {quote(name)} is not 1 to {limit} printable characters"


def _check_names(template: wire.TemplateDeclaration) -> Iterator[str]:
    yield from _check_name("interface", template.interface)
    yield from _check_name("name", template.name)
    yield from _check_name("title", template.title, _TITLE_LENGTH)
    for label in template.labels:
        yield from _check_name("label", label)
    for group in template.groups:
        yield from _check_name("group", group.key)
    yield from _check_unique("group", (group.key for group in template.groups))


def _check_unique(what: str, keys: Iterable[str]) -> Iterator[str]:
    for key, count in Counter(keys).items():
        if count > 1:
            yield f"{what} {quote(key)} is there {count} times; keys are unique"


def _check_numbers(template: wire.TemplateDeclaration) -> Iterator[str]:
    if template.kind not in (NodeKind.FUNCTION, NodeKind.GENERATOR):
        yield f"kind {quote(template.kind)} is not known to this version"
    if template.concurrency < 1:
        yield f"concurrency is {template.concurrency}; it is at least 1"
    if template.max_instances is not None and template.max_instances < 1:
        yield f"maxInstances is {template.max_instances}; it is at least 1, or null"
    if template.retry is not None and (
        template.retry.max_attempts < 1 or template.retry.backoff < 0
    ):
        yield "retry has fewer than 1 attempt or a negative backoff"


def _check_shape(ports: Sequence[wire.Port]) -> Iterator[str]:
    """Check that the flat list is a pre-order one; only then can trees be grown."""
    if len(ports) > _PORTS:
        yield f"there are {len(ports)} ports; at most {_PORTS} can be declared"
        return
    open_ports: list[wire.Port] = []  # the port before, and what it is inside of
    for index, port in enumerate(ports):
        where = f"port {index} {quote(port.key)}"
        if port.index != index:
            yield f"{where} has index {port.index}; ports are numbered from 0 in their order"
            return
        while open_ports and open_ports[-1].index != port.parent:
            open_ports.pop()
        if port.parent is not None and not open_ports:
            yield f"{where} does not follow its parent {port.parent}; ports are a pre-order list"
            return
        if port.direction not in (PortDirection.ARGUMENT, PortDirection.RETURN):
            yield f"{where} has direction {quote(port.direction)}, which this version does not know"
        elif open_ports and open_ports[-1].direction != port.direction:
            yield f"{where} has another direction than its parent"
        open_ports.append(port)
        if len(open_ports) > _DEPTH:
            yield f"{where} is {len(open_ports)} levels deep; at most {_DEPTH} can be declared"
            return


def _check_roots(arguments: Sequence[PortTree], returns: Sequence[PortTree]) -> Iterator[str]:
    yield from _check_unique("argument", (tree.key for tree in arguments))
    keys = [tree.key for tree in returns]
    several = [f"return{place}" for place in range(len(keys))]
    if keys not in (several, ["return"]):
        yield f"returns have the keys {keys}; one is 'return', several are 'return0', 'return1', …"
    yield from _check_signature(arguments)


def _check_signature(arguments: Sequence[PortTree]) -> Iterator[str]:
    """Check that the arguments make a signature that Python allows."""
    passing = [tree.passing or ArgumentPassing.ANY for tree in arguments]
    unknown = [it for it in passing if it not in _PASSING_ORDER]
    if unknown:
        yield f"passing {quote(unknown[0])} is not known to this version"
        return
    places = [_PASSING_ORDER.index(it) for it in passing]
    if places != sorted(places):
        yield "positional-only arguments come first and named ones last"
    may_miss = False
    for tree in arguments:
        if tree.passing != ArgumentPassing.KEYWORD:
            if may_miss and not tree.has_default:
                yield f"argument {quote(tree.key)} has no default and follows one that has"
            may_miss = may_miss or tree.has_default


def _check_references(template: wire.TemplateDeclaration, arguments: set[str]) -> Iterator[str]:
    groups = {group.key for group in template.groups}
    for port in template.ports:
        if port.group is not None and port.group not in groups:
            yield f"port {quote(port.key)} is in group {quote(port.group)}, which is not declared"
        for condition in port.visible_when:
            if condition.port not in arguments:
                yield (
                    f"port {quote(port.key)} is shown by {quote(condition.port)}, "
                    "which is no argument"
                )
        is_argument = port.parent is None and port.direction == PortDirection.ARGUMENT
        if port.passing is not None and not is_argument:
            yield f"port {quote(port.key)} has a passing, and is no argument"
        if port.has_default and port.parent is None and not is_argument:
            yield f"return {quote(port.key)} has a default"


def _numbered(keys: Sequence[str]) -> bool:
    return list(keys) == [str(place) for place in range(len(keys))]


# kind: (what its parts are called, whether their keys are so); other kinds have no parts
_PARTS: Mapping[PortKind, tuple[str, Callable[[Sequence[str]], bool]]] = {
    PortKind.LIST: ("one part 'item'", lambda keys: list(keys) == ["item"]),
    PortKind.SET: ("one part 'item'", lambda keys: list(keys) == ["item"]),
    PortKind.DICT: ("one part 'value'", lambda keys: list(keys) == ["value"]),
    PortKind.TUPLE: ("parts '0', '1', …", _numbered),
    PortKind.UNION: ("at least one of parts '0', '1', …", lambda k: bool(k) and _numbered(k)),
    PortKind.MODEL: ("parts with unique keys", lambda keys: len(set(keys)) == len(keys)),
}
_NO_PARTS: tuple[str, Callable[[Sequence[str]], bool]] = ("no parts", lambda keys: not keys)


def _check_tree(tree: PortTree, path: str) -> Iterator[str]:
    """Check one port and all that is inside it."""
    for problem in _check_port(tree):
        yield f"port {quote(path)}: {problem}"
    for part in tree.parts:
        if part.has_default and tree.kind != PortKind.MODEL:
            yield f"port {quote(path)}: its part {quote(part.key)} has a default, and is no field"
        yield from _check_tree(part, f"{path}.{part.key}")


def _check_port(tree: PortTree) -> Iterator[str]:
    yield from _check_name("key", tree.key)
    if tree.kind not in _PARTS and tree.kind not in RULES and tree.kind != PortKind.ENUM:
        yield f"kind {quote(tree.kind)} is not known to this version; upgrade the server"
        return
    wanted, holds = _PARTS.get(tree.kind, _NO_PARTS)
    if not holds([part.key for part in tree.parts]):
        yield f"a port of kind {tree.kind} has {wanted}"
        return
    yield from _check_identifier(tree)
    yield from _check_choices(tree)


def _check_identifier(tree: PortTree) -> Iterator[str]:
    if tree.identifier is None:
        if tree.kind in _IDENTIFIED:
            yield f"a port of kind {tree.kind} has an identifier"
    elif tree.kind not in _MAY_BE_IDENTIFIED:
        yield f"a port of kind {tree.kind} has no identifier"
    else:
        yield from _check_name("identifier", tree.identifier)


def _check_choices(tree: PortTree) -> Iterator[str]:
    if bool(tree.choices) is not (tree.kind == PortKind.ENUM):
        yield "a port has choices if and only if it is of kind ENUM"
    for choice in tree.choices:
        yield from _check_name("choice", choice.key)
    yield from _check_unique("choice", (choice.key for choice in tree.choices))


def _check_values(root: PortTree) -> Iterator[str]:
    """Check that constraints can stand and that defaults fit, in a well-formed tree.

    All checks are compiled once: what untrusted apps declare must not take the square of its size.
    """
    checks: dict[int, Step] = {}
    try:
        compile_check(root, UNSHRUNK_CHECKS, checks)
    except DefinitionError as error:
        yield str(error)
        return
    pending = [(root.key, root)]
    while pending:
        path, tree = pending.pop()
        pending += [(f"{path}.{part.key}", part) for part in reversed(tree.parts)]
        if tree.has_default:
            yield from _check_default(path, tree, checks[id(tree)])


def _check_default(path: str, tree: PortTree, check: Step) -> Iterator[str]:
    try:
        check(tree.default)
    except MisfitError as error:
        failure = error.failures[0]
        yield (
            f"port {quote(path)}: its default does not fit: expected {failure.expected}, "
            f"got {failure.got}"
        )
    else:
        if tree.kind == PortKind.STRUCTURE and tree.default is not None:
            yield f"port {quote(path)}: a structure cannot be a default"
