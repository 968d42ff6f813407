"""Docstrings become documentation, in each of the usual forms."""

from __future__ import annotations

import pytest

from rekuest.definition import define
from rekuest.definition.docstring import read_docstring

from .shapes import Point

GOOGLE = """Blur an image.

    Takes a while.

    Args:
        image: What is blurred.
        sigma: How much,
            in pixels.

    Returns:
        The blurred image.
    """
NUMPY = """Blur an image.

    Takes a while.

    Parameters
    ----------
    image : Image
        What is blurred.
    sigma : float
        How much, in pixels.

    Returns
    -------
    Image
        The blurred image.
    """
REST = """Blur an image.

    Takes a while.

    :param image: What is blurred.
    :param sigma: How much, in pixels.
    :returns: The blurred image.
    """
EPYDOC = """Blur an image.

    Takes a while.

    @param image: What is blurred.
    @param sigma: How much, in pixels.
    @return: The blurred image.
    """


@pytest.mark.parametrize(
    "text", [GOOGLE, NUMPY, REST, EPYDOC], ids=["google", "numpy", "rest", "epydoc"]
)
def test_every_form_is_read(text: str) -> None:
    words = read_docstring(text)
    assert words.title == "Blur an image."
    assert words.description == "Takes a while."
    assert words.parameters == {"image": "What is blurred.", "sigma": "How much, in pixels."}
    assert list(words.returns) == ["The blurred image."]


def test_a_title_is_the_first_paragraph_on_one_line() -> None:
    words = read_docstring("\n    A rpc function that we can\n    simple call from anywhere\n    ")
    assert words.title == "A rpc function that we can simple call from anywhere"
    assert words.description is None


def test_a_long_title_is_shortened() -> None:
    assert len(read_docstring("x" * 1000).title or "") == 200


@pytest.mark.parametrize("text", [None, "", "   \n "])
def test_nothing_written_is_nothing_said(text: str | None) -> None:
    assert read_docstring(text).title is None


def test_words_reach_ports_and_fields() -> None:
    def function(point: Point, factor: float) -> tuple[Point, int]:
        """Move a point.

        Args:
            point: Where it is.

        Returns:
            Where it went.
        """
        return point, 1

    template = define(function).template
    found = {(port.parent, port.key): port.description for port in template.ports}
    assert template.title == "Move a point."
    assert found[None, "point"] == "Where it is."
    assert found[0, "x"] == "To the right."
    assert found[None, "factor"] is None
    assert found[None, "return0"] == "Where it went."


def test_without_a_docstring_the_title_is_the_name() -> None:
    def rpc_function() -> None: ...

    assert define(rpc_function).template.title == "Rpc function"
