"""Which client is current, in contexts, threads and tasks."""

import contextvars
import subprocess
import sys
from collections.abc import Callable
from threading import Thread
from typing import Any

import anyio
import pytest

from rekuest.context import current_client, enter, execute, leave
from rekuest.context.operation import Operation
from rekuest.errors import UsageError


class Named:
    """A client that only has a name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<{self.name}>"

    def execute(self, operation: Any, variables: Any) -> Any:
        """Answer with the name."""
        return self.name

    aexecute = asubscribe = subscribe = execute


def in_thread(function: Callable[[], object]) -> object:
    results: list[object] = []

    def run() -> None:
        try:
            results.append(function())
        except UsageError as exc:
            results.append(exc)

    thread = Thread(target=run)
    thread.start()
    thread.join()
    return results[0]


def test_no_client() -> None:
    with pytest.raises(UsageError, match="no client is entered; use `with Rekuest"):
        current_client()


def test_entered_client_is_current_until_left() -> None:
    one = Named("one")
    entered = enter(one)
    assert current_client() is one
    leave(entered)
    leave(entered)
    with pytest.raises(UsageError):
        current_client()


def test_inner_client_hides_the_outer() -> None:
    one, two = Named("one"), Named("two")
    outer = enter(one)
    inner = enter(two)
    assert current_client() is two
    leave(inner)
    assert current_client() is one
    leave(outer)


def test_only_client_is_current_in_other_threads() -> None:
    one = Named("one")
    entered = enter(one)
    assert in_thread(current_client) is one
    leave(entered)


def test_several_clients_are_listed_in_other_threads() -> None:
    entered = [enter(Named("one")), enter(Named("two"))]
    error = in_thread(current_client)
    assert (
        str(error) == "several clients are entered here (<one>, <two>); pass client= to choose one"
    )
    for item in reversed(entered):
        leave(item)


def test_client_entered_twice_is_one() -> None:
    one = Named("one")
    entered = [enter(one), enter(one)]
    assert in_thread(current_client) is one
    leave(entered[0])
    assert current_client() is one
    leave(entered[1])


def test_left_in_another_thread() -> None:
    entered = enter(Named("one"))
    in_thread(lambda: leave(entered))
    with pytest.raises(UsageError):
        current_client()


def test_left_out_of_order() -> None:
    one, two = Named("one"), Named("two")
    first, second = enter(one), enter(two)
    leave(first)
    assert current_client() is two
    leave(second)
    with pytest.raises(UsageError):
        current_client()


@pytest.mark.anyio
async def test_tasks_have_their_own() -> None:
    seen: list[object] = []

    async def work(name: str, mine: anyio.Event, other: anyio.Event) -> None:
        client = Named(name)
        entered = enter(client)
        mine.set()
        await other.wait()
        seen.append(current_client() is client)
        leave(entered)

    first, second = anyio.Event(), anyio.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(work, "one", first, second)
        tasks.start_soon(work, "two", second, first)
    assert seen == [True, True]


def test_context_that_was_copied_notices_the_end() -> None:
    entered = enter(Named("one"))
    copied = contextvars.copy_context()
    leave(entered)
    with pytest.raises(UsageError):
        copied.run(current_client)


def test_named_client_wins() -> None:
    operation: Operation[Any] = Operation("A", "query", "", "", "", "")
    entered = enter(Named("one"))
    assert execute(operation, {}) == "one"
    assert execute(operation, {}, Named("two")) == "two"
    leave(entered)


def test_import_loads_neither_pydantic_nor_httpx() -> None:
    code = "import rekuest.context, sys; print({'pydantic', 'httpx'} & set(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout == "set()\n"
