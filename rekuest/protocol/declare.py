"""A declaration: its digest, its parts, and how the server puts them together.  Source: schema/PROTOCOL.md, 3.3-3.7."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from rekuest.api import wire
from rekuest.errors import LocalProtocolError, RemoteProtocolError
from rekuest.protocol.codec import encode_bytes, read_raw
from rekuest.protocol.limits import nests_deeper

__all__ = [
    "Declaration",
    "DeclarationAssembler",
    "declaration_digest",
    "opening_declaration",
    "split_declaration",
]

_Item = wire.TemplateDeclaration | wire.StructureDeclaration

# Functions and structures of one app; far beyond any real one, and a bound on what a server keeps.
MAX_ITEMS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Declaration:
    """Everything that an app provides."""

    digest: str
    templates: tuple[wire.TemplateDeclaration, ...]  # sorted by interface
    structures: tuple[wire.StructureDeclaration, ...]  # sorted by identifier
    takeover: bool  # whether it may replace a live agent of the same identity


def declaration_digest(
    templates: Sequence[wire.TemplateDeclaration], structures: Sequence[wire.StructureDeclaration]
) -> str:
    """Return the digest of a declaration, in any order of its items.  Source: 3.5."""
    canonical = {
        "templates": [_plain(one) for one in _by_interface(templates)],
        "structures": [_plain(one) for one in _by_identifier(structures)],
    }
    text = json.dumps(canonical, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(text.encode()).hexdigest()


def opening_declaration(digest: str, *, takeover: bool = False) -> wire.Declare:
    """Return the first `Declare` of a connection, which asks whether the digest is known.  Source: 3.3."""
    return wire.Declare(
        digest=digest, part=0, last=False, templates=[], structures=[], takeover=takeover
    )


def split_declaration(
    templates: Sequence[wire.TemplateDeclaration],
    structures: Sequence[wire.StructureDeclaration],
    *,
    limits: wire.Limits,
    takeover: bool = False,
) -> list[wire.Declare]:
    """Return the parts of a declaration, each of which fits a frame; at least one.

    Raises:
        LocalProtocolError: A template alone is over the limit, or holds what cannot travel.
    """
    digest = declaration_digest(templates, structures)
    empty = wire.Declare(
        digest=digest, part=0, last=False, templates=[], structures=[], takeover=takeover
    )
    # Two brackets of the frame, and room for the part's number.
    room = limits.frame_bytes - len(encode_bytes(empty)) - 16
    items: list[_Item] = [*_by_identifier(structures), *_by_interface(templates)]
    groups = list(_grouped(items, room, limits.depth)) or [[]]
    return [
        wire.Declare(
            digest=digest,
            part=number,
            last=number == len(groups) - 1,
            templates=[one for one in group if isinstance(one, wire.TemplateDeclaration)],
            structures=[one for one in group if isinstance(one, wire.StructureDeclaration)],
            takeover=takeover,
        )
        for number, group in enumerate(groups)
    ]


def _grouped(items: Sequence[_Item], room: int, depth: int) -> Iterator[list[_Item]]:
    """Fill groups one after the other, each with as many items as there is room for."""
    group: list[_Item] = []
    used = 0
    for item in items:
        size = _size(item, room, depth) + 1  # a comma
        if group and used + size > room:
            yield group
            group, used = [], 0
        group.append(item)
        used += size
    if group:
        yield group


def _size(item: _Item, room: int, depth: int) -> int:
    data = encode_bytes(item)
    if len(data) >= room:
        raise LocalProtocolError(
            f"{_name(item)} cannot be declared: it has {len(data)} bytes (limit {room}); "
            "shorten its documentation, choices or defaults",
            code="LIMIT_EXCEEDED",
        )
    # It stands in the frame's array, the message and the message's list.
    if nests_deeper(read_raw(data), depth - 3):
        raise LocalProtocolError(
            f"{_name(item)} cannot be declared: a default nests too deep", code="LIMIT_EXCEEDED"
        )
    return len(data)


def _name(item: _Item) -> str:
    if isinstance(item, wire.TemplateDeclaration):
        return f"template {item.interface!r}"
    return f"structure {item.identifier!r}"


def _plain(item: _Item) -> Any:
    return item.model_dump(mode="json", by_alias=True, exclude_none=True)


def _by_interface(
    templates: Sequence[wire.TemplateDeclaration],
) -> list[wire.TemplateDeclaration]:
    return sorted(templates, key=lambda one: one.interface)


def _by_identifier(
    structures: Sequence[wire.StructureDeclaration],
) -> list[wire.StructureDeclaration]:
    return sorted(structures, key=lambda one: one.identifier)


class DeclarationAssembler:
    """Puts the parts of one session's declarations together; nothing is visible before the last."""

    def __init__(self) -> None:
        self._digest: str | None = None  # of the declaration under way; None: there is none
        self._parts = 0  # how many of it have come
        self._templates: dict[str, wire.TemplateDeclaration] = {}  # by interface
        self._structures: dict[str, wire.StructureDeclaration] = {}  # by identifier

    def add(self, part: wire.Declare) -> Declaration | None:
        """Take the next part; return the declaration when it is whole, None before.

        A part 0 starts over, whatever came before.  After an error the next part must be 0.

        Raises:
            RemoteProtocolError: `code` is `OUT_OF_PLACE` for a part that is not the next one or of
                another digest, `CONFLICT` for two items of one name or a digest that does not match,
                `LIMIT_EXCEEDED` for too many items.
        """
        if part.part == 0:
            self._start_over(part.digest)
        try:
            self._take(part)
            return self._finished(part) if part.last else None
        except RemoteProtocolError:
            self._start_over(None)
            raise

    def _start_over(self, digest: str | None) -> None:
        self._digest = digest
        self._parts = 0
        self._templates = {}
        self._structures = {}

    def _take(self, part: wire.Declare) -> None:
        if part.digest != self._digest or part.part != self._parts:
            raise RemoteProtocolError(
                f"part {part.part} of declaration {part.digest[:100]!r} is not the next one "
                f"(part {self._parts} of {(self._digest or 'none')[:100]!r}); start over with part 0",
                code="OUT_OF_PLACE",
            )
        self._parts += 1
        for template in part.templates:
            if template.interface in self._templates:
                raise _twice("templates", template.interface)
            self._templates[template.interface] = template
        for structure in part.structures:
            if structure.identifier in self._structures:
                raise _twice("structures", structure.identifier)
            self._structures[structure.identifier] = structure
        if len(self._templates) + len(self._structures) > MAX_ITEMS:
            raise RemoteProtocolError(
                f"the declaration has more than {MAX_ITEMS} items", code="LIMIT_EXCEEDED"
            )

    def _finished(self, part: wire.Declare) -> Declaration:
        templates = _by_interface(list(self._templates.values()))
        structures = _by_identifier(list(self._structures.values()))
        digest = declaration_digest(templates, structures)
        if digest != part.digest:
            raise RemoteProtocolError(
                f"the digest is {digest!r}, not {part.digest[:100]!r}", code="CONFLICT"
            )
        self._start_over(None)
        return Declaration(digest, tuple(templates), tuple(structures), part.takeover)


def _twice(what: str, name: str) -> RemoteProtocolError:
    return RemoteProtocolError(f"two {what} are called {name[:100]!r}; rename one", code="CONFLICT")
