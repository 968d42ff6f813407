"""Each backend carries out every command there is."""

from __future__ import annotations

from typing import get_args

from rekuest.server.store.commands import Command
from rekuest.server.store.sqlite.dispatch import CARRY_OUT


def test_sqlite_carries_out_every_command() -> None:
    assert set(CARRY_OUT) == set(get_args(Command))
