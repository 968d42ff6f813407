"""Registers two functions under one name."""

from rekuest import Rekuest

client = Rekuest("acceptance")


@client.register
def work() -> int:
    """Work."""
    return 1


@client.register(interface="work")
def other() -> int:
    """Work differently."""
    return 2
