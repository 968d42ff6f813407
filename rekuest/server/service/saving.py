"""Writes whose outcome changes no decision: they are stored, or the log says that they are not."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from rekuest.server.store.commands import Command
from rekuest.server.store.store import Store

logger = logging.getLogger(__name__)


def save(
    store: Store,
    command: Command,
    then: Callable[[], object] | None = None,
    otherwise: Callable[[], object] | None = None,
) -> None:
    """Queue a write; `then` is called once it is stored, `otherwise` if it cannot be.

    What is lost with a failed one is found out by the next sweep or the next start, which compare the store with the
    world again.
    """

    def finished(future: asyncio.Future[Any]) -> None:
        if future.cancelled():
            return
        if (error := future.exception()) is not None:
            logger.error("a %s is not stored: %s", type(command).__name__, error)
            if otherwise is not None:
                otherwise()
        elif then is not None:
            then()

    store.write(command).add_done_callback(finished)
