"""Constructor parameters: which numbers of a block differ between its uses, and how they hang together.

Every slot is a column of values, one for each use of the block. A constant column is a literal. Another is, in
this order, a parameter of the block in the language (`width`), a multiple or part of one (`width * 4`), a sum
of two, or a parameter of its own. Any fit that holds for all uses is right, since the file is for this net.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations

from resdsl.backends.torch.ir import MAIN, Draft, Leaf, Slot
from resdsl.ops.base import Literal

Row = tuple[Literal, ...]
Column = tuple[Literal | None, ...]

SIZES = {"channels", "count", "size"}
DEFAULTS = {"stride": 1, "groups": 1, "dilation": 1}
ALWAYS_PARAMETER = {"stride", "channels", "groups", "dilation"}


class Missing:
    """The value of a slot in a use that has no such member."""


MISSING = Missing()


@dataclass(frozen=True, slots=True)
class Parameter:
    """A constructor parameter and its value in each use."""

    name: str
    kind: str
    column: tuple[Literal, ...]

    @property
    def default(self) -> Literal:
        return DEFAULTS.get(self.kind) if self.kind in DEFAULTS and DEFAULTS[self.kind] in self.column else None

    @property
    def type(self) -> str:
        values = {type(v) for v in self.column}
        for kind, text in ((Fraction, "float"), (tuple, "tuple[int, ...]"), (str, "str")):
            if kind in values:
                return text if len(values) == 1 or kind is Fraction else f"int | {text}"
        return "bool" if values == {bool} else "int"


@dataclass(slots=True)
class Fit:
    """How a class writes its slots, and what its constructor takes."""

    parameters: list[Parameter] = field(default_factory=list)
    texts: dict[Slot, str] = field(default_factory=dict)
    literals: dict[Slot, Literal] = field(default_factory=dict)
    """Slots that are the same in every use."""
    conditions: dict[str, str] = field(default_factory=dict)
    """When an optional member is there."""
    dropped: set[Slot] = field(default_factory=set)
    """Comments that are not the same everywhere."""

    @property
    def names(self) -> set[str]:
        return {p.name for p in self.parameters}


@dataclass(frozen=True, slots=True)
class Candidate:
    name: str
    column: tuple[Literal, ...]
    kind: str


class Fitter:
    """Fits the columns of one class. `candidates` are the block's own parameters and `let`s, best first."""

    def __init__(self, drafts: list[Draft], candidates: list[Candidate], taken: set[str]) -> None:
        self.drafts = drafts
        self.candidates = candidates
        self.taken = set(taken)
        self.fit = Fit()
        self.used: dict[str, Candidate] = {}

    def run(self) -> Fit:
        sample = self._sample()
        for part in sample:
            for index, leaf in enumerate(sample[part]):
                self._slot(Slot(part, index), leaf)
        for member in self.drafts[0].optional:
            self._condition(member)
        order = {c.name: i for i, c in enumerate(self.candidates)}
        chosen = sorted(self.used.values(), key=lambda c: order.get(c.name, len(order)))
        self.fit.parameters = _required_first([Parameter(c.name, c.kind, c.column) for c in chosen])
        return self.fit

    def _sample(self) -> dict[str, list[Leaf]]:
        """The leaves of a use that has every part."""
        parts: dict[str, list[Leaf]] = {MAIN: self.drafts[0].leaves.parts[MAIN]}
        for draft in self.drafts:
            for part, leaves in draft.leaves.parts.items():
                parts.setdefault(part, leaves)
        return parts

    def column(self, slot: Slot) -> tuple[Literal | Missing, ...]:
        values: list[Literal | Missing] = []
        for draft in self.drafts:
            leaves = draft.leaves.parts.get(slot.part)
            values.append(leaves[slot.index].value if leaves else MISSING)
        return tuple(values)

    def _slot(self, slot: Slot, leaf: Leaf) -> None:
        column = self.column(slot)
        present = _present(column)
        constant = all(_same(v, present[0]) for v in present)
        if constant and (slot.part == MAIN or leaf.kind not in ALWAYS_PARAMETER or not self._matches(column, leaf)):
            self.fit.literals[slot] = present[0]
            return
        if leaf.kind == "comment":
            self.fit.dropped.add(slot)
            return
        if leaf.name == "inplace":
            self.fit.literals[slot] = False
            return
        self.fit.texts[slot] = self._express(column, leaf)

    def _matches(self, column: tuple[Literal | Missing, ...], leaf: Leaf) -> bool:
        """Whether a member that not all uses have would read better with a parameter than with a number."""
        return len(set(map(repr, column))) > 1 and any(
            _agrees(column, c.column) and (leaf.kind in SIZES or c.name == leaf.name)
            for c in self.candidates
            if len({repr(v) for v in c.column}) > 1
        )

    def _express(self, column: tuple[Literal | Missing, ...], leaf: Leaf) -> str:
        ranked = self._ranked(leaf)
        for candidate in ranked:
            if _agrees(column, candidate.column):
                return self._use(candidate)
        if leaf.kind in SIZES:
            text = self._derived(column, ranked)
            if text is not None:
                return text
        if leaf.kind == "padding" and (half := self._half(column, ranked)) is not None:
            return half
        filler = _present(column)[0]
        full = tuple(filler if isinstance(v, Missing) else v for v in column)
        return self._use(Candidate(self._fresh(leaf), full, leaf.kind))

    def _ranked(self, leaf: Leaf) -> list[Candidate]:
        known = [*self.candidates, *(c for c in self.used.values() if c not in self.candidates)]
        varying = [c for c in known if len({repr(v) for v in c.column}) > 1]
        if leaf.kind != "channels":
            varying = [c for c in varying if c.name != "in_channels"]
        return sorted(varying, key=lambda c: (c.name != leaf.name, c.kind != leaf.kind, c.name not in self.used))

    def _derived(self, column: tuple[Literal | Missing, ...], ranked: list[Candidate]) -> str | None:
        """A multiple, a part or a shift of one candidate, the sum or product of two: of whole numbers only."""
        known = [i for i, v in enumerate(column) if not isinstance(v, Missing)]
        wanted = _integers(_present(column))
        if wanted is None:
            return None
        numbers = [(c, [whole[i] for i in known]) for c in ranked if (whole := _integers(c.column)) is not None]
        value = wanted[0]
        for c, given in numbers:
            base = given[0]
            if base and value % base == 0 and wanted == [n * (value // base) for n in given]:
                return f"{self._use(c)} * {value // base}"
            if value and base % value == 0 and given == [n * (base // value) for n in wanted]:
                return f"{self._use(c)} // {base // value}"
        for c, given in numbers:
            offset = value - given[0]
            if wanted == [n + offset for n in given]:
                return f"{self._use(c)} {'+' if offset > 0 else '-'} {abs(offset)}"
        for (a, first), (b, second) in combinations(numbers, 2):
            pairs = list(zip(first, second, strict=True))
            if wanted == [n + m for n, m in pairs]:
                return f"{self._use(a)} + {self._use(b)}"
            if wanted == [n * m for n, m in pairs]:
                return f"{self._use(a)} * {self._use(b)}"
        return None

    def _half(self, column: tuple[Literal | Missing, ...], ranked: list[Candidate]) -> str | None:
        """Padding that keeps the size: half of an odd kernel, whatever the block calls it."""
        for c in ranked:
            whole = _integers(c.column)
            odd = whole is not None and all(v % 2 == 1 for v in whole)
            if whole is not None and odd and _agrees(column, tuple(v // 2 for v in whole)):
                return f"{self._use(c)} // 2"
        return None

    def _use(self, candidate: Candidate) -> str:
        self.used.setdefault(candidate.name, candidate)
        self.taken.add(candidate.name)
        return candidate.name

    def _fresh(self, leaf: Leaf) -> str:
        names = {c.name for c in self.candidates} | self.taken
        base = leaf.name
        if base in names and leaf.member:
            base = f"{leaf.member}_{leaf.name}"
        base = "".join(ch if ch.isidentifier() or ch.isdigit() else "_" for ch in base)
        base = base if base.isidentifier() else f"p_{base}"
        name, number = base, 1
        while name in names:
            number += 1
            name = f"{base}{number}"
        return name

    def _condition(self, member: str) -> None:
        """When an optional member is there, as a person would say it; otherwise a parameter of its own."""
        there = tuple(draft.optional[member] is not None for draft in self.drafts)
        if len(set(there)) == 1:
            return
        atoms = self._atoms()
        for text, holds in atoms:
            if holds == there:
                self.fit.conditions[member] = text
                return
        for (text, holds), (other, also) in combinations(atoms, 2):
            if tuple(a or b for a, b in zip(holds, also, strict=True)) == there:
                self.fit.conditions[member] = f"{text} or {other}"
                return
        leaf = Leaf(True, "flag", member, member)
        self.fit.conditions[member] = self._use(Candidate(self._fresh(leaf), there, "flag"))

    def _atoms(self) -> list[tuple[str, tuple[bool, ...]]]:
        known = list(self.used.values())
        sizes = [c for c in known if c.kind in SIZES and all(_is_int(v) for v in c.column)]
        atoms: dict[str, tuple[bool, ...]] = {}
        for entry in (c for c in sizes if c.name == "in_channels"):
            for slot, text in self.fit.texts.items():
                column = self.column(slot)
                if slot.part == MAIN and all(_is_int(v) for v in column) and text != entry.name:
                    unequal = tuple(a != b for a, b in zip(entry.column, column, strict=True))
                    atoms.setdefault(f"{entry.name} != {text}", unequal)
        for c in known:
            if c.kind in DEFAULTS:
                atoms[f"{c.name} != 1"] = tuple(v != 1 for v in c.column)
        return list(atoms.items())


def _required_first(parameters: list[Parameter]) -> list[Parameter]:
    return [p for p in parameters if p.default is None] + [p for p in parameters if p.default is not None]


def _agrees(column: tuple[Literal | Missing, ...], other: tuple[Literal, ...]) -> bool:
    return all(v is MISSING or _same(v, o) for v, o in zip(column, other, strict=True))


def _same(a: object, b: object) -> bool:
    return a == b and isinstance(a, bool) == isinstance(b, bool)


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _integers(column: Sequence[Literal]) -> list[int] | None:
    """The column if it has whole numbers only."""
    found = [value for value in column if isinstance(value, int) and not isinstance(value, bool)]
    return found if len(found) == len(column) else None


def _present(column: Sequence[Literal | Missing]) -> list[Literal]:
    """The values of the uses that have this member; there is always one."""
    return [value for value in column if not isinstance(value, Missing)]
