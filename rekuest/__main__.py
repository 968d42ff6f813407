"""`python -m rekuest` is the command `rekuest`."""

from rekuest.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
