"""Commands that are carried out together do what they do one by one."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_mock_engine

from rekuest.server.store.commands import Command
from rekuest.server.store.sqlite.assignation import Shape, change_statement
from rekuest.server.store.sqlite.writer import Writer
from rekuest.server.store.tables import metadata
from tests.server.store import make

CALLS = st.sampled_from(["x1", "x2", "x3"])
SESSIONS = st.sampled_from(["s1", "s2"])


def empty_record() -> sqlite3.Connection:
    """Make a record in memory."""
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    engine: Any = create_mock_engine(
        "sqlite://", lambda ddl, *_: connection.execute(str(ddl.compile(dialect=engine.dialect)))
    )
    metadata.create_all(engine, checkfirst=False)
    return connection


accepts = st.builds(lambda id, reference: make.accept(id, reference=reference), CALLS, CALLS)
claims = st.builds(
    lambda session, takeover: make.claim(session_id=session, takeover=takeover),
    SESSIONS,
    st.booleans(),
)


@st.composite
def changes(draw: st.DrawFn) -> Command:
    """A change that fits, or does not: an old number, a lost lease, a repeated seq, a second end."""
    id, number = draw(CALLS), draw(st.integers(1, 3))
    kind = draw(st.sampled_from(["BOUND", "YIELD", "DONE"]))
    seq = draw(st.none() | st.integers(1, 2))
    event = make.event(id, number + 1, kind, attempt=1, seq=seq, returns=draw(RETURNS))
    epoch = draw(st.none() | st.integers(1, 2))
    return make.change(
        id,
        number,
        kind,
        events=(event,),
        seq=seq,
        returns=event.returns,
        agent_epoch=None if epoch is None else ("g1", epoch),
        provision=draw(st.none() | st.just("p1")),
        unbind=draw(st.booleans()),
    )


RETURNS = st.sampled_from([None, {}, {"return": [1, "ü"]}, {"return": float("nan")}])
units = st.lists(st.lists(accepts | claims | changes(), max_size=3), max_size=12)


async def carry_out(
    units: Sequence[Sequence[Command]], *, together: bool
) -> tuple[list[object], list[Any]]:
    """Write units into an empty record; returns the results, errors as text, and every row there is."""
    connection = empty_record()
    writer = Writer(connection)
    results: list[object] = []
    waiting = []
    for unit in units:
        waiting.append(writer.submit(unit, is_single=False))
        if not together:
            await asyncio.wait(waiting[-1:])
    results = list(await asyncio.gather(*waiting, return_exceptions=True))
    rows = [
        sorted(connection.execute(f"SELECT * FROM {table}"), key=str)
        for table in ("assignation", "event", "agent")
    ]
    await writer.close()
    return [str(result) for result in results], rows


@settings(max_examples=150, deadline=None)
@given(units)
def test_together_is_the_same_as_one_by_one(units: list[list[Command]]) -> None:
    together = asyncio.run(carry_out(units, together=True))
    one_by_one = asyncio.run(carry_out(units, together=False))
    assert together == one_by_one


def test_a_change_finds_its_calls_by_their_id() -> None:
    shape = Shape(("seq", "returns"), is_fenced=True, unbind=False)
    connection = empty_record()
    statement = f"EXPLAIN QUERY PLAN {change_statement(shape, 64)}"
    plan = [row[-1] for row in connection.execute(statement, [None] * 64 * 8)]
    assert any(step.startswith("SEARCH assignation USING INDEX") for step in plan), plan
    assert not any(step.startswith("SCAN assignation") for step in plan), plan
