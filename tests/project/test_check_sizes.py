"""tools/check_sizes.py finds what is too large, and nothing else."""

from pathlib import Path

import pytest

from tools import check_sizes
from tools.sources import ROOT


def _function(lines: int, docstring: str = "") -> str:
    body = "\n".join(["    x = 1"] * (lines - 1))
    return f"def f():\n{docstring}{body}\n"


def test_function_of_the_limit_is_fine() -> None:
    assert list(check_sizes.check_module("rekuest/a.py", _function(40))) == []


def test_function_over_the_limit_is_named_with_its_place() -> None:
    (problem,) = check_sizes.check_module("rekuest/a.py", "\n\n" + _function(41))

    assert problem.startswith("rekuest/a.py:3: function 'f' has 41 lines (limit 40)")


def test_docstring_does_not_count() -> None:
    docstring = '    """One.\n\n' + "    more\n" * 30 + '    """\n'

    assert list(check_sizes.check_module("rekuest/a.py", _function(40, docstring))) == []


def test_async_and_inner_functions_count_too() -> None:
    inner = "".join(f"    {line}\n" for line in _function(41).splitlines())
    problems = list(check_sizes.check_module("rekuest/a.py", f"async def outer():\n{inner}"))

    assert [problem.split("'")[1] for problem in problems] == ["outer", "f"]


@pytest.mark.parametrize(
    ("signature", "expected"),
    [
        ("a, b, c, d, e", 0),
        ("a, b, c, d, e, f", 1),
        ("self, a, b, c, d, e", 0),
        ("a, b, c, d, e, *, f, g", 0),
        ("a, b, /, c, d, e, f", 1),
    ],
)
def test_more_than_five_positional_parameters(signature: str, expected: int) -> None:
    problems = list(check_sizes.check_module("rekuest/a.py", f"def f({signature}): ...\n"))

    assert len(problems) == expected


def test_long_module_needs_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "x = 1\n" * 401
    assert len(list(check_sizes.check_module("rekuest/a.py", text))) == 1

    monkeypatch.setitem(check_sizes.LONG_MODULES, "rekuest/a.py", "a table")
    assert list(check_sizes.check_module("rekuest/a.py", text)) == []


def test_no_reason_allows_more_than_600_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(check_sizes.LONG_MODULES, "rekuest/a.py", "a table")
    (problem,) = check_sizes.check_module("rekuest/a.py", "x = 1\n" * 601)

    assert "never more than 600" in problem


def test_generated_code_has_no_limit(tmp_path: Path) -> None:
    for folder in ("rekuest/api", "tests/golden/first"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "a.py").write_text("x = 1\n" * 700)

    assert check_sizes.check(tmp_path) == []


def test_every_allowed_long_module_exists_and_needs_it() -> None:
    for path in check_sizes.LONG_MODULES:
        lines = len((ROOT / path).read_text().splitlines())
        assert lines > check_sizes.MODULE_LINES, path


def test_command_prints_problems_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "a.py").write_text(_function(50))

    assert check_sizes.main(["--root", str(tmp_path)]) == 1
    assert "tools/a.py:1" in capsys.readouterr().out
