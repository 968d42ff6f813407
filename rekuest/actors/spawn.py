"""Which kind of actor runs which kind of function."""

from __future__ import annotations

from rekuest.actors.actor import Actor
from rekuest.actors.functions import AsyncFunctionActor, ThreadFunctionActor
from rekuest.actors.generators import AsyncGeneratorActor, ThreadGeneratorActor
from rekuest.actors.threads import WorkerThreads
from rekuest.definition import CallKind, Definition

__all__ = ["spawn"]

_ACTORS: dict[CallKind, type[Actor]] = {
    CallKind.ASYNC_GENERATOR: AsyncGeneratorActor,
    CallKind.COROUTINE: AsyncFunctionActor,
    CallKind.FUNCTION: ThreadFunctionActor,
    CallKind.GENERATOR: ThreadGeneratorActor,
}


def spawn(definition: Definition, workers: WorkerThreads) -> Actor:
    """Make the actor of a definition.

    Args:
        definition: What to run and what its ports are.
        workers: Where synchronous code runs; shared by all actors of an agent.
    """
    return _ACTORS[definition.kind](definition, workers)
