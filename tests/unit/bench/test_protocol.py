"""The protocol with a clock of our own: who is called when, what is dropped, and when there is no verdict."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from resdsl.runtime.bench.protocol import (
    FEWEST,
    NOISY,
    WIDEST,
    Ratio,
    Times,
    figures,
    interleave,
    mean,
    ratio,
    verdict,
    wall,
)


class Clock:
    """Time that passes only while a variant runs."""

    def __init__(self) -> None:
        self.now = 0.0
        self.calls: list[str] = []

    def __call__(self) -> float:
        return self.now

    def variant(self, name: str, *seconds: float) -> Callable[[], None]:
        """Takes these times in turn, again and again."""

        def run() -> None:
            self.now += seconds[self.calls.count(name) % len(seconds)]
            self.calls.append(name)

        return run


def even(seconds: float) -> Times:
    return Times(seconds, seconds, seconds, 30)


def test_each_visit_makes_three_calls_and_the_order_rotates() -> None:
    clock = Clock()
    runs = {name: clock.variant(name, 1.0) for name in "abc"}
    times = interleave(runs, visits=4, warm_up=0, timer=wall(clock))
    assert "".join(clock.calls[::3]) == "abc" + "bca" + "cab" + "abc"
    assert all(len(set(clock.calls[i : i + 3])) == 1 for i in range(0, len(clock.calls), 3))
    assert {name: taken.calls for name, taken in times.items()} == {"a": 8, "b": 8, "c": 8}


def test_the_first_call_of_a_visit_and_the_warm_up_do_not_count() -> None:
    clock = Clock()
    times = interleave({"a": clock.variant("a", 100, 50, 1, 2)}, visits=1, calls=3, warm_up=1, timer=wall(clock))["a"]
    assert (times.min, times.median, times.calls) == (1, 1.5, 2)


def test_a_single_call_of_a_visit_counts() -> None:
    clock = Clock()
    assert interleave({"a": clock.variant("a", 3)}, visits=2, calls=1, warm_up=0, timer=wall(clock))["a"].calls == 2


def test_visits_end_when_the_time_is_over_but_not_before_there_are_some() -> None:
    clock = Clock()
    times = interleave({"a": clock.variant("a", 1)}, visits=50, timer=wall(clock), until=lambda: True)
    assert times["a"].calls == 2 * FEWEST
    clock = Clock()
    times = interleave({"a": clock.variant("a", 1)}, visits=50, timer=wall(clock), until=lambda: clock.now > 31)
    assert times["a"].calls == 2 * 11


def test_figures_are_of_the_sorted_times() -> None:
    assert figures([5, 1, 4, 2, 3, 9, 8, 7, 6, 10]) == Times(1, 3, 5.5, 10)


def test_a_ratio_is_bracketed_by_what_minimum_and_median_say() -> None:
    found = ratio(Times(2, 3, 5, 9), Times(1, 2, 2, 9))
    assert found == Ratio(1.5, 1.5, 2.5)
    assert found.width == pytest.approx(2.5 / 1.5 - 1)


def test_a_clear_difference_has_a_verdict() -> None:
    still = ratio(even(1), even(1))
    assert verdict(ratio(even(1.2), even(1)), still) == "faster"
    assert verdict(ratio(even(1), even(1.2)), still) == "slower"
    assert verdict(still, still) == "no difference"
    assert verdict(ratio(even(1.2), even(1))) == "faster"


def test_a_noisy_bracket_has_none() -> None:
    """Even where both of its ends lie far on one side."""
    assert verdict(Ratio(3.0, 2.9, 2.9 * (1 + WIDEST) + 0.01)) == NOISY
    assert verdict(Ratio(3.0, 2.9, 2.9 * (1 + WIDEST) - 0.01)) == "faster"


def test_a_noisy_control_takes_every_verdict() -> None:
    clear = Ratio(2.0, 2.0, 2.0)
    assert verdict(clear, Ratio(1.0, 0.97, 1.03)) == NOISY
    assert verdict(clear, Ratio(1.0, 0.98, 1.02)) == "faster"


def test_a_difference_that_an_equal_module_has_too_is_none() -> None:
    assert verdict(Ratio(1.03, 1.02, 1.04), Ratio(1.03, 1.01, 1.05)) == "no difference"
    assert verdict(Ratio(1.03, 1.02, 1.04), Ratio(0.97, 0.955, 0.99)) == "no difference"
    assert verdict(Ratio(1.07, 1.06, 1.08), Ratio(1.03, 1.01, 1.05)) == "faster"
    assert verdict(Ratio(0.97, 0.96, 0.98), Ratio(1.03, 1.01, 1.05)) == "no difference"
    assert verdict(Ratio(0.9, 0.89, 0.91), Ratio(1.03, 1.01, 1.05)) == "slower"


def test_drifts_touch_all_variants_alike() -> None:
    """A machine that slows down by half in the middle changes no ratio."""
    clock = Clock()

    def run(seconds: float) -> Callable[[], None]:
        def step() -> None:
            clock.now += seconds * (1.5 if clock.now > 40 else 1)

        return step

    times = interleave({"a": run(1.0), "b": run(0.5)}, visits=20, timer=wall(clock))
    assert ratio(times["a"], times["b"]).ratio == pytest.approx(2.0)


def test_means_are_geometric() -> None:
    found = mean([Ratio(2, 1, 4), Ratio(8, 4, 16)])
    assert (found.ratio, found.low, found.high) == pytest.approx((4, 2, 8))
