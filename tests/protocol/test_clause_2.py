"""Clauses 2: opening and closing.  Source: schema/PROTOCOL.md."""

from __future__ import annotations

import json
import math

import pytest

from rekuest.api import wire
from rekuest.protocol import client
from rekuest.protocol.agent import AgentSession, Send, Spawn, Stop
from rekuest.protocol.client import ClientConnection
from rekuest.protocol.closing import CLOSE_CODES, close_name, should_reconnect
from rekuest.protocol.instruction import Shut
from rekuest.protocol.server import Authenticate, Reply, ServerConnection
from tests.protocol.messages import (
    assign,
    believing,
    call,
    close_code,
    frame,
    hello,
    raw,
    receipt,
    the_refusal,
    welcome,
)
from tests.protocol.pair import Pair


def code_after(text: str) -> int:
    """Return how a server closes on a first frame."""
    return close_code(ServerConnection(now=0.0).receive(text, 0.0))


def test_clause_2_1_hello_comes_first_and_alone() -> None:
    assert ServerConnection(now=0.0).receive(frame(hello()), 0.0) == [Authenticate(hello())]
    assert code_after(frame(call())) == 4400
    assert code_after(frame(hello(), call())) == 4400
    assert code_after("[{}]") == 4400


def test_clause_2_1_hello_comes_within_five_seconds() -> None:
    connection = ServerConnection(now=100.0)
    assert connection.deadline() == 105.0
    assert connection.receive("[]", 104.0) == []
    assert connection.tick(104.9) == []
    assert close_code(connection.tick(105.0)) == 4408
    assert connection.receive(frame(hello()), 105.0) == []


def test_clause_2_1_nothing_comes_between_hello_and_welcome() -> None:
    connection = ServerConnection(now=0.0)
    connection.receive(frame(hello()), 0.0)
    assert close_code(connection.receive(frame(call()), 0.0)) == 4400


def test_clause_2_2_hello_is_read_without_tolerance() -> None:
    good = raw(hello())
    assert code_after(json.dumps([good | {"colour": "blue"}])) == 4400
    assert code_after(json.dumps([good | {"app": good["app"] | {"colour": "blue"}}])) == 4400
    for field in good.keys() - {"__typename"}:
        assert code_after(json.dumps([{k: v for k, v in good.items() if k != field}])) == 4400


def test_clause_2_2_another_version_is_named_with_ours() -> None:
    text = json.dumps([{"__typename": "Hello", "protocolVersion": 7, "colour": "blue"}])
    (shut,) = ServerConnection(now=0.0).receive(text, 0.0)
    assert shut == Shut(4406, "protocol version 7 is not spoken here; this is 1")


def test_clause_2_2_a_refused_principal_is_closed_out() -> None:
    connection = ServerConnection(now=0.0)
    connection.receive(frame(hello()), 0.0)
    assert connection.shut("UNAUTHENTICATED", "the token is revoked").code == 4401
    assert connection.welcome(welcome(), 0.0) == []
    assert Shut(4403, "blocked") == ServerConnection(now=0.0).shut("FORBIDDEN", "blocked")


def test_clause_2_3_welcome_sets_the_limits() -> None:
    pair = Pair()
    assert pair.opened == welcome()
    for number in range(3):
        pair.to_server.put(call(f"r{number}", args={"x": "y" * 60_000}))
    pair.pump()
    assert len(pair.handled_by_server) == 3
    assert pair.shut is None


def test_clause_2_3_only_a_matching_welcome_opens() -> None:
    for answer in (call(), welcome(session_id="other"), welcome(protocol_version=2)):
        connection = ClientConnection()
        connection.hello(hello(), 0.0)
        assert close_code(connection.receive(frame(answer), 0.0)) in (4400, 4406)
        assert not connection.is_open


def test_clause_2_4_a_resumed_session_goes_on_from_what_is_believed() -> None:
    session = AgentSession()
    assert session.receive(wire.Provide(provision="p1", interface="f")) == [Spawn("p1", "f")]
    session.provided("p1", 2)
    for name in ("a1", "a2"):
        session.receive(assign(name))
        session.accept(name, 1)
    value = session.yield_("a1", 1, {"return": 1})
    assert value is not None
    instructions = session.opened(believing(receipt("a1", 1)))
    assert instructions == [Send(value), Stop("a2", 1)]


def test_clause_2_6_heartbeats_are_numbered_and_answered() -> None:
    pair = Pair(welcome=welcome(heartbeat_interval=5.0, lease_duration=7.0))
    pair.advance(60.0)
    assert pair.shut is None
    assert pair.client.tick(65.0) == [client.Reply(wire.Heartbeat(number=13), urgent=True)]


def test_clause_2_6_the_server_answers_with_the_same_number() -> None:
    connection = ServerConnection(now=0.0)
    connection.receive(frame(hello()), 0.0)
    connection.welcome(welcome(), 0.0)
    for number in (1, 2, 3):
        beat = wire.Heartbeat(number=number)
        assert connection.receive(frame(beat), 0.0) == [Reply(beat, urgent=True)]
    late = connection.receive(frame(wire.Heartbeat(number=9)), 0.0)
    assert the_refusal(late).code == "OUT_OF_PLACE"


def test_clause_2_7_silence_closes_on_either_side() -> None:
    theirs, ours = ServerConnection(now=0.0), ClientConnection()
    ours.hello(hello(), 0.0)
    theirs.receive(frame(hello()), 0.0)
    theirs.welcome(welcome(), 0.0)
    ours.receive(frame(welcome()), 0.0)
    ours.tick(5.0)
    for side in (theirs, ours):
        assert side.receive("[]", 8.0) == []
        side.tick(9.0)
        assert close_code(side.tick(18.0)) == 4408
        assert side.deadline() == math.inf


def test_clause_2_7_a_server_that_never_answers_hello_is_lost() -> None:
    connection = ClientConnection(welcome_timeout=10.0)
    connection.hello(hello(), 100.0)
    assert connection.deadline() == 110.0
    assert close_code(connection.tick(110.0)) == 4408


def test_clause_2_8_a_new_token_is_asked_for_before_the_old_one_expires() -> None:
    pair = Pair(welcome=welcome(token_expires_in=300.0))
    pair.advance(239.0)
    assert pair.handled_by_client == []
    pair.advance(1.0)
    assert pair.handled_by_client == [wire.ReauthRequired(expires_in=60.0)]
    pair.to_server.put(wire.Reauth(token="t2"))
    pair.pump()
    assert pair.handled_by_server == [wire.Reauth(token="t2")]
    (reply,) = pair.server.reauthenticated(300.0, pair.now)
    assert reply == Reply(wire.Reauthenticated(expires_in=300.0))
    pair.advance(100.0)
    assert pair.shut is None


def test_clause_2_8_an_expired_token_closes() -> None:
    pair = Pair(welcome=welcome(token_expires_in=30.0))
    pair.advance(29.0)
    assert pair.handled_by_client == [wire.ReauthRequired(expires_in=15.0)]
    pair.advance(1.0)
    assert pair.shut == Shut(4401, "the token has expired")


def test_clause_2_9_goodbye_is_handed_over() -> None:
    pair = Pair()
    pair.to_server.put(wire.Goodbye(reason="done"))
    pair.pump()
    assert pair.handled_by_server == [wire.Goodbye(reason="done")]


@pytest.mark.parametrize("code", [1000, 1001, 1006, 1011, 1012, 1013, 4408, 4413, 4429])
def test_clause_2_10_these_closes_mean_reconnect(code: int) -> None:
    assert should_reconnect(code)


@pytest.mark.parametrize("code", [1002, 1007, 1009, 4400, 4401, 4403, 4406, 4409, 4999])
def test_clause_2_10_other_closes_do_not(code: int) -> None:
    assert not should_reconnect(code)


def test_clause_2_10_going_away_is_handed_over() -> None:
    pair = Pair()
    pair.to_client.put(wire.GoingAway(retry_after=2.0))
    pair.pump()
    assert pair.handled_by_client == [wire.GoingAway(retry_after=2.0)]


def test_close_names() -> None:
    assert {close_name(code) for code in CLOSE_CODES.values()} == set(CLOSE_CODES)
    assert close_name(1006) == "1006"
