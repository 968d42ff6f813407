"""The parts of a service, put together in the order in which they need each other."""

from __future__ import annotations

from rekuest.server.service.agent import Agents
from rekuest.server.service.assignation import Assignations, Remind
from rekuest.server.service.context import Context
from rekuest.server.service.declaration import Declarations
from rekuest.server.service.dispatch import Dispatcher
from rekuest.server.service.divergence import Divergence
from rekuest.server.service.following import Following
from rekuest.server.service.provision import Provisions
from rekuest.server.service.recorder import Recorder
from rekuest.server.service.report import Reports
from rekuest.server.service.reservation import Reservations
from rekuest.server.service.sessions import Sessions
from rekuest.server.service.tail import Tail


class Parts:
    """One of each."""

    def __init__(self, context: Context, remind: Remind) -> None:
        self.tail = Tail(context.store)
        self.recorder = Recorder(context)
        self.following = Following(context, self.recorder)
        self.dispatcher = Dispatcher(context, self.recorder)
        self.provisions = Provisions(context)
        self.reservations = Reservations(context, self.recorder, self.dispatcher, self.provisions)
        self.assignations = Assignations(
            context, self.recorder, self.dispatcher, self.reservations, remind
        )
        self.reports = Reports(context, self.recorder, self.dispatcher, self.tail)
        self.divergence = Divergence(
            context, self.recorder, self.dispatcher, self.reports, self.following
        )
        self.agents = Agents(
            context, self.provisions, self.reservations, self.reports, self.dispatcher
        )
        self.declarations = Declarations(context, self.agents, self.provisions, self.dispatcher)
        self.sessions = Sessions(
            context, self.recorder, self.agents, self.assignations, self.reservations
        )
