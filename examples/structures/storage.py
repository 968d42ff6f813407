"""A structure: its instances lie on a storage that both sides reach; only the reference travels."""

from __future__ import annotations

import json
import tempfile
import uuid
from collections.abc import Sequence
from pathlib import Path

FOLDER = Path(tempfile.gettempdir(), "rekuest-examples")  # stands for your object store


class ComplexStructure:
    """Numbers that are too many for a message."""

    id: str  # a reference for this structure on central storage

    def __init__(self, id: str, numbers: Sequence[int]) -> None:
        self.id = id
        self.numbers = numbers

    @classmethod
    def store(cls, numbers: Sequence[int]) -> ComplexStructure:
        """Put numbers on the storage, once; they never change there."""
        structure = cls(str(uuid.uuid4()), numbers)
        FOLDER.mkdir(exist_ok=True)
        (FOLDER / structure.id).write_text(json.dumps(list(numbers)))
        return structure

    @classmethod
    def load_from_server(cls, id: str) -> ComplexStructure:
        """Get the numbers of a reference from the storage."""
        return cls(id, json.loads((FOLDER / str(uuid.UUID(id))).read_text()))

    async def shrink(self) -> str:
        """Give the reference that travels."""
        return self.id

    @classmethod
    async def expand(cls, value: str) -> ComplexStructure:
        """Turn a reference that arrived into an instance."""
        return cls.load_from_server(value)

    def max(self) -> int:
        """Find the largest number."""
        return max(self.numbers)
