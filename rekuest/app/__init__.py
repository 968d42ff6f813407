"""The app: what a program makes to provide functions and to call them."""

from rekuest.app.rekuest import Rekuest

__all__ = ["Rekuest"]
