"""A process for each measurement: nothing that was compiled, allocated or set before has a part in it.

`python -m resdsl.runtime.bench FILE` reads a pickled request of our own from standard input and writes what it answers
to the file, as JSON. What libraries print on the way is shown only if it fails.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from resdsl.records import Record
from resdsl.runtime.bench.job import Job, told
from resdsl.runtime.bench.results import as_json

Answer = dict[str, Any]
_FAULT = "fault"
"""The answer's only key where there is none."""


class WorkerError(RuntimeError):
    """A measurement that ended without an answer, and its last words."""


class LateError(Exception):
    """The time was over before the answer."""


class Describe(Record):
    """What is measured on. Answers with `machine`'s dictionary."""

    device: str

    def __call__(self) -> Answer:
        from resdsl.runtime.bench.machine import machine

        return machine(self.device)


class Measure(Record):
    """Times variants of a job side by side. Answers with a `Case`."""

    job: Job
    names: tuple[str, ...]
    visits: int
    seconds: float | None = None
    """After which no more visits are begun."""

    def __call__(self) -> Answer:
        from resdsl.runtime.bench.measure import measure

        found: Answer = as_json(measure(self.job, self.names, visits=self.visits, seconds=self.seconds))
        return found


class Start(Record):
    """Set-up and memory of one variant. Answers with a `Cold`."""

    job: Job
    name: str

    def __call__(self) -> Answer:
        from resdsl.runtime.bench.measure import cold

        found: Answer = as_json(cold(self.job, self.name))
        return found


class FindPeak(Record):
    """The convolution peak. Answers with a `Peak`."""

    device: str
    dtype: str
    batches: tuple[int, ...]
    visits: int

    def __call__(self) -> Answer:
        from resdsl.runtime.bench.peak import convolution_peak

        found: Answer = as_json(convolution_peak(self.device, self.dtype, self.batches, self.visits))
        return found


Request = Describe | Measure | Start | FindPeak
Ask = Callable[[Request, float | None], Answer]


def ask(request: Request, seconds: float | None = None) -> Answer:
    """Has a new process answer; compiled code of others is out of its reach.

    Raises `WorkerError`, and `LateError` after `seconds`.
    """
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        package = Path(__file__).parents[3]
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, (str(package), os.environ.get("PYTHONPATH")))),
            "TORCHINDUCTOR_CACHE_DIR": str(Path(folder) / "inductor"),
        }
        try:
            done = subprocess.run(  # noqa: S603 - our own module, by the Python that runs
                [sys.executable, "-P", "-m", "resdsl.runtime.bench", str(answer)],
                input=pickle.dumps(request), env=environment, capture_output=True, timeout=seconds, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise LateError(f"it had not ended after {time.monotonic() - start:.0f} s") from error
        if not answer.exists():
            said = done.stderr.decode(errors="replace").strip().splitlines()
            raise WorkerError(f"a measuring process ended with {done.returncode}: {said[-1] if said else 'no word'}")
        found: Answer = json.loads(answer.read_text(encoding="utf-8"))
        if _FAULT in found:
            raise WorkerError(found[_FAULT])
        return found


def main() -> None:
    """Answers one request."""
    warnings.simplefilter("ignore")  # the libraries' own, which nobody would see
    request = pickle.load(sys.stdin.buffer)  # noqa: S301 - from `ask`, the process above
    try:
        answer = request()
    except Exception as error:  # noqa: BLE001 - told by the process that asked
        traceback.print_exc()
        answer = {_FAULT: told(error)}
    Path(sys.argv[1]).write_text(json.dumps(answer), encoding="utf-8")
