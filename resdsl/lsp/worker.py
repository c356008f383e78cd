"""Work in the background, a text at a time: what is newer replaces what waits, and stops what runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic
from typing import Generic, TypeVar

STACK = 64 * 2**20
"""Bytes of stack for the thread: texts may be nested as deep as the limits allow."""

Job = TypeVar("Job")


class Worker(Generic[Job]):
    """One thread that carries out the latest job of each key, once it has waited its time."""

    def __init__(self, carry_out: Callable[[Job, threading.Event], None]) -> None:
        self._carry_out = carry_out
        self._jobs: dict[str, tuple[float, Job]] = {}
        self._changed = threading.Condition()
        self._running: tuple[str, threading.Event] | None = None
        self._stopped = False
        before = threading.stack_size(STACK)
        self._thread = threading.Thread(target=self._run, name="checks", daemon=True)
        self._thread.start()
        threading.stack_size(before)

    def schedule(self, key: str, job: Job, delay: float = 0.0) -> None:
        """Puts a job in the place of the key's former one; one that runs is told to stop."""
        with self._changed:
            self._jobs[key] = monotonic() + delay, job
            self._cancel(key)
            self._changed.notify()

    def forget(self, key: str) -> None:
        """Drops the job of a key."""
        with self._changed:
            self._jobs.pop(key, None)
            self._cancel(key)

    def stop(self) -> None:
        """Ends the thread after what it is at, which is told to stop."""
        with self._changed:
            self._stopped = True
            if self._running is not None:
                self._running[1].set()
            self._changed.notify()

    def _cancel(self, key: str) -> None:
        if self._running is not None and self._running[0] == key:
            self._running[1].set()

    def _run(self) -> None:
        while (job := self._next()) is not None:
            self._carry_out(*job)
            with self._changed:
                self._running = None

    def _next(self) -> tuple[Job, threading.Event] | None:
        """Waits for a job whose time has come; `None` at the end."""
        with self._changed:
            while not self._stopped:
                key = min(self._jobs, key=lambda key: self._jobs[key][0], default=None)
                if key is None:
                    self._changed.wait()
                    continue
                left = self._jobs[key][0] - monotonic()
                if left > 0:
                    self._changed.wait(left)
                    continue
                _, job = self._jobs.pop(key)
                cancelled = threading.Event()
                self._running = key, cancelled
                return job, cancelled
        return None
