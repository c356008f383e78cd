"""Waiting for files to change, by looking at them: it needs nothing of the system and works on every file system.

Editors save in different ways: in place, in several writes, or by putting a new file under the old name, so that for a
moment there is none. A change therefore counts once the files have stayed as they are for a while, and a file that is
gone is given longer to come back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path

POLL = 0.1
"""Seconds between two looks."""
SETTLE = 0.15
"""Seconds without a further change, after which a change counts."""
GRACE = 1.0
"""The same where a file is gone."""

_CLOCK_STEP = 20_000_000
"""Nanoseconds by which a file's time may lag behind the clock."""

Stamp = tuple[int, ...] | None
"""What tells two states of a file apart: times, size, inode; `None` where it cannot be looked at."""
_NEVER: Stamp = ()


class Watch:
    """A set of files, and how they were when they were last taken note of."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._stamps: dict[Path, Stamp] = {}

    @classmethod
    def of(cls, path: Path, sleep: Callable[[float], None] = time.sleep) -> Watch:
        """A watch of one file, as it is now."""
        watch = cls(sleep=sleep)
        watch._stamps = {path: _stamp(path)}
        return watch

    def follow(self, files: Iterable[Path], began: int) -> None:
        """These files from now on. `began` is when their reader set out, in nanoseconds of `time.time_ns`: a file that
        was not followed yet and was written after that counts as changed."""
        known = self._stamps
        self._stamps = {path: known[path] if path in known else _fresh(path, began) for path in files}

    def wait(self) -> None:
        """Returns when a file has changed, and takes note of how they all are now."""
        seen, since = self._look(), self._clock()
        while True:
            self._sleep(POLL)
            now = self._look()
            if now != seen:
                seen, since = now, self._clock()
            elif now != self._stamps and self._clock() - since >= self._patience(now):
                self._stamps = now
                return

    def _look(self) -> dict[Path, Stamp]:
        return {path: _stamp(path) for path in self._stamps}

    def _patience(self, now: dict[Path, Stamp]) -> float:
        gone = any(stamp is None and self._stamps[path] is not None for path, stamp in now.items())
        return GRACE if gone else SETTLE


def _stamp(path: Path) -> Stamp:
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino


def _fresh(path: Path, began: int) -> Stamp:
    stamp = _stamp(path)
    return _NEVER if stamp and max(stamp[:2]) >= began - _CLOCK_STEP else stamp
