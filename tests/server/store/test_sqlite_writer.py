"""How writes are grouped, kept in order, kept apart and refused."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from rekuest.server.store.commands import Outcome
from rekuest.server.store.sqlite import SqliteStore
from rekuest.server.store.store import StoreError
from tests.server.store import make

pytestmark = pytest.mark.anyio


async def test_what_waits_is_stored_in_few_transactions(sqlite_store: SqliteStore) -> None:
    await asyncio.gather(*(sqlite_store.write(make.accept(f"x{n}")) for n in range(2_000)))
    assert sqlite_store.transactions < 100
    assert len((await sqlite_store.load_live()).assignations) == 2_000


async def test_writes_are_carried_out_in_the_order_of_the_calls(sqlite_store: SqliteStore) -> None:
    first = sqlite_store.write(make.accept())
    changes = [sqlite_store.write(make.change(number=n, kind="YIELD")) for n in range(1, 50)]
    assert (await first).id == "x1"
    assert set(await asyncio.gather(*changes)) == {Outcome.STORED}


async def test_only_the_write_at_fault_fails(sqlite_store: SqliteStore) -> None:
    good = [sqlite_store.write(make.accept(f"x{n}")) for n in range(10)]
    bad = sqlite_store.write(make.accept("nan", args={"x": float("nan")}))
    more = [sqlite_store.write(make.accept(f"y{n}")) for n in range(10)]
    with pytest.raises(StoreError, match="cannot store AcceptCall: ValueError") as caught:
        await bad
    assert caught.value.code == "INTERNAL"
    await asyncio.gather(*good, *more)
    assert len((await sqlite_store.load_live()).assignations) == 20


async def test_the_text_of_a_failure_holds_no_argument(
    sqlite_store: SqliteStore, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(StoreError) as caught:
        await sqlite_store.write(make.accept(args={"secret": "hunter2", "x": float("nan")}))
    assert "hunter2" not in str(caught.value) + caplog.text


async def test_a_write_whose_caller_gave_up_is_stored_all_the_same(
    sqlite_store: SqliteStore,
) -> None:
    abandoned = sqlite_store.write(make.accept("x1"))
    abandoned.cancel()
    await sqlite_store.write(make.accept("x2"))
    assert await sqlite_store.read.assignations.get("x1", viewer=None) is not None


async def test_closing_stores_what_waits(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "record.db")
    await store.open()
    writes = [store.write(make.accept(f"x{n}")) for n in range(3_000)]
    await store.close()
    assert all(write.done() and write.exception() is None for write in writes)


async def test_a_closed_record_refuses_writes(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "record.db")
    await store.open()
    await store.close()
    await store.close()
    with pytest.raises(StoreError, match="the record is closed: nothing more is stored"):
        await store.write(make.accept())


async def test_a_record_is_used_after_it_was_opened(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "record.db")
    await store.close()
    with pytest.raises(StoreError, match=r"the record is not open: await open\(\) first"):
        store.write(make.accept())
    with pytest.raises(StoreError, match="is not open"):
        store.read.apps  # noqa: B018  # asking is what is refused
    with pytest.raises(StoreError, match="is not open"):
        await store.load_live()


async def test_a_full_queue_refuses_at_once(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "record.db", most_waiting=2)
    await store.open()
    writes = [store.write(make.accept(f"x{n}")) for n in range(3)]
    with pytest.raises(StoreError, match="the record is 2 writes behind: try again later"):
        await writes[2]
    await asyncio.gather(*writes[:2])
    await store.write(make.accept("x3"))
    await store.close()


async def test_writing_nothing_gives_nothing(sqlite_store: SqliteStore) -> None:
    assert await sqlite_store.write_all([]) == []
