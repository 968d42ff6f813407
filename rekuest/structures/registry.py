"""Which classes are structures: they travel as references, by `shrink` and `expand`.

A class that has both methods is a structure by that fact; classes of others are registered with two functions.
Registries are scoped: an app has its own, which looks further into the process's default one.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePath
from typing import Any, TypeVar, overload

from rekuest.api import wire
from rekuest.errors import StructureError

__all__ = ["Registry", "Structure", "default_registry", "derive", "identifier_of", "structure"]

C = TypeVar("C", bound=type)

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_+")
_IDENTIFIER = re.compile(r"@[^\s/@]+/[^\s/@]+")
_SHRINK_NAMES = ("shrink", "ashrink")
_EXPAND_NAMES = ("expand", "aexpand")


@dataclass(frozen=True, slots=True)
class Structure:
    """How instances of one class travel."""

    identifier: str  # `@package/class-name`
    cls: type
    shrink: Callable[[Any], Any]  # instance -> reference, or an awaitable of it
    expand: Callable[[str], Any]  # reference -> instance, or an awaitable of it
    shrink_is_async: bool
    expand_is_async: bool
    description: str | None = None

    def declaration(self) -> wire.StructureDeclaration:
        """Return what an agent declares of it."""
        return wire.StructureDeclaration(identifier=self.identifier, description=self.description)


def identifier_of(cls: type) -> str:
    """Name a class as a structure: `@<top-level package>/<kebab-class-name>`.

    For a class of the script itself the package is the file's stem, so that another program can import the script and
    agree with it.
    """
    package = cls.__module__.partition(".")[0]
    if package == "__main__":
        file = PurePath(getattr(sys.modules["__main__"], "__file__", None) or "main.py")
        package = file.parent.name if file.stem == "__main__" else file.stem
    return f"@{package}/{_HUMP.sub('-', cls.__name__).strip('-').lower()}"


def derive(cls: type) -> Structure | None:
    """Read a structure off a class that has `shrink` and `expand`, each sync or async.

    Returns:
        None if the class has neither, or is a dataclass with one of them.

    Raises:
        StructureError: It has only one of the two, or `expand` needs an instance.
    """
    shrink, expand = _method(cls, _SHRINK_NAMES), _method(cls, _EXPAND_NAMES)
    if shrink is None and expand is None:
        return None
    if dataclasses.is_dataclass(cls) and (shrink is None or expand is None):
        return None  # it travels by its fields; one such method is about something else
    if shrink is None or expand is None:
        present, absent = (shrink, "expand") if shrink else (expand, "shrink")
        raise StructureError(
            f"class {cls.__qualname__} ({_place(cls)}) has {present!r} but no {absent!r}; "
            "a structure needs both"
        )
    if not isinstance(inspect.getattr_static(cls, expand), classmethod | staticmethod):
        raise StructureError(
            f"{expand!r} of class {cls.__qualname__} ({_place(cls)}) needs an instance; "
            "make it a classmethod that takes the reference"
        )
    to_reference, to_instance = getattr(cls, shrink), getattr(cls, expand)
    return Structure(
        identifier=identifier_of(cls),
        cls=cls,
        shrink=to_reference,
        expand=to_instance,
        shrink_is_async=_is_async(to_reference),
        expand_is_async=_is_async(to_instance),
        description=_describe(cls),
    )


def _method(cls: type, names: tuple[str, ...]) -> str | None:
    """Return the first of the names that the class has as a method, the inherited included."""
    return next((name for name in names if callable(getattr(cls, name, None))), None)


def _is_async(function: Callable[..., Any]) -> bool:
    while isinstance(function, partial):
        function = function.func
    return inspect.iscoroutinefunction(inspect.unwrap(function)) or inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004  its own kind is asked for
    )


def _describe(cls: type) -> str | None:
    """Return the first paragraph of the class's own docstring."""
    text = inspect.cleandoc(cls.__dict__.get("__doc__") or "")
    # A dataclass without a docstring is given its signature as one.
    if not text or text.startswith(f"{cls.__name__}("):
        return None
    return " ".join(text.split("\n\n")[0].split())


def _place(cls: type) -> str:
    """Return file and line of a class, its module if there is no source."""
    try:
        return f"{inspect.getsourcefile(cls)}:{inspect.getsourcelines(cls)[1]}"
    except (OSError, TypeError):
        return f"module {cls.__module__}"


def _is_redefined(old: type, new: type) -> bool:
    """Whether a class stands for an older one: the cell of a notebook was run again."""
    return (old.__module__, old.__qualname__) == (new.__module__, new.__qualname__)


class Registry:
    """The structures of one app.  Registering is for one thread; looking up is for any."""

    def __init__(self, parent: Registry | None = None) -> None:
        self._parent = parent  # where it looks further; None: nowhere
        self._by_class: dict[type, Structure] = {}
        self._by_identifier: dict[str, Structure] = {}
        self._matches: dict[tuple[type, str], Structure | None] = {}  # what `match` has found

    def register(
        self,
        cls: type,
        *,
        identifier: str | None = None,
        shrink: Callable[[Any], Any] | None = None,
        expand: Callable[[str], Any] | None = None,
        description: str | None = None,
    ) -> Structure:
        """Make a class a structure.

        Args:
            cls: The class; need not be one's own.
            identifier: `@package/class-name`. None: made from module and class name.
            shrink: Turns an instance into its reference; sync or async. None: the class's method.
            expand: Turns a reference into an instance; sync or async. None: the class's method.
            description: What it is. None: the first paragraph of its docstring.

        Raises:
            StructureError: The identifier belongs to another class, or is not well formed, or
                `shrink` or `expand` is missing.
        """
        found = self._describe(cls, shrink, expand)
        if identifier is not None and _IDENTIFIER.fullmatch(identifier) is None:
            raise StructureError(
                f"identifier {identifier!r} of class {cls.__qualname__} is not of the form "
                "'@package/class-name'"
            )
        found = replace(
            found,
            identifier=identifier or found.identifier,
            description=description or found.description,
        )
        return self._add(found)

    def _describe(
        self,
        cls: type,
        shrink: Callable[[Any], Any] | None,
        expand: Callable[[str], Any] | None,
    ) -> Structure:
        if shrink is not None and expand is not None:
            return Structure(
                identifier=identifier_of(cls),
                cls=cls,
                shrink=shrink,
                expand=expand,
                shrink_is_async=_is_async(shrink),
                expand_is_async=_is_async(expand),
                description=_describe(cls),
            )
        found = derive(cls)
        if found is None:
            raise StructureError(
                f"class {cls.__qualname__} has no 'shrink' and 'expand'; add both methods, "
                "or pass both functions"
            )
        if shrink is not None:
            found = replace(found, shrink=shrink, shrink_is_async=_is_async(shrink))
        if expand is not None:
            found = replace(found, expand=expand, expand_is_async=_is_async(expand))
        return found

    def _add(self, found: Structure) -> Structure:
        taken = self._by_identifier.get(found.identifier)
        if taken and taken.cls is not found.cls and not _is_redefined(taken.cls, found.cls):
            raise StructureError(
                f"structure {found.identifier!r} is claimed by class {taken.cls.__qualname__} "
                f"({_place(taken.cls)}) and by class {found.cls.__qualname__} "
                f"({_place(found.cls)}); pass identifier= to one of them"
            )
        self._by_class[found.cls] = found
        self._by_identifier[found.identifier] = found
        self._matches.clear()
        return found

    def by_class(self, cls: type) -> Structure | None:
        """Find the structure of a class; a class that is one by its methods is registered now.

        Returns:
            None if the class is no structure.

        Raises:
            StructureError: It has one of the two methods only, or its identifier is taken.
        """
        known = self._known(cls)
        if known is not None:
            return known
        found = derive(cls)
        return None if found is None else self._add(found)

    def _known(self, cls: type) -> Structure | None:
        known = self._by_class.get(cls)
        if known is None and self._parent is not None:
            return self._parent._known(cls)
        return known

    def by_identifier(self, identifier: str) -> Structure | None:
        """Find the structure of an identifier.  None: no registered class has it."""
        found = self._by_identifier.get(identifier)
        if found is None and self._parent is not None:
            return self._parent.by_identifier(identifier)
        return found

    def match(self, cls: type, identifier: str) -> Structure | None:
        """Find how instances of a class travel through ports of one structure.

        A subclass travels as its base does. Nothing is registered.

        Returns:
            None if neither the class nor one of its bases is that structure.
        """
        key = (cls, identifier)
        if key not in self._matches:
            self._matches[key] = self._match(cls, identifier)
        return self._matches[key]

    def _match(self, cls: type, identifier: str) -> Structure | None:
        for base in cls.__mro__:
            known = self._known(base)
            if known is not None and known.identifier == identifier:
                # Its own `shrink` may be async where that of its base is not.
                is_method = known.shrink is getattr(base, _method(base, _SHRINK_NAMES) or "", None)
                return (derive(cls) or known) if is_method and cls is not base else known
            if known is None and identifier_of(base) == identifier:
                return derive(cls)
        return None

    def identifiers(self) -> list[str]:
        """Return the identifiers that are known here, sorted."""
        further = self._parent.identifiers() if self._parent is not None else []
        return sorted({*self._by_identifier, *further})


_DEFAULT = Registry()


def default_registry() -> Registry:
    """Return the registry of the process: where `@structure` registers and every app's looks further."""
    return _DEFAULT


@overload
def structure(cls: C, /) -> C: ...


@overload
def structure(
    cls: C,
    /,
    *,
    identifier: str | None = None,
    shrink: Callable[[Any], Any] | None = None,
    expand: Callable[[str], Any] | None = None,
    description: str | None = None,
    registry: Registry | None = None,
) -> C: ...


@overload
def structure(
    *,
    identifier: str | None = None,
    shrink: Callable[[Any], Any] | None = None,
    expand: Callable[[str], Any] | None = None,
    description: str | None = None,
    registry: Registry | None = None,
) -> Callable[[C], C]: ...


def structure(
    cls: C | None = None,
    /,
    *,
    identifier: str | None = None,
    shrink: Callable[[Any], Any] | None = None,
    expand: Callable[[str], Any] | None = None,
    description: str | None = None,
    registry: Registry | None = None,
) -> C | Callable[[C], C]:
    """Register a class as a structure.

    As a decorator, `@structure` or `@structure(identifier=...)`; for a class of others
    `structure(cls, shrink=..., expand=...)`.

    Args:
        cls: The class. None: a decorator is returned.
        identifier: `@package/class-name`. None: made from module and class name.
        shrink: Turns an instance into its reference; sync or async. None: the class's method.
        expand: Turns a reference into an instance; sync or async. None: the class's method.
        description: What it is. None: the first paragraph of its docstring.
        registry: Where. None: in the default one.

    Returns:
        The class, unchanged.

    Raises:
        StructureError: As `Registry.register`.
    """

    def decorate(decorated: C) -> C:
        (default_registry() if registry is None else registry).register(
            decorated,
            identifier=identifier,
            shrink=shrink,
            expand=expand,
            description=description,
        )
        return decorated

    return decorate if cls is None else decorate(cls)
