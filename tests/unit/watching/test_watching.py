"""What counts as a change, told by a clock that the test moves: time passes only while the watch sleeps."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from resdsl.watching import GRACE, POLL, SETTLE, Watch

OLD = 10**9
"""A time of files long before the watch, in nanoseconds."""


class Scene:
    """A file under watch, and what happens to it at which times, in seconds."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now = 0.0
        self.events: list[tuple[float, Callable[[], object]]] = []
        self.watch = Watch(lambda: self.now, self.sleep)
        self.put("first")
        self.watch.follow([path], time.time_ns() + 10**9)  # its reader sets out long after it was written

    def put(self, text: str) -> None:
        """In place, as if long ago: the length tells the texts apart."""
        self.path.write_text(text)
        os.utime(self.path, ns=(OLD, OLD))

    def replace(self, text: str) -> None:
        other = self.path.with_suffix(".new")
        other.write_text(text)
        other.replace(self.path)

    def at(self, when: float, what: Callable[[], object]) -> None:
        self.events.append((when, what))

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        if not self.events and self.now > 100:
            raise TimeoutError
        while self.events and self.events[0][0] <= self.now:
            self.events.pop(0)[1]()

    def waited(self) -> float:
        self.watch.wait()
        return self.now


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path / "net.res")


def test_nothing_is_no_change(scene: Scene) -> None:
    with pytest.raises(TimeoutError):
        scene.waited()


def test_a_save_counts_soon(scene: Scene) -> None:
    scene.at(1, lambda: scene.put("second one"))
    assert 1 + SETTLE <= scene.waited() <= 1 + SETTLE + 3 * POLL
    with pytest.raises(TimeoutError):
        scene.waited()


def test_a_save_in_pieces_counts_once(scene: Scene) -> None:
    for step in range(5):
        scene.at(1 + step * POLL, lambda step=step: scene.put("x" * (10 + step)))
    assert scene.waited() >= 1 + 4 * POLL + SETTLE
    with pytest.raises(TimeoutError):
        scene.waited()


def test_a_file_put_in_place_of_another_counts(scene: Scene) -> None:
    scene.at(1, lambda: scene.replace("first"))
    assert scene.waited() < 2


def test_a_file_that_vanishes_for_a_moment_is_not_gone(scene: Scene) -> None:
    scene.at(1, scene.path.unlink)
    scene.at(1 + GRACE / 2, lambda: scene.put("back again"))
    assert scene.waited() >= 1 + GRACE / 2 + SETTLE
    assert scene.path.exists()
    with pytest.raises(TimeoutError):
        scene.waited()


def test_a_file_that_stays_away_counts_and_so_does_its_return(scene: Scene) -> None:
    scene.at(1, scene.path.unlink)
    assert 1 + GRACE <= scene.waited() < 2 + GRACE
    scene.at(10, lambda: scene.put("first"))
    assert scene.waited() < 11


def test_a_file_that_is_not_there_yet_is_waited_for(scene: Scene) -> None:
    later = scene.path.with_name("later.res")
    scene.watch.follow([scene.path, later], time.time_ns())
    scene.at(1, lambda: later.write_text("now"))
    assert scene.waited() < 2


def test_files_no_longer_followed_do_not_count(scene: Scene) -> None:
    other = scene.path.with_name("other.res")
    scene.watch.follow([other], time.time_ns())
    scene.at(1, lambda: scene.put("second one"))
    with pytest.raises(TimeoutError):
        scene.waited()


def test_what_was_written_while_it_was_read_counts(scene: Scene) -> None:
    began = time.time_ns() - 10**9
    used = scene.path.with_name("used.res")
    used.write_text("written after the reader set out")
    scene.watch.follow([scene.path, used], began)
    assert scene.waited() < 1
