"""Which functions are the same node: equal in everything but words.  Called by the server."""

from __future__ import annotations

import hashlib
import json

from rekuest.api import wire

__all__ = ["node_hash"]


def node_hash(organization: str, template: wire.TemplateDeclaration) -> str:
    """Return the identity of the node that a template implements.

    Docstrings, titles, labels, widgets, groups and the values of defaults are words: they change nothing.

    Args:
        organization: Id of the organization; the same function is another node in another one.
        template: What was declared.

    Returns:
        The hexadecimal SHA-256 over the canonical JSON of what identifies the node.
    """
    identity = {
        "organization": organization,
        "name": template.name,
        "kind": str(template.kind),
        "idempotent": template.idempotent,
        "pure": template.pure,
        "ports": [_identify(port) for port in template.ports],
    }
    return hashlib.sha256(_canonical(identity).encode()).hexdigest()


def _identify(port: wire.Port) -> dict[str, object]:
    constraints = [[str(it.kind), it.value] for it in port.constraints]
    return {
        "parent": port.parent,  # with the order of the list: which parts are inside which port
        "direction": str(port.direction),
        "key": port.key,
        "kind": str(port.kind),
        "identifier": port.identifier,
        "choices": [choice.key for choice in port.choices or ()],
        "nullable": port.nullable,
        "hasDefault": port.has_default,
        "constraints": sorted(constraints, key=_canonical),
    }


def _canonical(value: object) -> str:
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
