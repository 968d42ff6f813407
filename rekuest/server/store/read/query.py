"""How every concept is read: one row, many rows by id, a page of rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, String, Table, Text, select, true, tuple_

from rekuest.server.store.page import Listed, Order, Page, read_cursor, write_cursor
from rekuest.server.store.read.reader import Reader
from rekuest.server.store.viewer import Viewer

__all__ = ["Condition", "Source", "given", "select_rows"]

Row = TypeVar("Row")
Condition = ColumnElement[bool]

# A list of ids longer than this is asked for in pieces: backends bound the parameters of a statement.
MOST_IDS = 500


def select_rows(row: Any, table: Table) -> Select[Any]:
    """Select the columns that a row class has, in the order of its fields."""
    return select(*(table.c[field.name] for field in dataclasses.fields(row)))


def given(pairs: Iterable[tuple[object | None, Callable[[Any], Condition]]]) -> list[Condition]:
    """Make a condition of each filter that was given.  None is: not given."""
    return [condition(value) for value, condition in pairs if value is not None]


@dataclass(frozen=True, slots=True)
class Source(Generic[Row]):
    """A table with ids, the class of its rows, and who may see which of them."""

    reader: Reader
    table: Table
    row: Callable[..., Row]
    visible: Callable[[Viewer], Condition]
    # {value of the concept's order enum: the columns it sorts by}; the id is the last one, always.
    orders: Mapping[str, Sequence[str]] = dataclasses.field(
        default_factory=lambda: {"CREATED_AT": ("created_at",)}
    )

    def select(self, viewer: Viewer | None, *conditions: Condition) -> Select[Any]:
        """Select the rows that the viewer may see and for which all conditions hold."""
        seen = true() if viewer is None else self.visible(viewer)
        return select_rows(self.row, self.table).where(seen, *conditions)

    async def one(self, viewer: Viewer | None, *conditions: Condition) -> Row | None:
        """Read the row for which the conditions hold; None if there is none that the viewer may see."""
        found = await self.reader.run(self.select(viewer, *conditions).limit(1))
        return self.row(*found[0]) if found else None

    async def many(self, viewer: Viewer | None, ids: Iterable[str]) -> dict[str, Row]:
        """Read rows by id: {id: row}, without those that the viewer may not see."""
        wanted = sorted(set(ids))
        rows: dict[str, Row] = {}
        for start in range(0, len(wanted), MOST_IDS):
            piece = self.table.c.id.in_(wanted[start : start + MOST_IDS])
            for found in await self.reader.run(self.select(viewer, piece)):
                rows[found.id] = self.row(*found)
        return rows

    async def page(
        self, viewer: Viewer | None, page: Page, order: Order, conditions: Iterable[Condition] = ()
    ) -> Listed[Row]:
        """Read one page.

        Raises:
            CursorError: `page.after` is not of this list in this order.
        """
        names = [*self.orders[order.by], "id"]
        columns = [self.table.c[name] for name in names]
        descending = order.direction == "DESC"
        label = f"{self.table.name}:{order.by}:{order.direction}"
        query = self.select(viewer, *conditions)
        if page.after is not None:
            types = [str if isinstance(column.type, Text | String) else float for column in columns]
            place = tuple_(*columns), tuple_(*read_cursor(label, page.after, types))
            query = query.where(place[0] < place[1] if descending else place[0] > place[1])
        query = query.order_by(
            *(column.desc() if descending else column.asc() for column in columns)
        )
        found = await self.reader.run(query.limit(page.first + 1))
        shown = found[: page.first]
        end = [getattr(shown[-1], name) for name in names] if shown else None
        return Listed(
            items=tuple(self.row(*row) for row in shown),
            end_cursor=None if end is None else write_cursor(label, end),
            has_next=len(found) > page.first,
        )
