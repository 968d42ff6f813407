"""Shows what the library logs when a program runs an app and has not set up logging itself."""

from __future__ import annotations

import logging
import sys

__all__ = ["show_log"]


def show_log() -> None:
    """Write the library's log lines to stderr, unless the program has any logging of its own."""
    logger = logging.getLogger("rekuest")
    if logger.hasHandlers():
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
