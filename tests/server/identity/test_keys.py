"""The signing key lives in the data folder, for its owner only."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rekuest.errors import UsageError
from rekuest.server.identity.keys import KEY_FILE, load_key


def test_the_key_is_made_once(tmp_path: Path) -> None:
    first = load_key(tmp_path / "new")
    assert load_key(tmp_path / "new").as_dict(private=True) == first.as_dict(private=True)


@pytest.mark.skipif(os.name == "nt", reason="POSIX modes")
def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    load_key(tmp_path / "new")
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "new" / KEY_FILE).stat().st_mode & 0o777 == 0o600


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_text("{}")
    with pytest.raises(UsageError, match=KEY_FILE):
        load_key(tmp_path)
