"""Provides a function without making a client: the process has a default one."""

from rekuest import register, run


@register
def shout(text: str) -> str:
    """Say it louder."""
    return text.upper()


run()
