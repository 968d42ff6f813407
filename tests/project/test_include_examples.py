"""tools/include_examples.py keeps quotes equal to their files."""

from pathlib import Path

import pytest

from tools import include_examples

QUOTE = "# Title\n\n<!-- include: examples/a.py -->\n```python\n{code}```\n\nrest\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "a.py").write_text("x = 1\n")
    return tmp_path


def test_equal_quote_passes(root: Path) -> None:
    (root / "README.md").write_text(QUOTE.format(code="x = 1\n"))

    assert include_examples.refresh_all(root, write=False) == []


def test_different_quote_is_named_with_its_line(root: Path) -> None:
    (root / "README.md").write_text(QUOTE.format(code="x = 2\n"))

    (problem,) = include_examples.refresh_all(root, write=False)
    assert problem == "README.md:3: differs from examples/a.py; run `make format`"


def test_write_mends_the_quote_and_nothing_else(root: Path) -> None:
    (root / "README.md").write_text(QUOTE.format(code=""))

    assert include_examples.refresh_all(root, write=True) == []
    assert (root / "README.md").read_text() == QUOTE.format(code="x = 1\n")


def test_file_that_does_not_exist_cannot_be_written(root: Path) -> None:
    (root / "README.md").write_text(QUOTE.replace("a.py", "b.py").format(code=""))

    (problem,) = include_examples.refresh_all(root, write=True)
    assert problem == "README.md:3: includes 'examples/b.py', which does not exist"


def test_documents_in_docs_are_checked_too(root: Path) -> None:
    (root / "docs").mkdir()
    (root / "docs" / "a.md").write_text(QUOTE.format(code="x = 2\n"))

    assert include_examples.main(["--root", str(root), "--check"]) == 1
