"""What belongs to rows that the principal was shown: many at a time, so that a list needs no query an item.

Where the schema promises an object (a template's app, a call's user), it is part of what is shown and is read
for the server itself; where it may be null, it is read for the principal, who may not see it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rekuest.server.domain.principal import Principal
from rekuest.server.service.read.page import viewer_of
from rekuest.server.store.read import Reads
from rekuest.server.store.rows import (
    AgentRow,
    AppRow,
    AssignationRow,
    NodeRow,
    ProgressRow,
    ProvisionRow,
    ReservationRow,
    TemplateRow,
    UserRow,
)

__all__ = ["Related"]

Ids = Sequence[str]


class Related:
    """Reads by id for one principal.  Each returns {id: what belongs to it}; what there is not has no entry."""

    def __init__(self, reads: Reads, principal: Principal) -> None:
        self._reads = reads
        self._viewer = viewer_of(principal)

    async def users(self, ids: Ids) -> Mapping[str, UserRow]:
        """Users by id."""
        return await self._reads.users.get_many(ids, viewer=None)

    async def apps(self, ids: Ids) -> Mapping[str, AppRow]:
        """Apps by id."""
        return await self._reads.apps.get_many(ids, viewer=None)

    async def nodes(self, ids: Ids) -> Mapping[str, NodeRow]:
        """Nodes by id."""
        return await self._reads.nodes.get_many(ids, viewer=None)

    async def templates(self, ids: Ids) -> Mapping[str, TemplateRow]:
        """Templates by id."""
        return await self._reads.templates.get_many(ids, viewer=None)

    async def agents(self, ids: Ids) -> Mapping[str, AgentRow]:
        """Agents by id."""
        return await self._reads.agents.get_many(ids, viewer=None)

    async def provisions(self, ids: Ids) -> Mapping[str, ProvisionRow]:
        """Provisions by id, those that the principal may see."""
        return await self._reads.provisions.get_many(ids, viewer=self._viewer)

    async def reservations(self, ids: Ids) -> Mapping[str, ReservationRow]:
        """Reservations by id, those that the principal may see."""
        return await self._reads.reservations.get_many(ids, viewer=self._viewer)

    async def assignations(self, ids: Ids) -> Mapping[str, AssignationRow]:
        """Calls by id, those that the principal may see."""
        return await self._reads.assignations.get_many(ids, viewer=self._viewer)

    async def progress(self, assignations: Ids) -> Mapping[str, ProgressRow]:
        """The newest progress by call."""
        return await self._reads.assignations.progress_of(assignations)

    async def words(self, nodes: Ids) -> Mapping[str, TemplateRow]:
        """The template whose words a node shows, by node: the oldest that the principal may see."""
        return await self._reads.templates.oldest_of_nodes(nodes, viewer=self._viewer)

    async def callable_nodes(self, nodes: Ids) -> Mapping[str, bool]:
        """True by node, for those that an agent can run for the principal now."""
        found = await self._reads.nodes.callable_among(nodes, viewer=self._viewer)
        return dict.fromkeys(found, True)

    async def declared_by(self, agents: Ids) -> Mapping[str, Sequence[TemplateRow]]:
        """What each agent declares."""
        return await self._reads.templates.of_agents(agents, viewer=self._viewer)

    async def hosts_of(self, templates: Ids) -> Mapping[str, Sequence[AgentRow]]:
        """The agents that declare each template."""
        return await self._reads.agents.of_templates(templates, viewer=self._viewer)

    async def behind(self, reservations: Ids) -> Mapping[str, Sequence[ProvisionRow]]:
        """The provisions behind each reservation."""
        return await self._reads.provisions.of_reservations(reservations, viewer=self._viewer)

    async def running_calls(self, provisions: Ids) -> Mapping[str, int]:
        """How many calls each provision works on."""
        return await self._reads.provisions.running_calls(provisions)
