"""What a program is called where its author did not say."""

from __future__ import annotations

import re
import sys
from pathlib import Path

__all__ = ["default_identifier", "script_name"]

_FOREIGN = re.compile(r"[^A-Za-z0-9._-]+")


def default_identifier() -> str:
    """Return the identifier of an app that was not given one: the script's name."""
    return script_name()


def script_name() -> str:
    """Return the name of the running script, without its ending.

    Returns:
        `provider` for `python provider.py`, `lab.tools` for `python -m lab.tools`, `python` where
        there is no script, as in a notebook.
    """
    main = sys.modules.get("__main__")
    spec = getattr(main, "__spec__", None)
    if spec is not None and spec.name != "__main__":
        name = str(spec.name).removesuffix(".__main__")
    else:
        name = Path(getattr(main, "__file__", None) or "python").stem
    return _FOREIGN.sub("-", name).strip(".-") or "python"
