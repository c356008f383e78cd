"""Which order of a checkpoint's modules is the model's.

The prefixes of a checkpoint's keys are a tree (stages, units, layers). We look for orders of the children at each of
its nodes in which the modules, read from left to right, fit those of the model in order of execution, one by one: a
unit so stays whole, whatever the checkpoint calls it and wherever it registered it. Siblings that differ by a number
alone (`unit1`, `unit2`) keep the order of their numbers. All such orders are found: two of them are a doubt, and the
caller's affair.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from resdsl.diagnostics import WeightsError
from resdsl.runtime.weights.layout import Group

MAX_STATES = 20_000  # ways to have placed some of a node's children

Fits = Callable[[int, int], bool]
"""Whether the source's group (by index) may be the target's."""

State = tuple[int, ...]
"""How many of each family of siblings have been placed."""


@dataclass(eq=False)
class Tree:
    """A prefix of the source's keys and what lies below it."""

    group: int | None = None
    children: dict[str, Tree] = field(default_factory=dict)
    size: int = 0
    families: tuple[tuple[Tree, ...], ...] = ()
    """The children; those of a family keep their order."""

    def leaves(self) -> Iterator[int]:
        """Groups in it, in the source's order of first appearance."""
        if self.group is not None:
            yield self.group
        for child in self.children.values():
            yield from child.leaves()


def tree(groups: Sequence[Group], spell: Callable[[str], str] = str) -> Tree:
    """The tree of the groups' prefixes, each respelt first."""
    root = Tree()
    for index, group in enumerate(groups):
        here = root
        for part in spell(group.prefix).split("."):
            here = here.children.setdefault(part, Tree())
        while here.group is not None:  # two keys that are spelt alike
            here = here.children.setdefault("", Tree())
        here.group = index
    _finish(root)
    return root


def _finish(node: Tree) -> None:
    if node.group is not None and node.children:  # a tensor beside modules: a leaf among them
        node.children = {"\0": Tree(group=node.group), **node.children}
        node.group = None
    families: dict[str, list[tuple[tuple[int, str], Tree]]] = {}
    for name, child in node.children.items():
        _finish(child)
        numbered = re.fullmatch(r"(.*?)(\d{1,9})([a-z]?)", name)
        stem, place = (f"{numbered[1]}#", (int(numbered[2]), numbered[3])) if numbered else (name, (0, ""))
        families.setdefault(stem, []).append((place, child))
    node.families = tuple(tuple(child for _, child in sorted(f, key=lambda pair: pair[0])) for f in families.values())
    node.size = 1 if node.group is not None else sum(child.size for child in node.children.values())


class Alignment:
    """All orders of a tree that fit a target of `count` groups."""

    def __init__(self, root: Tree, count: int, fits: Fits) -> None:
        self._root = root
        self._count = count
        self._fits = fits
        self._known: dict[tuple[int, int], bool] = {}
        self.furthest = 0
        """How many of the target's groups were met, at most, before nothing fitted."""

    def images(self) -> dict[int, set[int]] | None:
        """For each source group, the target groups that it is in some fitting order; `None` if there is no order."""
        if self._root.size != self._count or not self._fit(self._root, 0):
            return None
        found: dict[int, set[int]] = {}
        pending = [(self._root, 0)]
        seen = set()
        while pending:
            node, start = pending.pop()
            if (id(node), start) in seen:
                continue
            seen.add((id(node), start))
            if node.group is not None:
                found.setdefault(node.group, set()).add(start)
            else:
                pending.extend(self._placements(node, start))
        return found

    def _fit(self, node: Tree, start: int) -> bool:
        if start + node.size > self._count:
            return False
        if node.group is not None:
            fits = self._fits(node.group, start)
            self.furthest = max(self.furthest, start + fits)
            return fits
        key = (id(node), start)
        if key not in self._known:
            self._known[key] = bool(self._layers(node, start)[-1])
        return self._known[key]

    def _layers(self, node: Tree, start: int) -> list[dict[State, int]]:
        """For each number of placed children, the states that can be reached and the place after them."""
        layers: list[dict[State, int]] = [{(0,) * len(node.families): start}]
        for _ in node.children:
            following: dict[State, int] = {}
            for state, offset in layers[-1].items():
                for after, child in _steps(node, state):
                    if self._fit(child, offset):
                        following[after] = offset + child.size
            if len(following) > MAX_STATES:
                raise WeightsError(
                    "too many modules side by side are alike, and their names do not tell their order; say the mapping"
                )
            layers.append(following)
        return layers

    def _placements(self, node: Tree, start: int) -> Iterator[tuple[Tree, int]]:
        """Each child at each place that it has in some fitting order of the node's children."""
        layers = self._layers(node, start)
        good = set(layers[-1])
        for layer in reversed(layers[:-1]):
            before = set()
            for state, offset in layer.items():
                for after, child in _steps(node, state):
                    if after in good and self._fit(child, offset):
                        before.add(state)
                        yield child, offset
            good = before


def _steps(node: Tree, state: State) -> Iterator[tuple[State, Tree]]:
    for place, (placed, family) in enumerate(zip(state, node.families, strict=True)):
        if placed < len(family):
            yield (*state[:place], placed + 1, *state[place + 1 :]), family[placed]
