"""What was generated once and read by people is generated again.

After a change of the templates: `rekuest-codegen generate --config tests/golden/shop/pyproject.toml`,
and read the diff.
"""

from pathlib import Path

import pytest

from rekuest_codegen.generate import generate
from rekuest_codegen.settings import read_settings
from rekuest_codegen.write import compare, differences

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.mark.parametrize(
    "path", sorted(GOLDEN.glob("*/pyproject.toml")), ids=lambda p: p.parent.name
)
def test_golden(path: Path) -> None:
    generated = generate(read_settings(path))
    changes = compare(generated.folder, generated.files)
    told = "\n".join(differences(generated.folder, generated.files, changes))
    assert not changes, told
