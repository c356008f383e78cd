"""The networks that ship: their list, their texts, copies to edit, and the proof that they are what they say.

`figures.csv`, beside the specs, has what was measured on reference implementations: a library's network (`peer`), or
one rebuilt from the paper and the authors' code.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from resdsl.analysis.metrics import Metrics, metrics
from resdsl.analysis.summary import gmacs
from resdsl.api import compile_spec, transplant
from resdsl.diagnostics import InternalError, Report, WeightsError
from resdsl.diagnostics.suggest import did_you_mean
from resdsl.elaborate import Program, build, load_program
from resdsl.graph import Graph
from resdsl.resources import root
from resdsl.specs import Spec, SpecError, find, shipped

if TYPE_CHECKING:
    from resdsl.runtime.peers import Agreement

COUNTS = ("params", "buffers", "state_dict_keys", "macs")

_USE = re.compile(r'^use[ \t]+"([^"]+)"', re.MULTILINE)
_PAPER = re.compile(r"arXiv:(\d{4}\.\d{4,5})")


@dataclass(frozen=True, slots=True)
class Row:
    """A network of the list. The family is the name of its file."""

    family: str
    name: str
    params: int
    macs: int
    """Multiply-adds of convolutions and linear layers, for one input."""
    depth: int
    paper: str
    """Its number at arXiv: the first in the file's header."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A row of figures.csv."""

    name: str
    family: str
    """The family as the table groups it, which is not the file's name."""
    shapes: dict[str, str]
    """Of `input` and `output`, without the batch axis."""
    counts: dict[str, int]
    """`COUNTS` by name."""
    oracle: str
    """What was measured: a library with its version, or `rebuilt`."""
    peer: str
    """`LIBRARY:NAME` of the same network elsewhere; `""` where there is none."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the verification of one network found."""

    name: str
    differences: tuple[str, ...]
    figures: str
    """What the figures were compared with, and what they are."""
    peer: str = ""
    """What was found beside the peer; `""` where it was not asked for."""
    missing: str = ""
    """The peer's library, if it cannot be imported."""

    def __str__(self) -> str:
        found = "; ".join(self.differences) if self.differences else "; ".join(filter(None, (self.figures, self.peer)))
        return f"{'DIFFERS' if self.differences else 'equal'} {self.name}: {found}"


def families() -> dict[str, Path]:
    """Every family and its file, in order."""
    return {path.stem: path for path in sorted(root("specs").rglob("*.res"))}


def rows(wanted: Iterable[str] = ()) -> Iterator[Row]:
    """The networks of some families, or of all, elaborated one after the other.

    Raises `SpecError` for a family that there is not, at once.
    """
    return _rows(_chosen(wanted))


def _rows(chosen: Mapping[str, Path]) -> Iterator[Row]:
    for family, path in chosen.items():
        program = _program(path)
        paper = _PAPER.search(_header(path))
        for name in _buildable(program):
            figures = metrics(_graph(program, name))
            yield Row(family, name, figures.params, figures.macs, figures.depth, paper[1] if paper else "")


def _chosen(wanted: Iterable[str]) -> dict[str, Path]:
    there = families()
    asked = list(wanted)
    for family in asked:
        if family not in there:
            near = did_you_mean(family, there)
            hint = f"did you mean {near}?" if near else f"there are {', '.join(there)}"
            raise SpecError(f"no family is called {family!r}; {hint}")
    return {family: there[family] for family in asked} if asked else there


def widths() -> tuple[int, int]:
    """The longest name of a family and of a network: a table can be begun before its last row is known."""
    return max(map(len, families())), max(map(len, shipped()))


def text_of(name: str) -> tuple[str, Path, int]:
    """The text of the file that defines a network, that file, and the line. Raises `SpecError`."""
    path = _file(name)
    text = path.read_text(encoding="utf-8")
    return text, path, _line_of(name, text)


@dataclass(frozen=True, slots=True)
class Copy:
    """The text of a network's file for a user to edit."""

    text: str
    line: int
    """Where the network is defined."""
    used: dict[str, str]
    """The text of every file that it takes definitions from, by file name: they stand beside it."""


def copy_of(name: str) -> Copy:
    """A copy of a network's file. Raises `SpecError`.

    A line at the end of the header says where the text is from; all else is as it ships.
    """
    text, path, _ = text_of(name)
    header = _header(path)
    note = f"# A copy of {path.name} as it ships with resdsl, to edit: {name} is one of its models.\n"
    copied = header + note + text.removeprefix(header)
    return Copy(copied, _line_of(name, copied), {used.name: used.read_text(encoding="utf-8") for used in _used(path)})


def _used(path: Path) -> list[Path]:
    """The files that a file takes definitions from, and those that they do. They all lie in one folder."""
    found = [path]
    for file in found:
        names = _USE.findall(file.read_text(encoding="utf-8"))
        found += [used for used in map(path.with_name, names) if used not in found]
    return found[1:]


def _file(name: str) -> Path:
    path = find(name).path
    if name not in shipped() or path is None:
        raise SpecError(f"{name} is no network that ships; resdsl zoo lists them")
    return path


def _line_of(name: str, text: str) -> int:
    found = re.search(rf"^model[ \t]+{name}\b", text, re.MULTILINE)
    assert found is not None
    return text.count("\n", 0, found.start()) + 1


def _header(path: Path) -> str:
    """The comment that a file begins with."""
    found = re.match(r"(?:#.*\n)*", path.read_text(encoding="utf-8"))
    assert found is not None
    return found[0]


@cache
def references() -> dict[str, Reference]:
    """The table of reference figures, by name."""
    with (root("specs") / "figures.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["zoo"]: Reference(
                row["zoo"],
                row["family"],
                {end: row[end].removeprefix("1x") for end in ("input", "output")},
                {count: int(row[count]) for count in COUNTS},
                row["oracle"],
                row["peer"],
            )
            for row in csv.DictReader(file)
        }


def verify(names: Iterable[str] = (), *, peers: bool = False) -> Iterator[Verdict]:
    """Computes the figures of some networks, or of all, and compares them with the table.

    With `peers`, a network whose row names one in a library is given that one's weights and run beside it, on a
    small input. Raises `SpecError` for a network that neither ships nor stands in the table.
    """
    asked = list(names)
    for name in asked:
        if name not in references() and name not in _buildable(_program(_file(name))):
            raise SpecError(f"{name} has no figures of its own: it needs arguments")
    for name in asked or everything():
        ships = name in shipped()
        verdict = _verify_figures(name) if ships else Verdict(name, ("is in the table and does not ship",), "")
        reference = references().get(name)
        if peers and reference and reference.peer and not verdict.differences:
            verdict = _verify_peer(verdict, reference)
        yield verdict


def everything() -> list[str]:
    """The networks that ship, in order, then those that only the table has."""
    there = [name for path in families().values() for name in _buildable(_program(path))]
    return list(dict.fromkeys([*there, *references()]))


def _verify_figures(name: str) -> Verdict:
    """Building it evaluates what its text expects; the rest is compared with the table."""
    path = shipped()[name]
    graph = _graph(_program(path), name)
    figures = metrics(graph)
    said = f"{figures.params:,} parameters, {gmacs(figures.macs)} GMACs, depth {figures.depth}"
    reference = references().get(name)
    if reference is None:
        return Verdict(name, (), f"{said}; not in the table, what the spec expects holds")
    return Verdict(name, tuple(_unequal(graph, figures, reference)), f"{said}, as {reference.oracle}")


def _unequal(graph: Graph, figures: Metrics, reference: Reference) -> Iterator[str]:
    counts = (figures.params, figures.buffers, figures.keys, figures.macs)
    for what, ours in zip(COUNTS, counts, strict=True):
        if ours != reference.counts[what]:
            yield f"{what} {ours:,}, {reference.counts[what]:,} in the table"
    ends = {
        "input": [graph.node(node).shape for node in graph.inputs],
        "output": [graph.node(output.node).shape for output in graph.outputs],
    }
    for end, shapes in ends.items():
        ours_shape = ", ".join(map(str, shapes))
        if ours_shape != reference.shapes[end]:
            yield f"{end} {ours_shape}, {reference.shapes[end]} in the table"


def _verify_peer(verdict: Verdict, reference: Reference) -> Verdict:
    from resdsl.runtime.peers import PeerMissing

    try:
        agreement = beside_peer(reference)
    except PeerMissing as missing:
        return Verdict(verdict.name, (), verdict.figures, f"{reference.peer} not compared", missing.library)
    except WeightsError as error:
        return Verdict(verdict.name, (f"{reference.peer}: {str(error).splitlines()[0]}",), verdict.figures)
    said = f"{reference.peer}: {agreement}"
    if not agreement.holds:
        return Verdict(verdict.name, (said,), verdict.figures)
    return Verdict(verdict.name, (), verdict.figures, said)


def beside_peer(reference: Reference) -> Agreement:
    """A network with the weights of its peer, beside it. Raises `PeerMissing` and `WeightsError`."""
    from resdsl.runtime.peers import build_peer, compare

    peer = build_peer(reference.peer)
    net = compile_spec(find(reference.name))
    module = net.module()
    mapping = transplant(peer, module, architecture=net)
    names = {pair.target: pair.source for pair in mapping.pairs}
    channels, *size = map(int, reference.shapes["input"].split("x"))
    return compare(module, peer, names, (2, channels, *map(_small, size)))


def _small(size: int) -> int:
    """A size that is quick on any machine and leaves more than one position to normalise over."""
    return 64 if size >= 64 else 8


@cache
def _program(path: Path) -> Program:
    report = Report()
    source = Spec(path, None).read(report)
    program = load_program(source, report) if source else None
    _sound(report)
    assert program is not None
    return program


def _buildable(program: Program) -> list[str]:
    return [name for name, info in program.models.items() if info.buildable]


def _graph(program: Program, name: str) -> Graph:
    report = Report()
    graph = build(program, name, report)
    _sound(report)
    assert graph is not None
    return graph


def _sound(report: Report) -> None:
    """What ships has no faults: one would be ours."""
    if report.failed:
        first = next(iter(report))
        raise InternalError(f"{first.span}: {first.message}")
