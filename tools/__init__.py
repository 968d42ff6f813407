"""Checks of this repository's own rules; `make check` runs them, nothing ships them."""
