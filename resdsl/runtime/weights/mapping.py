"""Which tensor of a checkpoint is which of a model's: explicit, checked, a table to read, a file to keep."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resdsl.diagnostics import WeightsError
from resdsl.runtime.weights.layout import COUNTER, Shape, size

if TYPE_CHECKING:
    from torch import Tensor

FORMAT = 1

_LARGEST = 64_000_000
"""Bytes of a file that may be a mapping: some hundred thousand pairs."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One tensor: its key and shape in the checkpoint, its key and shape in the model."""

    source: str
    target: str
    source_shape: Shape
    shape: Shape


@dataclass(frozen=True, slots=True)
class Mapping:
    """Every tensor of a model once, in the model's order, and how that was found."""

    source: str
    """What the checkpoint was called when the mapping was found."""
    model: str
    pairs: tuple[Pair, ...]
    absent: tuple[str, ...] = ()
    """Counters of batches (`num_batches_tracked`) of the model that the checkpoint lacks; they become 0."""
    evidence: tuple[str, ...] = ()
    """What told the pairs, a line each."""

    @property
    def by_name(self) -> bool:
        return all(pair.source == pair.target for pair in self.pairs)

    @property
    def reshaped(self) -> tuple[Pair, ...]:
        return tuple(pair for pair in self.pairs if pair.shape != pair.source_shape)

    def __str__(self) -> str:
        """A line that says how many and how, and what is worth knowing."""
        lines = [f"{self.source} -> {self.model}: {len(self.pairs)} tensors", *self.evidence]
        lines += [f"{p.source}: {size(p.source_shape)} is reshaped to {size(p.shape)}" for p in self.reshaped]
        if self.absent:
            lines.append(f"{len(self.absent)} counters of batches ({COUNTER}) are missing and become 0")
        return "\n".join(lines)

    def table(self) -> str:
        """Every pair: from, to, shape."""
        rows = [("from", "to", "shape"), *((p.source, p.target, size(p.shape)) for p in self.pairs)]
        first, second = (max(len(row[i]) for row in rows) for i in (0, 1))
        return "\n".join(f"{a:{first}}  {b:{second}}  {c}".rstrip() for a, b, c in rows) + "\n"

    def apply(self, tensors: Dictionary[str, Tensor]) -> dict[str, Tensor]:
        """The model's `state_dict` from the checkpoint's tensors, which must be exactly those of the mapping.

        Nothing is copied that need not be. Raises `WeightsError`.
        """
        import torch

        self._check(tensors, {pair.source: pair.source_shape for pair in self.pairs}, self.source)
        found = {pair.target: _taken(tensors, pair.source).reshape(pair.shape) for pair in self.pairs}
        return found | {key: torch.zeros((), dtype=torch.int64) for key in self.absent}

    def revert(self, tensors: Dictionary[str, Tensor]) -> dict[str, Tensor]:
        """The other way: from tensors in the model's names to tensors in the checkpoint's names and shapes."""
        self._check(tensors, {pair.target: pair.shape for pair in self.pairs}, self.model)
        return {pair.source: _taken(tensors, pair.target).reshape(pair.source_shape) for pair in self.pairs}

    @staticmethod
    def _check(tensors: Dictionary[str, Tensor], wanted: Dictionary[str, Shape], what: str) -> None:
        shapes = {key: tuple(tensor.shape) for key, tensor in tensors.items()}
        lines = differences(
            shapes, {key: shape for key, shape in wanted.items() if key in shapes or not key.endswith(COUNTER)}
        )
        if lines:
            raise WeightsError(f"these are not the weights that the mapping is for ({what})\n" + "\n".join(lines))

    def fits(self, shapes: Dictionary[str, Shape]) -> None:
        """Raises `WeightsError` unless the mapping has exactly a model's keys and shapes."""
        said = {pair.target: pair.shape for pair in self.pairs} | dict.fromkeys(self.absent, ())
        lines = differences(said, shapes)
        if lines:
            raise WeightsError(f"the mapping, for {self.model}, is not for this model\n" + "\n".join(lines))

    def to_json(self) -> str:
        pairs = [
            {"from": p.source, "to": p.target, "shape": list(p.shape)}
            | ({} if p.shape == p.source_shape else {"from_shape": list(p.source_shape)})
            for p in self.pairs
        ]
        head = {"resdsl_weights_mapping": FORMAT, "source": self.source, "model": self.model}
        body = ",\n".join(f"    {json.dumps(pair)}" for pair in pairs)
        lines = [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
        lines += [f'  "pairs": [\n{body}\n  ]', f'  "absent": {json.dumps(list(self.absent))}']
        return "{\n" + ",\n".join(lines) + "\n}\n"

    def save(self, path: Path | str) -> None:
        """Writes it as JSON. Raises `OSError`."""
        from resdsl.files import write_whole

        write_whole(Path(path), self.to_json())

    @classmethod
    def load(cls, path: Path | str) -> Mapping:
        """Reads what `save` wrote, or a person in the same form. Raises `OSError` if that is not what it is."""
        try:
            if not Path(path).is_file():
                raise OSError(f"there is no file {path}")
            if Path(path).stat().st_size > _LARGEST:
                raise OSError(f"{path} is larger than {_LARGEST:,} bytes, and no mapping of weights")
            return cls.from_json(Path(path).read_text(encoding="utf-8"))
        except ValueError as error:
            raise OSError(f"{path} is not a mapping of weights: {error}") from error

    @classmethod
    def from_json(cls, text: str) -> Mapping:
        """Raises `ValueError` unless the text is a mapping in which no key occurs twice."""
        try:
            read = json.loads(text)
        except RecursionError as error:
            raise ValueError("it is nested too deeply") from error
        if not isinstance(read, dict) or read.get("resdsl_weights_mapping") != FORMAT:
            raise ValueError(f'it does not say "resdsl_weights_mapping": {FORMAT}')
        names = {key: read.get(key, "?") for key in ("source", "model")}
        if not all(isinstance(name, str) for name in names.values()):
            raise ValueError("source and model are strings")
        given, absent = read.get("pairs"), read.get("absent", [])
        if not isinstance(given, list) or not isinstance(absent, list):
            raise ValueError("pairs and absent are lists")
        pairs = tuple(_pair(item) for item in given)
        for keys in ([p.source for p in pairs], [p.target for p in pairs] + absent):
            if not all(isinstance(key, str) for key in keys):
                raise ValueError("keys are strings")
            twice = sorted(key for key, count in Counter(keys).items() if count > 1)
            if twice:
                raise ValueError(f"{twice[0]} occurs twice")
        other = [key for key in absent if not key.endswith(COUNTER)]
        if other:
            raise ValueError(f"{other[0]} cannot be absent, only counters of batches can")
        return cls(names["source"], names["model"], pairs, tuple(absent), ("by a saved mapping",))


def _taken(tensors: Dictionary[str, Tensor], key: str) -> Tensor:
    """A tensor by its key; a counter that is not there is 0."""
    import torch

    return torch.zeros((), dtype=torch.int64) if key.endswith(COUNTER) and key not in tensors else tensors[key]


def _pair(item: Any) -> Pair:
    if not isinstance(item, dict) or not {"from", "to", "shape"} <= item.keys():
        raise ValueError("a pair has from, to and shape")
    shape, source_shape = (_shape(item.get(name, item["shape"])) for name in ("shape", "from_shape"))
    return Pair(item["from"], item["to"], source_shape, shape)


def _shape(value: Any) -> Shape:
    if not isinstance(value, list) or not all(type(n) is int and n >= 0 for n in value):
        raise ValueError(f"{value!r} is no shape")
    return tuple(value)


def differences(has: Dictionary[str, Shape], wanted: Dictionary[str, Shape], most: int = 8) -> list[str]:
    """What is missing, not expected, or of another shape, a line a key; of each at most `most`.

    Counters may be more.
    """
    missing = [f"  {key} ({size(shape)}) is missing" for key, shape in wanted.items() if key not in has]
    extra = [
        f"  {key} ({size(shape)}) is not expected"
        for key, shape in has.items()
        if key not in wanted and not key.endswith(COUNTER)
    ]
    other = [
        f"  {key} is {size(has[key])}, and {size(shape)} is expected"
        for key, shape in wanted.items()
        if key in has and has[key] != shape
    ]
    lines = []
    for found in (other, missing, extra):
        lines += found[:most] + ([f"  and {len(found) - most} more"] if len(found) > most else [])
    return lines
