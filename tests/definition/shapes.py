"""Classes that tests of definitions name in annotations."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, Flag, IntEnum, StrEnum


class Colour(Enum):
    """Not JSON all of it."""

    RED = 1
    GREEN = "g"
    BLUE = (0, 0, 1)
    ALIAS = 1


class Number(IntEnum):
    ONE = 1
    TWO = 2


class Word(StrEnum):
    A = "a"


class Bits(Flag):
    ONE = 1


class Empty(Enum):
    pass


@dataclass
class Point:
    """A point.

    Attributes:
        x: To the right.
    """

    x: int
    y: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    tags: list[str] = field(default_factory=list)
    point: Point | None = None
    colour: Colour = Colour.GREEN
    size: int = field(init=False, default=0)


@dataclass
class Tree:
    children: list[Tree]


class Image:
    """An image on the storage."""

    def __init__(self, id: str = "1") -> None:
        self.id = id

    async def shrink(self) -> str:
        return self.id

    @classmethod
    async def expand(cls, value: str) -> Image:
        return cls(value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Image) and other.id == self.id

    def __hash__(self) -> int:
        return hash(self.id)
