"""Carries out what `structures` leaves to its caller: shrinks and expansions, side by side.

`structures` does no I/O: it returns the jobs of one call as a list and takes their results back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from rekuest.actors.threads import WorkerThreads
from rekuest.structures.jobs import Begun, Job

__all__ = ["convert"]

MAX_JOBS = 16  # of one call at a time: a list of 10,000 references must not become 10,000 threads


async def convert(begun: Begun, workers: WorkerThreads) -> dict[str, Any]:
    """Run the jobs of a conversion and finish it.

    Args:
        begun: As `Shrinker.begin` or `Expander.begin` returned it.
        workers: Where synchronous jobs run.

    Returns:
        {port key: value}, as `begun.finish` gives it.

    Raises:
        ShrinkError: Values cannot be shrunk; names all of them.
        ExpandError: Values cannot be expanded; names all of them.
    """
    jobs = begun.jobs
    if not jobs:
        return begun.finish(())
    if len(jobs) == 1:
        return begun.finish((await _run(jobs[0], workers),))
    return begun.finish(await _run_all(jobs, workers))


async def _run_all(jobs: Sequence[Job], workers: WorkerThreads) -> list[object]:
    slots = asyncio.Semaphore(MAX_JOBS)

    async def run(job: Job) -> object:
        async with slots:
            return await _run(job, workers)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(run(job)) for job in jobs]
    return [asyncio.CancelledError() if task.cancelled() else task.result() for task in tasks]


async def _run(job: Job, workers: WorkerThreads) -> object:
    if not job.is_async:
        finished = await workers.run(job.call)
        return finished.value if finished.error is None else finished.error
    try:
        return await job.call()
    except asyncio.CancelledError:
        raise
    except BaseException as exc:  # noqa: BLE001 - user code; the error becomes one of the failures
        return exc
