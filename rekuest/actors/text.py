"""Text of user code made fit for the wire: bounded, and without what PROTOCOL 1.5 refuses."""

from __future__ import annotations

__all__ = ["MAX_TEXT", "fit_text"]

MAX_TEXT = 10_000  # characters of one message or log line, as the schema says at `Log.message`


def fit_text(text: str, limit: int = MAX_TEXT) -> str:
    """Shorten a text and spell out NUL characters and lone surrogates.

    Args:
        text: Whatever user code said.
        limit: Most characters that are kept; what is cut off is replaced by an ellipsis.

    Returns:
        The text that may be sent.
    """
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    if text.isascii() and "\0" not in text:
        return text
    plain = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return plain.replace("\0", "\\x00")
