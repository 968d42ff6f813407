"""Runs what shrinking and expanding leave to be run: the structures' own functions."""

from __future__ import annotations

import asyncio
from typing import Any

from rekuest.structures import Begun, Job

__all__ = ["finish"]


async def finish(begun: Begun) -> dict[str, Any]:
    """Run the jobs of a conversion, all at once, and complete it.

    Returns:
        {port key: converted value}.

    Raises:
        ShrinkError: When shrinking, a job failed.
        ExpandError: When expanding, a job failed.
    """
    if not begun.jobs:  # plain values, nearly always
        return begun.finish()
    return begun.finish(await asyncio.gather(*map(_run, begun.jobs), return_exceptions=True))


async def _run(job: Job) -> Any:
    if job.is_async:
        return await job.call()
    return await asyncio.to_thread(job.call)
