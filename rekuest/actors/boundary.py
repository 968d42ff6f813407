"""What is left of an exception of user code when it travels: text.  Source: `ExceptionInfo` in the schema.

Actors run user code inside one boundary; whatever comes out of it, `SystemExit` included, ends here.
"""

from __future__ import annotations

import traceback
from pathlib import Path

from rekuest.actors.text import fit_text
from rekuest.api import wire

__all__ = ["describe_exception", "type_name"]

MAX_FRAMES = 50  # innermost frames that travel: a RecursionError has a thousand
MAX_TRACEBACK = 20_000  # characters; the end, which names the cause, is what is kept
MAX_NOTES = 20
_PACKAGE = str(Path(__file__).parent.parent)
_DEMO = str(Path(_PACKAGE, "demo"))  # its functions are user code like any other


def describe_exception(error: BaseException) -> wire.ExceptionInfo:
    """Turn an exception into text.  Never raises, whatever the exception's own methods do.

    Args:
        error: With its traceback, causes, members (of a group) and notes.

    Returns:
        Type, message, notes and traceback; the latter has only frames of user code and no values.
    """
    notes = getattr(error, "__notes__", None) or ()
    return wire.ExceptionInfo(
        type=type_name(type(error)),
        message=_message(error),
        traceback=_traceback(error),
        notes=[fit_text(str(note)) for note in list(notes)[:MAX_NOTES]],
    )


def type_name(cls: type) -> str:
    """Return the qualified name of a class: `ValueError`, `lab.errors.StageError`."""
    if cls.__module__ in ("builtins", "__main__"):
        return cls.__qualname__
    return f"{cls.__module__}.{cls.__qualname__}"


def _message(error: BaseException) -> str:
    try:
        return fit_text(str(error))
    except BaseException as exc:  # noqa: BLE001 - the exception's own __str__ is user code as well
        return f"(its message could not be made: __str__ raised {type_name(type(exc))})"


def _traceback(error: BaseException) -> str | None:
    try:
        summary = traceback.TracebackException.from_exception(error, limit=-MAX_FRAMES)
        if not _trim(summary):
            return None
        text = "".join(summary.format())
    except BaseException:  # noqa: BLE001 - formatting runs user code (__str__, __notes__)
        return None
    if len(text) > MAX_TRACEBACK:
        text = "…" + text[1 - MAX_TRACEBACK :]
    return fit_text(text, MAX_TRACEBACK)


def _trim(summary: traceback.TracebackException) -> bool:
    """Leave only frames of user code, in causes and members too; return whether there is any."""
    summary.stack = traceback.StackSummary.from_list(
        [frame for frame in summary.stack if _is_user_frame(frame.filename)]
    )
    linked = [summary.__cause__, summary.__context__, *(summary.exceptions or ())]
    found = [_trim(other) for other in linked if other is not None]
    return bool(summary.stack) or any(found)


def _is_user_frame(filename: str) -> bool:
    return not filename.startswith(_PACKAGE) or filename.startswith(_DEMO)
