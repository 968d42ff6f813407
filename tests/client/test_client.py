"""The client as programs use it: found nodes, calls, streams, reservations, threads, loops."""

from __future__ import annotations

import asyncio
import inspect
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from rekuest.api import alist_nodes, enums, list_nodes, watch_nodes, wire
from rekuest.auth import ClientCredentialsGrant, StaticToken
from rekuest.client.client import Client
from rekuest.context import current_client
from rekuest.errors import (
    AuthError,
    RejectedError,
    RemoteError,
    ShrinkError,
    TransportError,
    UsageError,
)
from tests.client.world import World, node, port, returned


def client(world: World) -> Client:
    return Client("lab", url=world.url, auth=StaticToken("good"), instance_id="here")


@pytest.fixture
def entered(world: World) -> Iterator[Client]:
    with client(world) as entered:
        yield entered


def test_find_gives_a_node_with_its_words(entered: Client) -> None:
    found = entered.find("echo")
    assert repr(found) == "<node echo(x: int) -> int>"
    assert found.__doc__ == "The echo node\n\nArgs:\n    x (int): How many times."
    assert inspect.signature(found).parameters.keys() == {"x"}
    assert (found.id, found.hash, found.kind) == ("echo", "hash-echo", enums.NodeKind.FUNCTION)
    assert (found.name, found.title, found.description) == ("echo", "The echo node", None)
    assert [it.key for it in found.ports] == ["x", "return"]


@pytest.mark.parametrize("by", [{"name": "echo"}, {"hash": "hash-echo"}, {"id": "echo"}])
def test_find_by_something_else(entered: Client, by: dict[str, str]) -> None:
    assert entered.find(**by).id == "echo"


def test_find_reads_every_page(world: World, entered: Client) -> None:
    world.nodes = [node(f"n{number}", interface="f", app="other") for number in range(4)]
    world.nodes.append(node("mine", interface="f"))
    assert entered.find("f").id == "mine"
    assert len(world.requests) == 3


@pytest.mark.parametrize("by", [{"interface": "nothing"}, {"hash": "nothing"}])
def test_what_is_not_there_is_not_found(entered: Client, by: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="no node with .*='nothing' at http"):
        entered.find(**by)


def test_a_node_is_called(entered: Client) -> None:
    echo = entered.find("echo")
    assert [echo.assign(4), echo.assign(x=4), echo(4)] == [4, 4, 4]


def test_a_node_is_called_by_its_interface(entered: Client) -> None:
    assert entered.call("echo", 4) == 4
    assert entered.call(entered.find("echo"), x=5) == 5
    assert list(entered.iterate("count", 3)) == [0, 1, 2]


@pytest.mark.parametrize(
    ("returns", "expected"),
    [([], None), ([returned("return0"), returned("return1", "STRING")], (1, "a"))],
)
def test_several_returns_are_a_tuple_and_none_is_none(
    world: World, entered: Client, returns: list[dict[str, Any]], expected: object
) -> None:
    world.nodes = [node("pair" if returns else "nothing", *returns, interface="f")]
    assert entered.call("f") == expected


def test_arguments_are_checked_before_they_are_sent(world: World, entered: Client) -> None:
    with pytest.raises(ShrinkError, match="node 'echo': x: expected INT, got STRING 'a'; y: "):
        entered.find("echo").assign("a", y=2)
    assert world.service.messages == []


def test_what_a_function_raised_is_raised_here(entered: Client) -> None:
    with pytest.raises(RemoteError, match="ValueError: no such stage"):
        entered.call("fail")


def test_a_generator_is_iterated_over(entered: Client) -> None:
    count = entered.find("count")
    assert list(count.iterate(3)) == [0, 1, 2]
    assert list(count(3)) == [0, 1, 2]


def test_a_generator_that_is_left_early_is_cancelled(world: World, entered: Client) -> None:
    world.nodes = [node("count", port("n"), port("forever", "BOOL"), returned(), kind="GENERATOR")]
    for number in entered.find("count").iterate(5, forever=True):
        if number == 2:
            break
    assert any(isinstance(it, wire.Cancel) for it in _until(world, wire.Cancel))


def _until(world: World, kind: type[wire.ClientMessage]) -> list[wire.ClientMessage]:
    """Wait until the service has got a message of a kind; returns all it got."""
    got = threading.Event()
    world.service.on_any = lambda message: got.set() if isinstance(message, kind) else None
    if not any(isinstance(it, kind) for it in world.service.messages):
        assert got.wait(5)
    return world.service.messages


def test_assign_and_iterate_name_each_other(entered: Client) -> None:
    with pytest.raises(UsageError, match=r"node 'count' is a generator; use iterate\(...\)"):
        entered.find("count").assign(3)
    with pytest.raises(UsageError, match=r"node 'echo' gives one result; use assign\(...\)"):
        entered.find("echo").iterate(3)


def test_options_travel_with_the_call(world: World, entered: Client) -> None:
    told: list[object] = []
    echo = entered.find("echo").options(
        timeout=5, wait=True, reference="mine", ephemeral=True, on_progress=told.append
    )
    echo.assign(4)
    call = world.service.records["mine"].call
    assert (call.timeout, call.wait, call.ephemeral, call.args) == (5, True, True, {"x": 4})
    assert told == [wire.ProgressInfo(done=0.5, message="halfway")]


def test_options_are_checked(entered: Client) -> None:
    async def on_log(line: wire.LogLine) -> None: ...

    echo = entered.find("echo")
    with pytest.raises(UsageError, match="on_log= is an async function"):
        echo.options(on_log=on_log)
    with pytest.raises(UsageError, match="timeout=0 is not a positive number of seconds"):
        echo.options(timeout=0)


def test_a_block_reserves_one_instance(world: World, entered: Client) -> None:
    with entered.find("echo") as echo:
        assert echo(4) == 4
        assert echo.options(timeout=5).assign(5) == 5
    assert echo(6) == 6
    calls = [(it.call.node, it.call.reservation) for it in world.service.records.values()]
    assert calls == [(None, "r1"), (None, "r1"), ("echo", None)]
    assert wire.Release(reservation="r1") in world.service.messages


def test_a_block_whose_reservation_is_refused_is_not_entered(world: World, entered: Client) -> None:
    world.nodes = [node("reject")]
    with pytest.raises(RejectedError, match="cannot reserve node 'reject'"), entered.find("reject"):
        pytest.fail("entered")


def test_many_threads_call_at_once(entered: Client) -> None:
    echo, results = entered.find("echo"), list[int]()

    def work(number: int) -> None:
        results.append(echo(number))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == list(range(50))


def test_an_interrupt_cancels_the_call(world: World, entered: Client) -> None:
    main = threading.get_ident()

    def interrupt(message: wire.ClientMessage) -> None:
        if isinstance(message, wire.Call):
            signal.pthread_kill(main, signal.SIGINT)

    world.service.on_any = interrupt
    with pytest.raises(KeyboardInterrupt):
        entered.call("wait")
    (record,) = world.service.records.values()
    assert record.events[-1].kind is enums.AssignationEventKind.CANCELLED


def test_the_generated_functions_use_the_current_client(world: World, entered: Client) -> None:
    assert current_client() is entered
    assert [it.name for it in list_nodes(first=50).items] == ["echo", "fail"]
    plain = {key: value for key, value in world.nodes[0].items() if key != "templates"}
    world.stream = [
        {"type": "next", "payload": {"data": {"nodeChanged": plain}}},
        {"type": "complete"},
    ]
    assert [it.name for it in watch_nodes()] == ["echo"]


def test_blocks_may_be_nested_and_repeated(world: World) -> None:
    lab = client(world)
    for _ in range(2):
        with lab:
            with lab:
                pass
            assert lab.call("echo", 4) == 4
        assert not lab.is_entered


def test_a_client_that_is_not_entered_says_so(world: World) -> None:
    lab = client(world)
    with pytest.raises(UsageError, match=r"Client\('lab'\) is not entered; use `with client:`"):
        lab.find("echo")
    with lab:
        echo = lab.find("echo")
    with pytest.raises(UsageError, match="is not entered"):
        echo(4)


def test_without_a_server_find_says_how_to_start_one() -> None:
    lab = Client("lab", url="http://127.0.0.1:1", auth=StaticToken("good"))
    with lab, pytest.raises(TransportError, match="nothing listens .* `rekuest server"):
        lab.find("echo")


def test_a_wrong_token_is_an_auth_error(world: World) -> None:
    with (
        Client("lab", url=world.url, auth=StaticToken("bad")) as lab,
        pytest.raises(AuthError, match="does not accept the given token"),
    ):
        lab.find("echo")


def test_credentials_get_one_token_for_both_ways(world: World) -> None:
    with Client("lab", url=world.url, auth=ClientCredentialsGrant("a", "b")) as lab:
        assert lab.call("echo", 4) == 4
    assert world.grants == 1


def test_the_local_file_is_found_by_itself(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = {"url": world.url, "client_id": "local", "client_secret": "s"}
    (tmp_path / "client.json").write_text(json.dumps(content))
    (tmp_path / "client.json").chmod(0o600)
    for name in ("REKUEST_URL", "REKUEST_CLIENT_ID", "REKUEST_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REKUEST_DATA_DIR", str(tmp_path))
    with Client("lab") as lab:
        assert lab.url == world.url
        assert lab.call("echo", 4) == 4


@pytest.mark.anyio
async def test_async_blocks_live_on_the_running_loop(world: World) -> None:
    async with client(world) as lab:
        async with await lab.afind("echo") as echo:
            results = await asyncio.gather(echo.aassign(1), echo.aassign(x=2))
            assert list(results) == [1, 2]
        count = await lab.afind("count")
        assert [number async for number in count.aiterate(3)] == [0, 1, 2]
        assert await lab.acall("echo", 4) == 4
        assert [number async for number in lab.aiterate("count", 2)] == [0, 1]
        assert len((await alist_nodes()).items) == 2


@pytest.mark.anyio
async def test_sync_functions_on_the_own_loop_name_the_async_ones(world: World) -> None:
    async with client(world) as lab:
        echo, count = await lab.afind("echo"), await lab.afind("count")
        with pytest.raises(UsageError, match=r"find\(\) would block .* use `await afind\(...\)`"):
            lab.find("echo")
        with pytest.raises(UsageError, match=r"assign\(\) would .* `await aassign\(...\)`"):
            echo(4)
        with pytest.raises(UsageError, match=r"`async for item in aiterate\(...\)`"):
            count(4)
        with pytest.raises(UsageError, match="with node would block .* use `async with node`"):
            echo.__enter__()
        assert await asyncio.to_thread(echo, 4) == 4


@pytest.mark.anyio
async def test_a_notebook_may_await_what_runs_in_the_thread(world: World) -> None:
    with client(world) as lab:
        echo, count = lab.find("echo"), await lab.afind("count")
        assert echo(3) == 3
        assert await echo.aassign(4) == 4
        assert [number async for number in count.aiterate(3)] == [0, 1, 2]
        async with aclosing(count.aiterate(3)) as stream:
            assert await anext(stream) == 0


@pytest.mark.anyio
async def test_a_reference_is_one_call(world: World) -> None:
    async with client(world) as lab:
        once = (await lab.afind("echo")).options(reference="mine")
        assert [await once.aassign(4), await once.aassign(4)] == [4, 4]
    assert len(world.service.records) == 1


def test_importing_the_client_loads_neither_httpx_nor_websockets() -> None:
    code = "import rekuest.client.client, sys; sys.exit('httpx' in sys.modules or 'websockets' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
