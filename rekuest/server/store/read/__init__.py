"""Everything that can be read, one class a concept, for any backend that SQLAlchemy speaks.

`viewer` limits what is seen to what is theirs; None is the server itself, which sees all.  What a viewer may not
see looks like what does not exist.  `get_many` answers for many ids at once, so that a list needs no query an item.
"""

from __future__ import annotations

from rekuest.server.store.read.agent import AgentReads
from rekuest.server.store.read.app import AppReads
from rekuest.server.store.read.assignation import AssignationReads
from rekuest.server.store.read.client import ClientReads
from rekuest.server.store.read.node import NodeReads
from rekuest.server.store.read.organization import OrganizationReads
from rekuest.server.store.read.provision import ProvisionReads
from rekuest.server.store.read.reader import Reader
from rekuest.server.store.read.reservation import ReservationReads
from rekuest.server.store.read.structure import StructureReads
from rekuest.server.store.read.template import TemplateReads
from rekuest.server.store.read.user import UserReads

__all__ = ["Reads"]


class Reads:
    """The reads of one record."""

    def __init__(self, reader: Reader) -> None:
        self.organizations = OrganizationReads(reader)
        self.users = UserReads(reader)
        self.clients = ClientReads(reader)
        self.apps = AppReads(reader)
        self.nodes = NodeReads(reader)
        self.templates = TemplateReads(reader)
        self.structures = StructureReads(reader)
        self.agents = AgentReads(reader)
        self.provisions = ProvisionReads(reader)
        self.reservations = ReservationReads(reader)
        self.assignations = AssignationReads(reader)
