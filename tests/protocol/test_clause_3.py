"""Clauses 3: declaring, as far as no store is needed.  Source: schema/PROTOCOL.md."""

from __future__ import annotations

import hashlib
import json

import pytest

from rekuest.api import wire
from rekuest.errors import RemoteProtocolError
from rekuest.protocol.declare import (
    DeclarationAssembler,
    declaration_digest,
    opening_declaration,
    split_declaration,
)
from rekuest.protocol.outbox import Outbox
from tests.protocol.messages import LIMITS, raw, template

IMAGE = wire.StructureDeclaration(identifier="@lab/image")
MANY = [template(f"f{number}", description="x" * 5_000) for number in range(100)]


def test_clause_3_3_a_first_declare_only_asks_for_the_digest() -> None:
    opening = opening_declaration("d1", takeover=True)
    assert (opening.part, opening.last, opening.templates, opening.takeover) == (0, False, [], True)


def test_clause_3_3_the_parts_are_numbered_and_fit_the_limits() -> None:
    parts = split_declaration(MANY, [IMAGE], limits=LIMITS)
    assert [part.part for part in parts] == list(range(len(parts)))
    assert [part.last for part in parts] == [False] * (len(parts) - 1) + [True]
    outbox = Outbox(LIMITS, 1 << 20)
    for part in parts:
        outbox.put(part)
    assert sum(len(part.templates) for part in parts) == 100


def test_clause_3_4_nothing_is_visible_before_the_last_part() -> None:
    parts = split_declaration(MANY, [IMAGE], limits=LIMITS)
    assembler = DeclarationAssembler()
    assert [assembler.add(part) for part in parts[:-1]] == [None] * (len(parts) - 1)
    declaration = assembler.add(parts[-1])
    assert declaration is not None
    assert {one.interface for one in declaration.templates} == {one.interface for one in MANY}
    assert declaration.structures == (IMAGE,)


def test_clause_3_4_parts_out_of_order_start_over() -> None:
    parts = split_declaration(MANY, [], limits=LIMITS)
    assembler = DeclarationAssembler()
    assembler.add(parts[0])
    for wrong in (parts[2], parts[1], parts[1].model_copy(update={"digest": "other"})):
        with pytest.raises(RemoteProtocolError) as caught:
            assembler.add(wrong)
        assert caught.value.code == "OUT_OF_PLACE"
    *first, last = parts
    assert [assembler.add(part) for part in first] == [None] * len(first)
    assert assembler.add(last) is not None


def test_clause_3_5_the_digest_is_of_the_canonical_json() -> None:
    one, two = template("one"), template("two", description="zwei ü")
    plain = [raw(one), raw(two)]
    canonical = {"structures": [{"identifier": "@lab/image"}], "templates": plain}
    text = json.dumps(canonical, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert declaration_digest([two, one], [IMAGE]) == digest
    assert declaration_digest([one, two], [IMAGE]) == digest
    assert declaration_digest([one], [IMAGE]) != digest


def test_clause_3_5_a_digest_that_does_not_match_is_a_conflict() -> None:
    (part,) = split_declaration([template("f")], [], limits=LIMITS)
    with pytest.raises(RemoteProtocolError) as caught:
        DeclarationAssembler().add(part.model_copy(update={"digest": "other"}))
    assert caught.value.code == "CONFLICT"


def test_clause_3_7_two_templates_of_one_interface_are_a_conflict() -> None:
    (part,) = split_declaration([template("f"), template("f")], [], limits=LIMITS)
    with pytest.raises(RemoteProtocolError, match="'f'") as caught:
        DeclarationAssembler().add(part)
    assert caught.value.code == "CONFLICT"
