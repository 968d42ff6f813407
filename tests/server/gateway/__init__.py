"""The socket over a real network."""
