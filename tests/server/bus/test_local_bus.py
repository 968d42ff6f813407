"""The bus of one process."""

from __future__ import annotations

import logging

import pytest

from rekuest.server.bus import Ring
from rekuest.server.bus.local import LocalBus

RING = Ring("node", "n1")


def test_rings_each_listener_of_the_topic_in_order() -> None:
    bus, heard = LocalBus(), list[str]()
    bus.listen("node", lambda ring: heard.append(f"first {ring.key}"))
    bus.listen("node", lambda ring: heard.append(f"second {ring.key}"))
    bus.listen("agent", lambda ring: heard.append("other topic"))
    bus.publish(RING)
    assert heard == ["first n1", "second n1"]


def test_a_ring_that_nobody_listens_to_is_nothing() -> None:
    LocalBus().publish(RING)


def test_one_function_may_listen_twice_and_end_once() -> None:
    bus, heard = LocalBus(), list[Ring]()
    end = bus.listen("node", heard.append)
    bus.listen("node", heard.append)
    end()
    end()
    bus.publish(RING)
    assert heard == [RING]


def test_a_listener_that_raises_is_logged_and_the_others_are_rung(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bus, heard = LocalBus(), list[Ring]()

    def broken(ring: Ring) -> None:
        raise ValueError("no")

    bus.listen("node", broken)
    bus.listen("node", heard.append)
    with caplog.at_level(logging.ERROR):
        bus.publish(RING)
    assert heard == [RING]
    assert "a listener of topic 'node' raised" in caplog.text


def test_a_listener_ended_by_one_before_it_is_not_rung() -> None:
    bus, heard = LocalBus(), list[str]()

    def ends_the_next(ring: Ring) -> None:
        end_next()

    bus.listen("node", ends_the_next)
    end_next = bus.listen("node", lambda ring: heard.append("next"))
    bus.publish(RING)
    assert heard == []


def test_a_listener_added_while_ringing_hears_the_next_ring() -> None:
    bus, heard = LocalBus(), list[Ring]()

    def listens(ring: Ring) -> None:
        bus.listen("node", heard.append)

    end = bus.listen("node", listens)
    bus.publish(RING)
    assert heard == []
    end()
    bus.publish(RING)
    assert heard == [RING]


def test_a_topic_without_listeners_is_forgotten() -> None:
    bus = LocalBus()
    bus.listen("assignation:1", lambda ring: None)()
    assert bus._topics == {}
