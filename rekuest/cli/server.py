"""`rekuest server`."""

from __future__ import annotations

import logging
import sys
from typing import Any

from pydantic import ValidationError

from rekuest.errors import UsageError
from rekuest.server.main import run
from rekuest.server.settings import ServerSettings

__all__ = ["read_settings", "run_server"]


def read_settings(**given: Any) -> ServerSettings:
    """Return the settings: those given, else the environment's, else the defaults.

    Raises:
        UsageError: One of them cannot be; names it, and its variable.
    """
    try:
        return ServerSettings(**given)
    except ValidationError as exc:
        raise UsageError("; ".join(_said(error) for error in exc.errors())) from exc


def run_server(**given: Any) -> None:
    """Run a server until it is told to end; `given` are fields of `ServerSettings`."""
    settings = read_settings(**given)
    _show_log(getattr(logging, settings.log_level.upper()))
    run(settings)


def _show_log(level: int) -> None:
    """Write log lines to stderr; `DEBUG` is for ours alone.

    Libraries write frames and parameters of statements at that level, and with them tokens and argument values.
    """
    logging.basicConfig(
        stream=sys.stderr,
        level=max(level, logging.INFO),
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    logging.getLogger("rekuest").setLevel(level)


def _said(error: Any) -> str:
    message = str(error["msg"]).removeprefix("Value error, ")
    if not error["loc"]:
        return message
    name = str(error["loc"][0])
    return f"--{name.replace('_', '-')} (REKUEST_{name.upper()}): {message}"
