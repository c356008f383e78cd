"""Results: what was measured, as records and as JSON. Ratios follow from the times and are never stored alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from resdsl.records import Record
from resdsl.runtime.bench.job import BASELINE, CONTROL
from resdsl.runtime.bench.protocol import Ratio, Times, mean, ratio, verdict

FORMAT = 1
"""Of the JSON: it changes when readers have to."""


class Entry(Record):
    """One variant of one case."""

    times: Times
    difference: float
    """Of its outputs from the baseline's in fp32, relative."""
    setup_seconds: float | None = None
    """In a cold process: from a module with its weights to the first output, everything compiled anew."""
    memory_bytes: int | None = None
    """While it runs, after set-up, in a process of its own: the most that is resident, on CUDA the most allocated."""
    activation_bytes: int | None = None
    """The most that PyTorch's allocator holds for one call beyond what stays."""
    said: tuple[str, ...] = ()
    """Of how it was built: what was chosen for it."""


_PLAIN = ("difference", "setup_seconds", "memory_bytes", "activation_bytes")


class Case(Record):
    """One net under one kind of call."""

    net: str
    peer: str
    """Of whom the baseline is; `""`: our plain module."""
    input: str
    batch: int
    device: str
    dtype: str
    train: bool
    macs: int
    """Multiply-adds of convolutions and linear layers for one input."""
    entries: Mapping[str, Entry]
    left_out: Mapping[str, str] = {}
    """Variants that cannot be here, and why."""
    refused: Mapping[str, str] = {}
    """Variants that failed or gave wrong outputs, and how."""

    @property
    def kind(self) -> str:
        """What cases of several nets have in common."""
        return f"{'training' if self.train else 'inference'}, {self.device}, {self.dtype}, batch {self.batch}"

    def speed(self, name: str, baseline: str = BASELINE) -> Ratio:
        """How much faster than the baseline."""
        return ratio(self.entries[baseline].times, self.entries[name].times)

    def verdict(self, name: str, baseline: str = BASELINE) -> str:
        """Of the speed; the control's is measured against the eager module, whatever the baseline."""
        if name in (baseline, CONTROL):
            return ""
        control = self.speed(CONTROL) if CONTROL in self.entries else None
        return verdict(self.speed(name, baseline), control)

    def images_per_second(self, name: str) -> float:
        return self.batch / self.entries[name].times.p20

    def gflops(self, name: str) -> float:
        """Thousand million operations a second of the forward pass, a multiply-add being two."""
        return 2e-9 * self.macs * self.images_per_second(name)


class Results(Record):
    """Everything of one run."""

    machine: Mapping[str, Any]
    visits: int
    cases: tuple[Case, ...]
    peaks: Mapping[str, Mapping[str, Any]] = {}
    """By type: `gflops` of the fastest convolution, its `shape` and `call`."""
    unfinished: tuple[str, ...] = ()
    """What the time was not enough for."""

    def kinds(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(case.kind for case in self.cases))

    def of(self, kind: str) -> tuple[Case, ...]:
        return tuple(case for case in self.cases if case.kind == kind)

    def means(self, kind: str, baseline: str = BASELINE) -> dict[str, tuple[Ratio, int]]:
        """By variant: the geometric mean of its speeds, and over how many nets."""
        cases = [case for case in self.of(kind) if baseline in case.entries]
        names = dict.fromkeys(name for case in cases for name in case.entries)
        speeds = {name: [case.speed(name, baseline) for case in cases if name in case.entries] for name in names}
        return {name: (mean(found), len(found)) for name, found in speeds.items()}

    def mean_verdict(self, kind: str, name: str, baseline: str = BASELINE) -> str:
        if name in (baseline, CONTROL):
            return ""
        control = self.means(kind).get(CONTROL)
        return verdict(self.means(kind, baseline)[name][0], control[0] if control else None)

    def of_peak(self, case: Case, name: str) -> float | None:
        """The share of the best rate that a convolution reached."""
        peak = self.peaks.get(case.dtype)
        exact = name == "eager_fp32" and case.dtype != "fp32"
        return None if peak is None or exact or case.train else case.gflops(name) / peak["gflops"]

    def to_json(self) -> str:
        """With the ratios to the baseline, for readers that do not compute."""
        content = {"format": FORMAT, **as_json(self)}
        for told, case in zip(content["cases"], self.cases, strict=True):
            for name, entry in told["entries"].items():
                entry["images_per_second"] = case.images_per_second(name)
                entry["of_peak"] = self.of_peak(case, name)
                entry["speed"] = {**as_json(case.speed(name)), "verdict": case.verdict(name)}
        content["geometric_means"] = {
            kind: {
                name: {**as_json(found), "nets": nets, "verdict": self.mean_verdict(kind, name)}
                for name, (found, nets) in self.means(kind).items()
            }
            for kind in self.kinds()
        }
        return json.dumps(content, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Results:
        """Raises `ValueError` if it is not what `to_json` writes."""
        try:
            content = json.loads(text)
            if content["format"] != FORMAT:
                raise ValueError(f"results of format {content['format']}, and {FORMAT} is known")
            cases = tuple(case_of(case) for case in content["cases"])
            return cls(content["machine"], content["visits"], cases, content["peaks"], tuple(content["unfinished"]))
        except (KeyError, TypeError) as error:
            raise ValueError(f"no results of resdsl bench: {error}") from error


def as_json(value: Any) -> Any:
    """Records as dictionaries, all the way down."""
    if isinstance(value, Record):
        return {name: as_json(getattr(value, name)) for name in type(value).__match_args__}
    if isinstance(value, Mapping):
        return {key: as_json(item) for key, item in value.items()}
    return [as_json(item) for item in value] if isinstance(value, tuple | list) else value


def case_of(content: Mapping[str, Any]) -> Case:
    """A case from its JSON; what follows from the times is left."""
    entries = {
        name: Entry(Times(**entry["times"]), said=tuple(entry["said"]), **{key: entry[key] for key in _PLAIN})
        for name, entry in content["entries"].items()
    }
    return Case(**{key: content[key] for key in Case.__match_args__ if key != "entries"}, entries=entries)
