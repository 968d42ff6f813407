"""What every part of the service is given."""

from __future__ import annotations

from dataclasses import dataclass

from rekuest.clock import Clock
from rekuest.server.bus import Bus
from rekuest.server.service.tasks import Tasks
from rekuest.server.service.view import View
from rekuest.server.store.store import Store


@dataclass(frozen=True, slots=True)
class Rules:
    """What the service keeps to; durations are seconds."""

    lease_duration: float = 10.0  # silence after which an agent is lost
    sweep_interval: float = 1.0  # how often what is wanted is compared with what is
    open_calls: int = 10_000  # of one user, not ended.  Source: schema/PROTOCOL.md, 5.8
    queued_calls: int = 10_000  # that wait in one reservation


@dataclass(frozen=True, slots=True)
class Context:
    """The world of one service."""

    view: View
    store: Store
    bus: Bus
    clock: Clock
    rules: Rules
    tasks: Tasks
