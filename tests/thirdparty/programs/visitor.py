"""Provides one function for as long as it runs: its coming and going is what subscriptions see."""

from rekuest import Rekuest

client = Rekuest("visitor")


@client.register
async def visit(day: int) -> int:
    """Visit."""
    return day


with client:
    client.run()
