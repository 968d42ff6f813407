"""What can be set, and where it comes from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from rekuest.paths import default_data_dir
from rekuest.server.settings import ServerSettings, is_loopback

DOCS = Path(__file__).parents[2] / "docs" / "server.md"


def test_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REKUEST_DATA_DIR", raising=False)
    settings = ServerSettings()
    assert (settings.host, settings.port, settings.durability) == ("127.0.0.1", 8090, "power")
    assert settings.data_dir == default_data_dir()
    assert (settings.heartbeat_interval, settings.lease_duration) == (5.0, 10.0)
    assert not settings.dev


def test_the_environment_fills_what_is_not_given(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REKUEST_PORT", "0")
    monkeypatch.setenv("REKUEST_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("REKUEST_DEV", "1")
    monkeypatch.setenv("REKUEST_DURABILITY", "process")
    monkeypatch.setenv("REKUEST_CLIENT_ID", "of the client, not of the server")
    settings = ServerSettings(port=7)
    assert (settings.port, settings.data_dir, settings.dev) == (7, tmp_path, True)
    assert settings.durability == "process"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "::1", "[::1]"])
def test_names_of_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "lab.example", ""])
def test_other_machines_are_let_in_on_purpose_only(host: str) -> None:
    with pytest.raises(ValidationError, match="--allow-remote"):
        ServerSettings(host=host)
    assert ServerSettings(host=host, allow_remote=True).host == host


def test_the_data_folder_may_be_in_the_users_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REKUEST_DATA_DIR", "~/of-rekuest")
    assert ServerSettings().data_dir == Path.home() / "of-rekuest"


def test_docs_list_every_setting_with_its_default() -> None:
    rows = re.findall(r"^\| `(REKUEST_\w+)` \|[^|]*\| ([^|]+) \|", DOCS.read_text(), re.MULTILINE)
    written = {True: "1", False: "0", (): "none"}
    defaults = {
        f"REKUEST_{name.upper()}": str(written.get(field.default, field.default))
        for name, field in ServerSettings.model_fields.items()
        if name != "data_dir"
    }
    shown = {name: value.strip("`") for name, value in rows}
    assert shown.pop("REKUEST_DATA_DIR") == "your data folder"
    assert shown == defaults
