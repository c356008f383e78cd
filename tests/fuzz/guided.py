"""A fuzzer that is guided by coverage: it keeps the inputs that reach new lines of the compiler, and changes those.

    pip install atheris        # Linux, Python 3.11 to 3.13; not a dependency of anything else
    python tests/fuzz/guided.py --seconds 600 --record

With `--new tests/fuzz/corpus` the inputs that reach new lines become part of the corpus. What fails is made smaller and
written to `tests/cases/fuzz/`, as `run.py` does.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import atheris

with atheris.instrument_imports(include=["resdsl"]):
    from tests.fuzz.probing import SECONDS, deadline, failure, probe, signature, smaller

from resdsl.syntax.keywords import KEYWORDS
from tests.fuzz.recording import Tally, begun, save, write_case
from tests.fuzz.texts import NAMES, SAMPLES, seeds

CORPUS = Path(__file__).with_name("corpus")
LONGEST = 400
"""Bytes of an input: what is short is fast, and says more."""


class Guided:
    """The target: counts what came of the inputs, and tells another process through a file."""

    def __init__(self, told: Path) -> None:
        self.tally = Tally()
        self.codes: set[str] = set()
        self.findings: list[str] = []
        self.told = told

    def __call__(self, data: bytes) -> None:
        began = time.process_time()
        try:
            with deadline():
                outcome = probe(data)
            self.tally.outcomes[outcome.kind] += 1
            self.codes |= outcome.codes
        except Exception as error:  # noqa: BLE001 - to catch whatever is raised is the purpose
            self.tally.outcomes["failed"] += 1
            self._found(data, signature(error))
        seconds = time.process_time() - began
        self.tally.inputs += 1
        self.tally.bytes += len(data)
        self.tally.seconds += seconds
        self.tally.worst_seconds = max(self.tally.worst_seconds, seconds)
        if self.tally.inputs % 500 == 0:
            self.tell()

    def _found(self, data: bytes, what: str) -> None:
        if f"{what}.res" not in self.findings:
            small = smaller(data, lambda part: (error := failure(part)) is not None and signature(error) == what)
            self.findings.append(write_case(what, small))

    def tell(self) -> None:
        tally = self.tally
        fields = ("inputs", "bytes", "outcomes", "seconds", "worst_seconds")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        told = {"tally": {one: getattr(tally, one) for one in fields}, "codes": sorted(self.codes)}
        self.told.write_text(json.dumps({**told, "findings": self.findings, "peak": peak}), encoding="utf-8")


def words() -> str:
    """The words of the language, for libFuzzer to put in."""
    texts = {*KEYWORDS, *NAMES, "->", "x ", " then ", "std: ", '"{', "}", *(t for s in SAMPLES.values() for t in s)}
    escaped = ("".join(f"\\x{byte:02x}" for byte in text.encode()) for text in sorted(texts) if text)
    return "".join(f'"{text}"\n' for text in escaped)


def main() -> int:
    options = _options()
    run = begun(["python", "tests/fuzz/guided.py", *sys.argv[1:]])
    with tempfile.TemporaryDirectory() as folder:
        told, dictionary, first = Path(folder) / "told.json", Path(folder) / "words", Path(folder) / "seeds"
        dictionary.write_text(words(), encoding="utf-8")
        first.mkdir()
        for number, text in enumerate(seeds()):
            if len(text) <= LONGEST:
                (first / str(number)).write_text(text, encoding="utf-8")
        new = Path(options.new) if options.new else Path(folder) / "new"
        new.mkdir(exist_ok=True)
        flags = [
            f"-max_len={LONGEST}",
            f"-dict={dictionary}",
            f"-timeout={round(SECONDS * 30)}",
            "-rss_limit_mb=2000",
            "-verbosity=0",
        ]
        flags += [f"-max_total_time={options.seconds}"] if options.seconds else []
        flags += [f"-runs={options.inputs}"] if options.inputs else []
        folders = [str(new), str(CORPUS), str(first)]
        child = os.fork()
        if child == 0:  # libFuzzer ends the process that it runs in
            target = Guided(told)
            atheris.Setup([sys.argv[0], *flags, *folders], target)
            with contextlib.suppress(SystemExit):
                atheris.Fuzz()
            os._exit(0)
        os.waitpid(child, 0)
        if not told.exists():
            print("nothing was told: fewer than 500 inputs, or a crash")
            return 1
        said = json.loads(told.read_text(encoding="utf-8"))
    said["tally"]["outcomes"] = Counter(said["tally"]["outcomes"])
    run.tally("guided").add(Tally(**said["tally"]))
    run.codes, run.findings, run.peak_megabytes = set(said["codes"]), said["findings"], said["peak"]
    if options.record:
        save(run, options.record_file)
    print(json.dumps(run.as_json(), indent=1))
    return 1 if run.findings else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60, help="of the clock")
    parser.add_argument("--inputs", type=int, help="at most")
    parser.add_argument("--new", metavar="FOLDER", help="where inputs of worth go (default: nowhere that lasts)")
    parser.add_argument("--record", action="store_true", help="enter the run in tests/fuzz/record.json")
    parser.add_argument("--record-file", type=Path, default=Path(__file__).with_name("record.json"))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
