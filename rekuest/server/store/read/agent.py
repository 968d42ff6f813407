"""Reads of agents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import func, select

from rekuest.server.store import tables
from rekuest.server.store.page import Listed, Order, Page
from rekuest.server.store.read.query import Condition, Source, given
from rekuest.server.store.read.reader import Reader
from rekuest.server.store.read.visible import visible_agents
from rekuest.server.store.rows import AgentRow
from rekuest.server.store.viewer import Viewer

__all__ = ["AgentReads"]

_agent = tables.agent.c


class AgentReads:
    """Reads of agents."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._source = Source(
            reader,
            tables.agent,
            AgentRow,
            visible_agents,
            orders={
                "LAST_SEEN_AT": ("last_seen_at",),
                "CREATED_AT": ("created_at",),
                "INSTANCE_ID": ("instance_id",),
            },
        )

    async def get(self, id: str, *, viewer: Viewer | None) -> AgentRow | None:
        """Read one by id; None if there is none that the viewer may see."""
        return await self._source.one(viewer, _agent.id == id)

    async def get_many(self, ids: Iterable[str], *, viewer: Viewer | None) -> dict[str, AgentRow]:
        """Read many by id: {id: row}, without those that the viewer may not see."""
        return await self._source.many(viewer, ids)

    async def of_templates(
        self, templates: Iterable[str], *, viewer: Viewer | None
    ) -> dict[str, list[AgentRow]]:
        """Read who declares each template: {template id: agents by instance}, an entry for each that is declared."""
        link = tables.agent_template.c
        query = (
            self._source.select(viewer, link.template.in_(set(templates)))
            .add_columns(link.template)
            .join_from(tables.agent, tables.agent_template, link.agent == _agent.id)
            .order_by(_agent.instance_id, _agent.id)
        )
        hosts: dict[str, list[AgentRow]] = defaultdict(list)
        for *row, template in await self._reader.run(query):
            hosts[template].append(AgentRow(*row))
        return dict(hosts)

    async def count_connected(self, *, viewer: Viewer | None) -> int:
        """Count the agents that are connected and that the viewer may see."""
        connected = self._source.select(viewer, _agent.status == "CONNECTED").subquery()
        ((count,),) = await self._reader.run(select(func.count()).select_from(connected))
        return int(count)

    async def list_page(
        self,
        *,
        viewer: Viewer | None,
        page: Page,
        order: Order | None = None,
        app: str | None = None,
        app_id: str | None = None,
        instance_id: str | None = None,
        status: str | None = None,
    ) -> Listed[AgentRow]:
        """Read a page.

        Args:
            viewer: Who asks.
            page: Which part.
            order: By an `AgentOrderField`.  None: last seen first.
            app: Of an app with this identifier.
            app_id: Of the app with this id.
            instance_id: Exactly this instance name.
            status: In this `AgentStatus`.

        Raises:
            CursorError: `page.after` is not of this list in this order.
        """
        conditions = given(
            (
                (app, _of_app),
                (app_id, _agent.app.__eq__),
                (instance_id, _agent.instance_id.__eq__),
                (status, _agent.status.__eq__),
            )
        )
        order = order or Order("LAST_SEEN_AT", "DESC")
        return await self._source.page(viewer, page, order, conditions)


def _of_app(identifier: str) -> Condition:
    return _agent.app.in_(select(tables.app.c.id).where(tables.app.c.identifier == identifier))
