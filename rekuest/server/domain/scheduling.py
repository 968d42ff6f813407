"""Which instance takes the next call, and where a new one is made.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random

from rekuest.api.enums import Strategy


@dataclass(frozen=True, slots=True)
class Candidate:
    """An active provision that may take the next call."""

    provision: str
    free: int  # credits that are not in use, at least 1
    last_used: int  # turn in which it took its last call; smaller is longer ago


def choose(
    strategy: Strategy, candidates: Sequence[Candidate], *, sticky: str | None, random: Random
) -> str | None:
    """Return the provision that takes the next call; None if no candidate may.

    Args:
        strategy: How the reservation wants it.
        candidates: Active provisions with a free credit.
        sticky: The provision that took the caller's last call; None: there is none.
        random: Where RANDOM gets its numbers.
    """
    if not candidates:
        return None
    if strategy is Strategy.RANDOM:
        return random.choice(candidates).provision
    if strategy is Strategy.STICKY and sticky is not None:
        for candidate in candidates:
            if candidate.provision == sticky:
                return sticky
    if strategy is Strategy.ROUND_ROBIN:
        return min(candidates, key=lambda one: one.last_used).provision
    return max(candidates, key=lambda one: (one.free, -one.last_used)).provision


@dataclass(frozen=True, slots=True)
class Place:
    """A connected agent on which a template could be provided."""

    agent: str
    template: str
    load: int  # how many provisions the agent keeps up already


def places_for(
    places: Iterable[Place], *, wanted: int, taken: frozenset[tuple[str, str]]
) -> list[Place]:
    """Return where `wanted` more instances are made, the least loaded agents first.

    Args:
        places: Where the node's templates could be provided.
        wanted: How many more instances are needed; none if it is not positive.
        taken: (agent, template) that have an instance already.
    """
    free = [place for place in places if (place.agent, place.template) not in taken]
    free.sort(key=lambda place: (place.load, place.agent))
    return free[: max(0, wanted)]
