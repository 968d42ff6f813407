"""Writes of what agents declare: nodes, templates, structures, and the links between them."""

from __future__ import annotations

from sqlite3 import Connection
from typing import Any

from rekuest.server.store import tables
from rekuest.server.store.commands import DeclaredTemplate, ReplaceDeclaration
from rekuest.server.store.rows import NodeRow, StructureRow
from rekuest.server.store.sqlite.codec import Codec, dump_json

_FENCE = "UPDATE agent SET digest = ?, last_seen_at = ? WHERE id = ? AND epoch = ?"
_UNLINK = "DELETE FROM agent_template WHERE agent = ?"
_LINK = "INSERT INTO agent_template (agent, template) VALUES (?, ?)"
_RETIRE = """
    UPDATE template SET is_declared = 0 WHERE app = ? AND is_declared
    AND NOT EXISTS (SELECT 1 FROM agent_template WHERE template = template.id)
"""

_NODE = Codec(NodeRow, tables.node)
_SAVE_NODE = f"{_NODE.insert} ON CONFLICT (hash) DO NOTHING"
_FIND_NODE = "SELECT id FROM node WHERE hash = ?"
_SAVE_PORT = """
    INSERT INTO node_port (node, direction, identifier) VALUES (?, ?, ?) ON CONFLICT DO NOTHING
"""

_SAVE_TEMPLATE = """
    INSERT INTO template (id, app, node, interface, body, title, description, is_declared, created_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?)
    ON CONFLICT (app, interface, node) DO UPDATE SET
    body = excluded.body, title = excluded.title, description = excluded.description, is_declared = 1
"""
_FIND_TEMPLATE = "SELECT id FROM template WHERE app = ? AND interface = ? AND node = ?"
_DROP_LABELS = "DELETE FROM template_label WHERE template = ?"
_SAVE_LABEL = """
    INSERT INTO template_label (template, label) VALUES (?, ?) ON CONFLICT DO NOTHING
"""

_STRUCTURE = Codec(StructureRow, tables.structure)
_SAVE_STRUCTURE = f"{_STRUCTURE.insert} ON CONFLICT (organization, identifier) DO NOTHING"

Declaration = dict[str, tuple[str, str]]  # {interface: (template id, node id)}


def replace_declaration(connection: Connection, command: ReplaceDeclaration) -> Declaration | None:
    """Carry out `ReplaceDeclaration`."""
    fence = (command.digest, command.at, command.agent, command.epoch)
    if not connection.execute(_FENCE, fence).rowcount:
        return None
    declared: Declaration = {}
    for template in command.templates:
        node = _save_node(connection, command, template)
        declared[template.interface] = (_save_template(connection, command, template, node), node)
    connection.execute(_UNLINK, (command.agent,))
    links = [(command.agent, template) for template, _ in declared.values()]
    connection.executemany(_LINK, links)
    connection.execute(_RETIRE, (command.app,))
    for id, identifier, description in command.structures:
        row = StructureRow(id, command.organization, identifier, description, command.at)
        connection.execute(_SAVE_STRUCTURE, _STRUCTURE.dump(row))
    return declared


def _save_node(
    connection: Connection, command: ReplaceDeclaration, template: DeclaredTemplate
) -> str:
    body = template.body
    row = NodeRow(
        id=template.node_id,
        hash=template.node_hash,
        organization=command.organization,
        name=body["name"],
        kind=body["kind"],
        idempotent=body["idempotent"],
        pure=body["pure"],
        created_at=command.at,
    )
    if not connection.execute(_SAVE_NODE, _NODE.dump(row)).rowcount:
        (id,) = connection.execute(_FIND_NODE, (template.node_hash,)).fetchone()
        return str(id)
    ports = [(row.id, port["direction"], port["identifier"]) for port in _named(body["ports"])]
    connection.executemany(_SAVE_PORT, ports)
    return row.id


def _named(ports: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [port for port in ports if port.get("identifier") is not None]


def _save_template(
    connection: Connection, command: ReplaceDeclaration, template: DeclaredTemplate, node: str
) -> str:
    body = template.body
    words = (dump_json(body), body["title"], body.get("description"))
    values = (template.id, command.app, node, template.interface, *words, command.at)
    connection.execute(_SAVE_TEMPLATE, values)
    identity = (command.app, template.interface, node)
    (id,) = connection.execute(_FIND_TEMPLATE, identity).fetchone()
    connection.execute(_DROP_LABELS, (id,))
    connection.executemany(_SAVE_LABEL, [(id, label) for label in body.get("labels", ())])
    return str(id)
