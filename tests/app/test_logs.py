"""What a program that set up no logging sees."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from rekuest.app.logs import show_log


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    logger = logging.getLogger("rekuest")
    handlers, level, propagates = logger.handlers[:], logger.level, logger.propagate
    yield logger
    logger.handlers[:], logger.propagate = handlers, propagates
    logger.setLevel(level)


def test_lines_are_shown_on_stderr(
    logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    logger.propagate = False  # pytest's own handlers are logging as well
    show_log()
    logging.getLogger("rekuest.agent").info("connected")
    assert capsys.readouterr().err.endswith("INFO connected\n")


def test_logging_of_the_program_is_left_alone(logger: logging.Logger) -> None:
    logger.addHandler(logging.NullHandler())
    before = logger.handlers[:]
    show_log()
    assert logger.handlers == before
