"""How long to wait before the next attempt."""

from __future__ import annotations

import random

from rekuest.client.backoff import Backoff


class Highest(random.Random):
    """Always gives the upper bound."""

    def uniform(self, a: float, b: float) -> float:
        return b


def test_bounds_double_up_to_five_seconds() -> None:
    backoff = Backoff(Highest())
    waits = [backoff.next_wait() for _ in range(100)]
    assert waits[:8] == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]
    assert waits[-1] == 5.0


def test_jitter_is_full() -> None:
    waits = [Backoff(random.Random(seed)).next_wait() for seed in range(200)]
    assert min(waits) < 0.01
    assert max(waits) > 0.09


def test_success_starts_over() -> None:
    backoff = Backoff(Highest())
    assert backoff.is_fresh
    backoff.next_wait()
    backoff.next_wait()
    assert not backoff.is_fresh
    backoff.succeed()
    assert backoff.next_wait() == 0.1


def test_what_the_server_asks_for_is_the_least() -> None:
    backoff = Backoff(Highest())
    backoff.ask(3.0)
    assert [backoff.next_wait(), backoff.next_wait()] == [6.0, 0.1]


def test_a_rate_limit_names_the_pause_in_its_reason() -> None:
    backoff = Backoff(Highest())
    backoff.note_close(4429, "come back in 2.5 s")
    assert backoff.next_wait() == 5.0
    backoff.note_close(4429, "too many")
    assert backoff.next_wait() == 2.0
    backoff.note_close(1001, "come back in 9 s")
    assert backoff.next_wait() == 0.1
