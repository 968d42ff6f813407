"""Text that user code says, made fit for the wire."""

from rekuest.actors.text import fit_text


def test_ordinary_text_stays() -> None:
    assert fit_text("grüß dich") == "grüß dich"


def test_long_text_is_shortened() -> None:
    assert fit_text("x" * 20, 10) == "x" * 9 + "…"


def test_nul_and_lone_surrogates_are_spelled_out() -> None:
    assert fit_text("a\0b\ud800c") == "a\\x00b\\ud800c"
