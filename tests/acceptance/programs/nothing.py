"""Provides nothing."""

from rekuest import Rekuest

with Rekuest("acceptance") as client:
    client.run()
