"""Reads of templates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import select

from rekuest.server.store import tables
from rekuest.server.store.page import Listed, Order, Page
from rekuest.server.store.read.query import Condition, Source, given
from rekuest.server.store.read.reader import Reader
from rekuest.server.store.read.visible import visible_templates
from rekuest.server.store.rows import TemplateRow
from rekuest.server.store.viewer import Viewer

__all__ = ["TemplateReads"]

_template = tables.template.c


class TemplateReads:
    """Reads of templates."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._source = Source(
            reader,
            tables.template,
            TemplateRow,
            visible_templates,
            orders={"CREATED_AT": ("created_at",), "INTERFACE": ("interface",)},
        )

    async def get(self, id: str, *, viewer: Viewer | None) -> TemplateRow | None:
        """Read one by id; None if there is none that the viewer may see."""
        return await self._source.one(viewer, _template.id == id)

    async def get_many(
        self, ids: Iterable[str], *, viewer: Viewer | None
    ) -> dict[str, TemplateRow]:
        """Read many by id: {id: row}, without those that the viewer may not see."""
        return await self._source.many(viewer, ids)

    async def oldest_of_nodes(
        self, nodes: Iterable[str], *, viewer: Viewer | None
    ) -> dict[str, TemplateRow]:
        """Read, for each node, the oldest template that the viewer may see: whose words the node shows."""
        query = self._source.select(viewer, _template.node.in_(set(nodes)))
        query = query.order_by(_template.created_at.desc(), _template.id.desc())
        rows = (TemplateRow(*row) for row in await self._reader.run(query))
        return {row.node: row for row in rows}  # the last one of a node wins: the oldest

    async def of_agents(
        self, agents: Iterable[str], *, viewer: Viewer | None
    ) -> dict[str, list[TemplateRow]]:
        """Read what each agent declares: {agent id: templates by interface}, an entry for each agent that declares."""
        link = tables.agent_template.c
        query = (
            self._source.select(viewer, link.agent.in_(set(agents)))
            .add_columns(link.agent)
            .join_from(tables.template, tables.agent_template, link.template == _template.id)
            .order_by(_template.interface, _template.id)
        )
        declared: dict[str, list[TemplateRow]] = defaultdict(list)
        for *row, agent in await self._reader.run(query):
            declared[agent].append(TemplateRow(*row))
        return dict(declared)

    async def list_page(
        self,
        *,
        viewer: Viewer | None,
        page: Page,
        order: Order | None = None,
        interface: str | None = None,
        node: str | None = None,
        app: str | None = None,
        label: str | None = None,
        is_declared: bool | None = None,
    ) -> Listed[TemplateRow]:
        """Read a page.

        Args:
            viewer: Who asks.
            page: Which part.
            order: By a `TemplateOrderField`.  None: oldest first.
            interface: Exactly this interface.
            node: Of the node with this id.
            app: Of the app with this id.
            label: Carries this label.
            is_declared: Only those that are, or are not, declared at present.

        Raises:
            CursorError: `page.after` is not of this list in this order.
        """
        conditions = given(
            (
                (interface, _template.interface.__eq__),
                (node, _template.node.__eq__),
                (app, _template.app.__eq__),
                (label, _labelled),
                (is_declared, _template.is_declared.__eq__),
            )
        )
        return await self._source.page(viewer, page, order or Order("CREATED_AT"), conditions)


def _labelled(label: str) -> Condition:
    carried = tables.template_label.c
    return _template.id.in_(select(carried.template).where(carried.label == label))
