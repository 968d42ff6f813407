"""Comparing and writing folders."""

from pathlib import Path

from rekuest_codegen.write import Changes, compare, formatted, write


def test_compare(tmp_path: Path) -> None:
    (tmp_path / "same").write_text("1")
    (tmp_path / "old").write_text("1")
    (tmp_path / "more").write_text("1")
    files = {"same": "1", "old": "2", "new": "3"}
    assert compare(tmp_path, files) == Changes(("old",), ("new",), ("more",))


def test_other_line_ends_are_stale(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1\r\n")
    assert compare(tmp_path, {"a": "1\n"}).stale == ("a",)


def test_caches_are_not_compared(tmp_path: Path) -> None:
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_bytes(b"")
    assert not compare(tmp_path, {})


def test_manifest_cannot_reach_outside(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("1")
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "manifest.json").write_text('{"files": ["../precious", "manifest.json"]}')
    write(folder, {})
    assert (tmp_path / "precious").exists()
    assert not (folder / "manifest.json").exists()


def test_empty_folders_go(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "a.py").write_text("")
    (tmp_path / "manifest.json").write_text('{"files": ["results/a.py"]}')
    write(tmp_path, {})
    assert not (tmp_path / "results").exists()


def test_formatted_prunes_imports() -> None:
    text = formatted({"a.py": "import os\nimport re\nX = re.compile( '' )\n"})["a.py"]
    assert text == 'import re\n\nX = re.compile("")\n'
