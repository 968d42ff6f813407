"""Which instance takes the next call, and where a new one is made."""

from random import Random

import pytest

from rekuest.api.enums import Strategy
from rekuest.server.domain.scheduling import Candidate, Place, choose, places_for

CANDIDATES = [Candidate("a", free=1, last_used=1), Candidate("b", free=3, last_used=2)]


def pick(strategy: Strategy, sticky: str | None = None) -> str | None:
    return choose(strategy, CANDIDATES, sticky=sticky, random=Random(1))


@pytest.mark.parametrize("strategy", list(Strategy))
def test_without_candidates_nobody_is_chosen(strategy: Strategy) -> None:
    assert choose(strategy, [], sticky="a", random=Random(1)) is None


def test_least_busy_takes_the_most_free_credits() -> None:
    assert pick(Strategy.LEAST_BUSY) == "b"


def test_round_robin_takes_the_longest_unused() -> None:
    assert pick(Strategy.ROUND_ROBIN) == "a"


def test_sticky_stays_where_it_was() -> None:
    assert pick(Strategy.STICKY, sticky="a") == "a"


def test_sticky_moves_when_its_place_is_gone() -> None:
    assert pick(Strategy.STICKY, sticky="gone") == "b"


def test_random_reaches_everybody() -> None:
    random = Random(1)
    chosen = {choose(Strategy.RANDOM, CANDIDATES, sticky=None, random=random) for _ in range(50)}
    assert chosen == {"a", "b"}


def test_new_instances_go_to_the_least_loaded_free_places() -> None:
    places = [Place("x", "t", load=2), Place("y", "t", load=0), Place("z", "t", load=1)]
    chosen = places_for(places, wanted=2, taken=frozenset({("z", "t")}))
    assert [place.agent for place in chosen] == ["y", "x"]


def test_no_instances_are_made_that_nobody_wants() -> None:
    assert places_for([Place("x", "t", load=0)], wanted=-1, taken=frozenset()) == []
