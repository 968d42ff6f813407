"""Where files of the user lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from rekuest.paths import data_dir, default_data_dir

HOME = Path("/home/ada")


@pytest.mark.parametrize(
    ("environ", "platform", "expected"),
    [
        ({}, "linux", "/home/ada/.local/share/rekuest"),
        ({"XDG_DATA_HOME": "/data"}, "linux", "/data/rekuest"),
        ({"XDG_DATA_HOME": "relative"}, "linux", "/home/ada/.local/share/rekuest"),
        ({}, "darwin", "/home/ada/Library/Application Support/rekuest"),
        ({"LOCALAPPDATA": "/appdata"}, "win32", "/appdata/rekuest"),
        ({}, "win32", "/home/ada/AppData/Local/rekuest"),
    ],
)
def test_default_data_dir(environ: dict[str, str], platform: str, expected: str) -> None:
    assert default_data_dir(environ, platform, HOME) == Path(expected)


def test_data_dir_is_what_the_environment_says() -> None:
    assert data_dir({"REKUEST_DATA_DIR": "/srv/rekuest"}) == Path("/srv/rekuest")


def test_data_dir_without_the_environment_is_the_default() -> None:
    assert data_dir({"XDG_DATA_HOME": "/data"}) == Path("/data/rekuest")
