"""Reads of nodes."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Select, and_, or_, select, true

from rekuest.server.store import tables
from rekuest.server.store.page import Listed, Order, Page
from rekuest.server.store.read.query import Condition, Source, given
from rekuest.server.store.read.reader import Reader
from rekuest.server.store.read.visible import visible_nodes, visible_templates
from rekuest.server.store.rows import NodeRow
from rekuest.server.store.viewer import Viewer

__all__ = ["NodeReads"]

_node = tables.node.c
_template = tables.template.c
_app = tables.app.c


class NodeReads:
    """Reads of nodes."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._source = Source(
            reader,
            tables.node,
            NodeRow,
            visible_nodes,
            orders={"NAME": ("name",), "CREATED_AT": ("created_at",)},
        )

    async def get(self, id: str, *, viewer: Viewer | None) -> NodeRow | None:
        """Read one by id; None if there is none that the viewer may see."""
        return await self._source.one(viewer, _node.id == id)

    async def by_hash(self, hash: str, *, viewer: Viewer | None) -> NodeRow | None:
        """Read one by its identity; None if there is none that the viewer may see."""
        return await self._source.one(viewer, _node.hash == hash)

    async def get_many(self, ids: Iterable[str], *, viewer: Viewer | None) -> dict[str, NodeRow]:
        """Read many by id: {id: row}, without those that the viewer may not see."""
        return await self._source.many(viewer, ids)

    async def callable_among(self, ids: Iterable[str], *, viewer: Viewer | None) -> frozenset[str]:
        """Return which of these nodes an agent can run for the viewer now: connected, or in its lease."""
        query = _callable(viewer).where(_template.node.in_(set(ids)))
        return frozenset(node for (node,) in await self._reader.run(query))

    async def list_page(
        self,
        *,
        viewer: Viewer | None,
        page: Page,
        order: Order | None = None,
        interface: str | None = None,
        name: str | None = None,
        search: str | None = None,
        app: str | None = None,
        owner: str | None = None,
        kind: str | None = None,
        takes: str | None = None,
        returns: str | None = None,
        is_callable: bool | None = None,
    ) -> Listed[NodeRow]:
        """Read a page.  `interface`, `app` and `owner` must hold for one template that is declared at present.

        Args:
            viewer: Who asks.
            page: Which part.
            order: By a `NodeOrderField`.  None: by name.
            interface: Implemented under exactly this interface.
            name: Exactly this name.
            search: Part of name, title or description, in any case.
            app: Implemented by an app with this identifier.
            owner: Implemented by an app of the user with this id.
            kind: Of this `NodeKind`.
            takes: Takes, also as a part, the structure, model or enum with this identifier.
            returns: Returns, also as a part, the structure, model or enum with this identifier.
            is_callable: Only those that can, or cannot, be called now.

        Raises:
            CursorError: `page.after` is not of this list in this order.
        """
        conditions = given(
            (
                (name, _node.name.__eq__),
                (kind, _node.kind.__eq__),
                (search, lambda term: _found(term, viewer)),
                (takes, lambda identifier: _has_port("ARGUMENT", identifier)),
                (returns, lambda identifier: _has_port("RETURN", identifier)),
                (is_callable, lambda wanted: _node.id.in_(_callable(viewer)) == wanted),
            )
        )
        implemented = given(
            (
                (interface, _template.interface.__eq__),
                (app, _app.identifier.__eq__),
                (owner, _app.owner.__eq__),
            )
        )
        if implemented:
            conditions.append(_node.id.in_(_implementations(viewer).where(*implemented)))
        return await self._source.page(viewer, page, order or Order("NAME"), conditions)


def _seen(viewer: Viewer | None) -> Condition:
    return true() if viewer is None else visible_templates(viewer)


def _implementations(viewer: Viewer | None) -> Select[tuple[str]]:
    """Select the nodes of templates that are declared at present and that the viewer may see."""
    return (
        select(_template.node)
        .join_from(tables.template, tables.app, _app.id == _template.app)
        .where(_template.is_declared, _seen(viewer))
    )


def _callable(viewer: Viewer | None) -> Select[tuple[str]]:
    """Select the nodes that an agent can run for the viewer now."""
    link, agent = tables.agent_template, tables.agent
    return (
        _implementations(viewer)
        .join(link, link.c.template == _template.id)
        .join(agent, agent.c.id == link.c.agent)
        .where(~_app.is_blocked, ~agent.c.is_blocked, agent.c.status != "DISCONNECTED")
    )


def _found(term: str, viewer: Viewer | None) -> Condition:
    described = or_(
        _template.title.icontains(term, autoescape=True),
        _template.description.icontains(term, autoescape=True),
    )
    templates = select(_template.node).where(and_(described, _seen(viewer)))
    return or_(_node.name.icontains(term, autoescape=True), _node.id.in_(templates))


def _has_port(direction: str, identifier: str) -> Condition:
    port = tables.node_port.c
    matching = (port.direction == direction) & (port.identifier == identifier)
    return _node.id.in_(select(port.node).where(matching))
