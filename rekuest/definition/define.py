"""Turns a function into what is declared of it.  Called by `register`."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from rekuest.api import wire
from rekuest.api.enums import NodeKind, PortDirection
from rekuest.definition.docstring import Documentation, read_docstring
from rekuest.definition.function import CallKind, locate, unwrap
from rekuest.definition.kinds import Drawing
from rekuest.definition.signature import Reading, read_signature
from rekuest.definition.validate import validate_declaration
from rekuest.errors import DefinitionError
from rekuest.structures.expand import Expander, compile_expander
from rekuest.structures.passing import call_arguments, split_returns
from rekuest.structures.registry import Registry, Structure, default_registry
from rekuest.structures.shrink import Shrinker, compile_shrinker
from rekuest.structures.tree import flatten

__all__ = ["Definition", "define"]

_SYNC_CONCURRENCY = (
    1  # a thread's work may not be safe beside itself, and the author did not say so
)
_ASYNC_CONCURRENCY = 16


@dataclass(frozen=True, eq=False)
class Definition:
    """A function and what is declared of it."""

    template: wire.TemplateDeclaration
    function: Callable[..., Any]  # as it was registered, unchanged
    kind: CallKind
    argument_types: Mapping[str, Any]  # {port key: resolved type hint}
    return_types: Mapping[
        str, Any
    ]  # {port key: resolved type hint}; of a generator: of what it yields
    location: str  # `file:line` of its `def`
    registry: Registry = field(repr=False)  # where its structures are found

    @cached_property
    def arguments(self) -> Expander:
        """What turns the arguments of a call into the values that the function takes."""
        return compile_expander(
            self.template.ports,
            PortDirection.ARGUMENT,
            self.argument_types,
            self.registry,
            node=self.template.name,
        )

    @cached_property
    def returns(self) -> Shrinker:
        """What turns returned or yielded values, as `split` gives them, into their wire form."""
        return compile_shrinker(
            self.template.ports,
            PortDirection.RETURN,
            self.return_types,
            self.registry,
            node=self.template.name,
        )

    @cached_property
    def structures(self) -> Sequence[Structure]:
        """The structures that its ports name, by identifier."""
        names = {port.identifier for port in self.template.ports if port.kind == "STRUCTURE"}
        found = (self.registry.by_identifier(name) for name in sorted(filter(None, names)))
        return [structure for structure in found if structure is not None]

    def bind(self, values: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """Turn expanded arguments into those of the function: `function(*args, **kwargs)`."""
        return call_arguments(self.template.ports, values)

    def split(self, value: Any) -> dict[str, Any]:
        """Turn what the function returned or yielded into {port key: value}, for `returns.begin`.

        Raises:
            ShrinkError: It is not as many values as the function declares.
        """
        return split_returns(self.template.ports, value, node=self.template.name)


def define(
    function: Callable[..., Any],
    *,
    interface: str | None = None,
    name: str | None = None,
    registry: Registry | None = None,
    names: Mapping[str, Any] | None = None,
    idempotent: bool = False,
    pure: bool = False,
    concurrency: int | None = None,
    autoprovide: bool = False,
    max_instances: int | None = None,
    labels: Iterable[str] = (),
    retry: wire.RetryPolicy | None = None,
    pausable: bool = False,
) -> Definition:
    """Read off a function what is declared of it.

    Args:
        function: A function, method or callable object, sync or async, generator or not.
        interface: The name that the app knows it by. None: the function's.
        name: Name of the node. None: the interface.
        registry: Where classes of structures are found; those that are structures by their methods are added. None: the
            default one.
        names: What names in the text of annotations mean, besides those that the function sees.
        idempotent: Whether running it twice does no harm.
        pure: Whether equal arguments always give equal results and nothing else happens; implies idempotent.
        concurrency: How many calls run at a time. None: 1 if it blocks, 16 if it is async.
        autoprovide: Whether it is provisioned as soon as the agent is there.
        max_instances: Most provisions of it on one agent. None: no bound.
        labels: What reservations can ask for.
        retry: What happens after a lost agent. None: the server's default.
        pausable: Whether it can be paused.

    Raises:
        DefinitionError: It cannot be declared as it is written. The message names file, line, parameter, annotation and
            what to write instead, one line a problem.
    """
    target = _target(function)
    location = locate(target)
    known = default_registry() if registry is None else registry
    words = read_docstring(target.__doc__)
    reading = read_signature(function, target, Drawing(known, names or {}), words)
    interface = interface if interface is not None else target.__name__
    _refuse(location, interface, reading.problems)
    usual = _ASYNC_CONCURRENCY if reading.kind.is_async else _SYNC_CONCURRENCY
    template = wire.TemplateDeclaration(
        interface=interface,
        name=name if name is not None else interface,
        **_read_off(reading, words, interface),
        idempotent=idempotent or pure,
        pure=pure,
        concurrency=usual if concurrency is None else concurrency,
        autoprovide=autoprovide,
        max_instances=max_instances,
        labels=list(labels),
        retry=retry,
        pausable=pausable,
    )
    _refuse(location, interface, validate_declaration(template))
    return _definition(template, function, reading, location, known)


def _definition(
    template: wire.TemplateDeclaration,
    function: Callable[..., Any],
    reading: Reading,
    location: str,
    registry: Registry,
) -> Definition:
    return Definition(
        template=template,
        function=function,
        kind=reading.kind,
        argument_types=types.MappingProxyType(reading.argument_types),
        return_types=types.MappingProxyType(reading.return_types),
        location=location,
        registry=registry,
    )


def _target(function: Callable[..., Any]) -> types.FunctionType:
    if isinstance(function, type):
        raise DefinitionError(
            f"{function.__qualname__!r} is a class; register a function or a bound method of it"
        )
    target = unwrap(function)
    if target is None:
        raise DefinitionError(
            f"{function!r} has no Python source to read hints from; "
            "register a function with type hints that calls it"
        )
    return target


def _refuse(location: str, interface: str, problems: Sequence[str]) -> None:
    if problems:
        lines = (f"{location}: cannot register {interface!r}: {it}" for it in problems)
        raise DefinitionError("\n".join(lines))


def _read_off(reading: Reading, words: Documentation, interface: str) -> dict[str, Any]:
    """Return the fields of the template that the function itself tells."""
    fallback = interface.replace("_", " ").strip() or interface
    return {
        "kind": NodeKind.GENERATOR if reading.kind.is_generator else NodeKind.FUNCTION,
        "ports": flatten(reading.arguments, reading.returns),
        "groups": [],
        "title": words.title or fallback[:1].upper() + fallback[1:],
        "description": words.description,
    }
