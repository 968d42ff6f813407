"""What makes a node another node, and what does not."""

from __future__ import annotations

from typing import Any

import pytest

from rekuest.api import wire
from rekuest.definition import define, node_hash

from .shapes import Colour


def scale(x: int, colour: Colour = Colour.RED) -> list[float]:
    """Scale."""
    return []


TEMPLATE = define(scale).template
HASH = node_hash("org", TEMPLATE)


def changed(**fields: Any) -> wire.TemplateDeclaration:
    """Change fields of the template."""
    return TEMPLATE.model_copy(update=fields)


def changed_port(index: int, **fields: Any) -> wire.TemplateDeclaration:
    """Change fields of one port."""
    ports = list(TEMPLATE.ports)
    ports[index] = ports[index].model_copy(update=fields)
    return changed(ports=ports)


GT = wire.Constraint.model_validate({"kind": "GT", "value": 1})
LT = wire.Constraint.model_validate({"kind": "LT", "value": 9})


def test_the_hash_is_sha256_in_hexadecimal() -> None:
    assert len(bytes.fromhex(HASH)) == 32


@pytest.mark.parametrize(
    "template",
    [
        changed(interface="other"),
        changed(title="Other", description="Other", labels=["gpu"], concurrency=7),
        changed_port(0, description="Other", label="Other", group="g"),
        changed_port(1, default="GREEN"),
        changed_port(1, choices=[wire.Choice(key=it.name, label="x") for it in Colour]),
    ],
)
def test_words_change_nothing(template: wire.TemplateDeclaration) -> None:
    assert node_hash("org", template) == HASH


@pytest.mark.parametrize(
    "template",
    [
        changed(name="other"),
        changed(kind="GENERATOR"),
        changed(idempotent=True),
        changed(pure=True),
        changed_port(0, key="y"),
        changed_port(0, kind="FLOAT"),
        changed_port(0, nullable=True),
        changed_port(0, has_default=True),
        changed_port(0, constraints=[GT]),
        changed_port(1, identifier="Color"),
        changed_port(1, choices=[wire.Choice(key="RED")]),
        changed(ports=TEMPLATE.ports[:1]),
    ],
)
def test_types_and_promises_make_another_node(template: wire.TemplateDeclaration) -> None:
    assert node_hash("org", template) != HASH


def test_another_organization_has_another_node() -> None:
    assert node_hash("other", TEMPLATE) != HASH


def test_the_order_of_constraints_is_nothing() -> None:
    one, other = changed_port(0, constraints=[GT, LT]), changed_port(0, constraints=[LT, GT])
    assert node_hash("org", one) == node_hash("org", other)


def test_parts_belong_to_the_identity() -> None:
    assert node_hash("org", changed_port(3, kind="INT")) != HASH
    assert node_hash("org", changed_port(3, parent=0)) != HASH


def test_the_hash_survives_the_wire() -> None:
    text = TEMPLATE.model_dump_json(by_alias=True, exclude_none=True)
    assert node_hash("org", wire.TemplateDeclaration.model_validate_json(text)) == HASH
