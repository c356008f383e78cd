"""Fuzzes the compiler: `python tests/fuzz/run.py --inputs 100000 --record`.

Inputs are made from their names (`mutated/7/1234`: kind, seed, number), so that `--show NAME` makes one again. They run
in processes of some thousands each, so that one that crashes Python costs no more than itself; nothing else is run at
the same time. What fails is made smaller and written to `tests/cases/fuzz/`, as a case of the regression test.
"""

from __future__ import annotations

import argparse
import json
import mmap
import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.fuzz.choosing import Seeded
from tests.fuzz.probing import deadline, failure, probe, signature, smaller
from tests.fuzz.programs import program
from tests.fuzz.recording import Tally, begun, save, write_case
from tests.fuzz.texts import grammar_text, mutated, raw

KINDS: dict[str, tuple[int, Callable[[Seeded], bytes]]] = {
    "mutated": (62, lambda choices: mutated(choices).encode("utf-8", "surrogatepass")),
    "grammar": (27, lambda choices: grammar_text(choices).encode("utf-8", "surrogatepass")),
    "raw": (8, raw),
    "program": (3, lambda choices: program(choices, depth=1).encode()),
}
"""Of a hundred inputs so many are of this kind; how one is made."""
CHUNK = 4_000
MEMORY = 1_500_000_000
"""Bytes of addresses that a process may have; what an input may take is this less some 300 MB for Python and torch-free
imports."""


def made(name: str) -> bytes:
    """The input of a name."""
    return KINDS[name.partition("/")[0]][1](Seeded(name))


def names(seed: str, start: int, count: int) -> list[str]:
    kinds = [kind for kind, (share, _) in KINDS.items() for _ in range(share)]
    step = 37  # has no factor in common with 100, so that kinds take turns
    return [f"{kinds[number * step % 100]}/{seed}/{number}" for number in range(start, start + count)]


# --- one process ----------------------------------------------------------------------------------


def _work(todo: list[str], until: float, progress: mmap.mmap, result: int) -> None:
    """Probes inputs until the time is over; what came of them goes to the pipe `result`."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    tallies: dict[str, Tally] = {}
    codes: set[str] = set()
    failures: dict[str, str] = {}
    for place, name in enumerate(todo):
        if time.monotonic() > until:
            break
        progress[:8] = place.to_bytes(8, "little")
        tally = tallies.setdefault(name.partition("/")[0], Tally())
        began = time.process_time()
        data = made(name)
        generated = time.process_time()
        try:
            with deadline():
                outcome = probe(data)
            codes |= outcome.codes
            tally.outcomes[outcome.kind] += 1
        except Exception as error:  # noqa: BLE001 - to catch whatever is raised is the purpose
            failures.setdefault(signature(error), name)
            tally.outcomes["failed"] += 1
        ended = time.process_time()
        tally.inputs += 1
        tally.bytes += len(data)
        tally.seconds += ended - began
        if ended - generated > tally.worst_seconds:
            tally.worst_seconds, tally.worst_input = ended - generated, name
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    fields = ("inputs", "bytes", "outcomes", "seconds", "worst_seconds", "worst_input")
    told = {kind: {one: getattr(tally, one) for one in fields} for kind, tally in tallies.items()}
    text = json.dumps({"tallies": told, "codes": sorted(codes), "failures": failures, "peak": peak})
    with os.fdopen(result, "w") as pipe:
        pipe.write(text)


def _chunk(todo: list[str], until: float) -> tuple[dict[str, object] | None, int]:
    """What a process of its own says of these inputs; `None` and the place of the last one if it crashed."""
    progress = mmap.mmap(-1, 8)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            _work(todo, until, progress, writing)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return (json.loads(text) if text else None), int.from_bytes(progress[:8], "little")


# --- all of them ----------------------------------------------------------------------------------


def main() -> int:
    options = _options()
    if options.show:
        sys.stdout.buffer.write(made(options.show))
        return 0
    run = begun(["python", "tests/fuzz/run.py", *sys.argv[1:]])
    until = time.monotonic() + (options.seconds or 10**9)
    done, start = 0, 0
    while done < options.inputs and time.monotonic() < until:
        todo = names(options.seed, start, min(CHUNK, options.inputs - done))
        told, last = _chunk(todo, until)
        if told is None:  # Python itself crashed
            written = write_case(f"crash-{Path(todo[last]).name}", made(todo[last]))
            run.findings.append(written)
            print(f"crash: {todo[last]} -> {written}", flush=True)
            start += last + 1
            continue
        for kind, one in told["tallies"].items():
            one["outcomes"] = Counter(one["outcomes"])
            run.tally(kind).add(Tally(**one))
            done += one["inputs"]
        run.codes |= set(told["codes"])
        run.peak_megabytes = max(run.peak_megabytes, told["peak"])
        for what, name in told["failures"].items():
            _found(run.findings, what, name)
        start += len(todo)
        if options.record:
            save(run, options.record_file)
        _say(run, done)
    return 1 if run.findings else 0


def _found(findings: list[str], what: str, name: str) -> None:
    """Writes a failing input, made smaller, unless one that fails alike is there."""
    if f"{what}.res" in findings:
        return
    data = made(name)
    if failure(data) is not None:
        data = smaller(data, lambda shorter: (error := failure(shorter)) is not None and signature(error) == what)
    findings.append(write_case(what, data))
    print(f"found: {what} in {name}", flush=True)


def _say(run: object, done: int) -> None:
    told = run.as_json()
    seconds = sum(kind["cpu_seconds"] for kind in told["kinds"].values())
    print(
        f"{done:,} inputs, {done / max(seconds, 0.01):.0f} a second, worst {told['worst_cpu_seconds']} s, "
        f"peak {told['peak_megabytes']} MB, {told['codes']} codes, {len(told['findings'])} findings",
        flush=True,
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, help="of the clock, at most")
    parser.add_argument("--seed", default="1", help="other seeds give other inputs")
    parser.add_argument("--record", action="store_true", help="enter the run in tests/fuzz/record.json")
    parser.add_argument("--show", metavar="NAME", help="print the input of a name, and nothing else")
    parser.add_argument("--record-file", type=Path, default=Path(__file__).with_name("record.json"))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
