"""What a program is called where its author did not say."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from rekuest.app.names import script_name


@pytest.mark.parametrize(
    ("main", "name"),
    [
        (SimpleNamespace(__spec__=None, __file__="/lab/my provider.py"), "my-provider"),
        (SimpleNamespace(__spec__=SimpleNamespace(name="lab.tools")), "lab.tools"),
        (SimpleNamespace(__spec__=SimpleNamespace(name="lab.__main__")), "lab"),
        (SimpleNamespace(__spec__=None), "python"),
    ],
)
def test_script_name(main: object, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "__main__", main)
    assert script_name() == name
