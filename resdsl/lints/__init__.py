"""Lints: warnings about specs that have no errors. A rule is a file; its docstring says what is wrong and why.

Rules look at the user's texts alone: the library's blocks are shown as the calls that reach them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from resdsl.diagnostics import Diagnostic, Report
from resdsl.elaborate import Program, build
from resdsl.elaborate.program import workspace
from resdsl.elaborate.values import BlockValue, ModelValue
from resdsl.graph import Graph
from resdsl.lints.activated_trunk import ActivatedTrunk
from resdsl.lints.bare_trunk import BareTrunk
from resdsl.lints.base import GraphRule, Net, Page, Rule, TextRule
from resdsl.lints.blind_branch import BlindBranch
from resdsl.lints.cropped_input import CroppedInput
from resdsl.lints.dropout_before_norm import DropoutBeforeNorm
from resdsl.lints.dropping_shortcut import DroppingShortcut
from resdsl.lints.hidden_name import HiddenName
from resdsl.lints.idle_step import IdleStep
from resdsl.lints.probabilities import Probabilities
from resdsl.lints.removed_bias import RemovedBias
from resdsl.lints.shifted_branches import ShiftedBranches
from resdsl.lints.silence import Allows, read_allows
from resdsl.lints.unused_block import UnusedBlock
from resdsl.lints.unused_import import UnusedImport
from resdsl.lints.unused_kept import UnusedKept
from resdsl.lints.unused_parameter import UnusedParameter
from resdsl.lints.unused_shared import UnusedShared
from resdsl.lints.unused_value import UnusedValue
from resdsl.shapes import Axes
from resdsl.source import Source
from resdsl.syntax import tree

__all__ = ["RULES", "GraphRule", "Linter", "Rule", "TextRule"]

RULES: tuple[Rule, ...] = (
    UnusedParameter(),
    UnusedValue(),
    UnusedBlock(),
    UnusedImport(),
    UnusedKept(),
    UnusedShared(),
    HiddenName(),
    RemovedBias(),
    ActivatedTrunk(),
    BareTrunk(),
    BlindBranch(),
    ShiftedBranches(),
    CroppedInput(),
    DroppingShortcut(),
    IdleStep(),
    Probabilities(),
    DropoutBeforeNorm(),
)
"""Every rule, in order of codes."""


class Linter:
    """The lints of one program: its graphs are handed over as they are made, and need not be kept. `arguments` are
    those that the graphs are built with.
    """

    def __init__(self, program: Program, arguments: Mapping[str, object] | None = None) -> None:
        self._program = program
        self._arguments = arguments or {}
        self._root = program.home.file
        self._files = _files(program)
        self._found = Report()
        self._looked: set[str] = set()

    def look(self, graph: Graph) -> tuple[Diagnostic, ...]:
        """Applies the rules for graphs to a model of the program. What is found counts for `finish`; it is returned,
        with what comments allow still in it, for those who keep it.
        """
        net = Net(graph, self._files, lambda size: self._rebuilt(graph, size))
        found = tuple(
            self._told(each, graph) for rule in RULES if isinstance(rule, GraphRule) for each in rule.check(net)
        )
        self.recall(graph.name, found)
        return found

    def _told(self, found: Diagnostic, graph: Graph) -> Diagnostic:
        """With the model that it is about, where the file has others."""
        if len(self._program.models) == 1:
            return found
        notes = (*found.notes, f"seen in the model `{graph.name}`")
        return Diagnostic(
            found.code,
            found.message,
            found.primary,
            severity=found.severity,
            secondary=found.secondary,
            notes=notes,
            help=found.help,
            fixes=found.fixes,
        )

    def recall(self, model: str, found: Iterable[Diagnostic]) -> None:
        """What `look` found in a model before: it counts as if it had been found now."""
        self._looked.add(model)
        self._found.extend(found)

    def _rebuilt(self, graph: Graph, size: Axes) -> Graph | None:
        channels = graph.node(graph.inputs[0]).shape.channels
        arguments = self._arguments
        return build(self._program, graph.name, Report(), arguments=arguments, input_size=(channels, *size))

    def finish(self) -> tuple[Diagnostic, ...]:
        """Applies the rules for texts, and takes out what the comments allow; sorted."""
        page = Page(self._root)
        with workspace():
            for rule in RULES:
                if isinstance(rule, TextRule):
                    self._found.extend(rule.check(page))
        allows = {source: read_allows(file) for source, file in self._files.items()}
        report = Report()
        for diagnostic in self._found:
            report.extend(allows.get(diagnostic.span.source, Allows()).silence([diagnostic]))
        own = allows[self._root.source]
        report.extend(own.faults)
        report.extend(own.idle(rule.code for rule in RULES if isinstance(rule, TextRule) or self._complete))
        return report.sorted()

    @property
    def _complete(self) -> bool:
        """Whether all that the file has to execute was looked at, so that a rule for graphs that found nothing is
        done.
        """
        chains = self._program.chains
        reached = {id(chains[name].model) for name in self._looked if name in chains}
        models = [item for item in self._root.items if isinstance(item, tree.Model)]
        buildable = {name for name, info in self._program.models.items() if info.buildable}
        return bool(models) and buildable <= self._looked and all(id(model) in reached for model in models)


def _files(program: Program) -> dict[Source, tree.File]:
    """The files of a program, the root's and those that it imports from, by their sources."""
    found: dict[Source, tree.File] = {}
    waiting = [program.home]
    while waiting:
        home = waiting.pop()
        if home.file.source not in found:
            found[home.file.source] = home.file
            waiting += [value.home for value in home.values.values() if isinstance(value, BlockValue | ModelValue)]
    return found
