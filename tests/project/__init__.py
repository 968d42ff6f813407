"""Tests of the project itself: its tools, its packages, its texts."""
