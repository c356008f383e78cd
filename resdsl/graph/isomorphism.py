"""Whether two labelled graphs are isomorphic: exact, and fast where many parts look alike.

Points are divided into cells until those of a cell have equal labels and equally many edges of each label to and from
every other cell (colour refinement, as Hopcroft does it: McKay and Piperno, arXiv:1301.1493, section 2). An isomorphism
keeps to the cells, so each must hold as many points of one graph as of the other; where it holds one of each, that is
the only choice. Where alike points are left, one is given to each alike point of the other graph in turn.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from resdsl.limits import Deadline
from resdsl.records import Record

_Fragment = tuple[list[int], list[int]]
"""Some points of a cell, those of each graph."""


class UndecidedError(ValueError):
    """The time was over before it was known."""


class Structure(Record):
    """Points 0, 1, ... by their labels, and labelled edges from one to another: `(source, label, target)`."""

    points: Sequence[Hashable]
    edges: Sequence[tuple[int, Hashable, int]]


def isomorphic(one: Structure, other: Structure, deadline: Deadline) -> bool:
    """Whether a bijection of the points keeps all labels and edges. Raises `UndecidedError` when the time is over."""
    if len(one.points) != len(other.points) or len(one.edges) != len(other.edges):
        return False
    cells = _Cells(one, other, deadline)
    return cells.divide_by_label() and _matched(cells)


@dataclass(slots=True)
class _Choice:
    """A point in a part of the first graph, and what it may be in the second."""

    part: list[int]
    point: int
    others: Iterator[int]
    mark: int
    """The cells as they were before it."""
    todo: int
    """How many parts wait for their turn behind it."""


def _matched(cells: _Cells) -> bool:
    """Whether the alike points that division has left can be given to each other.

    Points in cells of their own are joined to all points of another cell in the same way. What hangs together without
    them is therefore matched part by part, and a part that fits another is never taken back for the sake of the
    rest: whatever else would have fitted there is isomorphic to both. Only choices within a part are undone.
    """
    todo = cells.parts(range(cells.size))
    choices: list[_Choice] = []
    while todo or choices:
        if choices and len(todo) == choices[-1].todo:
            choices.pop()  # all of its part is matched
            continue
        part = todo.pop()
        point = min(part, key=cells.alike)
        choices.append(_Choice(part, point, cells.others(point), cells.mark, len(todo)))
        if not _next(cells, choices, todo):
            return False
    return True


def _next(cells: _Cells, choices: list[_Choice], todo: list[list[int]]) -> bool:
    """Makes the last choice that can be made otherwise; false if there is none."""
    while choices:
        choice = choices[-1]
        del todo[choice.todo :]
        cells.undo(choice.mark)
        for other in choice.others:
            if cells.give(choice.point, other):
                todo += cells.parts(choice.part)
                return True
            cells.undo(choice.mark)
        choices.pop()
    return False


class _Cells:
    """The points of both graphs, those of the second numbered on, in cells.

    A cell is a stretch of places in `_order`, which has a list for each graph, and is called after the first of them.
    Dividing a cell cuts stretches off its end, and undoing the cuts, last first, joins them again.
    """

    def __init__(self, one: Structure, other: Structure, deadline: Deadline) -> None:
        self.size = len(one.points)
        self._labels = dict(enumerate((*one.points, *other.points)))
        self._deadline = deadline
        self._edges = _edges(one, other)
        self._order = list(range(self.size)), list(range(self.size, 2 * self.size))
        self._place = [*range(self.size), *range(self.size)]
        self._cell = [0] * (2 * self.size)
        self._end = {0: self.size}
        self._cuts: list[tuple[int, int]] = []

    @property
    def mark(self) -> int:
        """What `undo` needs to come back to the cells as they are now."""
        return len(self._cuts)

    def alike(self, point: int) -> int:
        """How many points of its own graph are in a point's cell, with itself."""
        cell = self._cell[point]
        return self._end[cell] - cell

    def others(self, point: int) -> Iterator[int]:
        """The points of the second graph in the cell of one of the first; the cells are those of the call each time.

        Most often the first one fits: copying thousands of them each time, for thousands of points, would take long.
        """
        cell = self._cell[point]
        first = self._order[1][cell]
        yield first
        for other in self._order[1][cell : self._end[cell]]:
            if other != first:
                yield other

    def parts(self, points: Iterable[int]) -> list[list[int]]:
        """Those of some points of the first graph that are not alone in their cells, as what edges hold together."""
        left = {point for point in points if self.alike(point) > 1}
        found: list[list[int]] = []
        for point in points:
            if point in left:
                left.remove(point)
                part = [point]
                for reached in part:
                    near = [other for _, other in self._edges[reached] if other in left]
                    left.difference_update(near)
                    part += dict.fromkeys(near)
                found.append(part)
        return found

    def divide_by_label(self) -> bool:
        """The first division. False if the graphs cannot be isomorphic."""
        fragments = self._sorted_out(range(2 * self.size), self._labels)
        return _even(fragments) and self._divide(dict.fromkeys(self._split(0, fragments)))

    def give(self, one: int, other: int) -> bool:
        """Says that a point of the second graph is one of the first. False if they cannot be isomorphic then."""
        return self._divide({self._cut(self._cell[one], ([one], [other])): None})

    def undo(self, mark: int) -> None:
        """The cells as they were at the mark."""
        while len(self._cuts) > mark:
            cell, start = self._cuts.pop()
            self._end[cell] = end = self._end.pop(start)
            for order in self._order:
                for point in order[start:end]:
                    self._cell[point] = cell

    def _divide(self, pending: dict[int, None]) -> bool:
        """Divides all cells by their edges to the pending ones, and by those to what comes of that.

        False as soon as a cell would hold more points of one graph than of the other.
        """
        while pending:
            if self._deadline.passed:
                raise UndecidedError
            joined = self._joined(pending.popitem()[0])
            touched: dict[int, list[int]] = {}
            for point in joined:
                touched.setdefault(self._cell[point], []).append(point)
            for cell, points in touched.items():
                fragments = self._sorted_out(points, joined)
                if not _even(fragments):
                    return False
                cells = self._split(cell, fragments)
                if cell not in pending:  # then edges to all of it are told apart already: the rest tells of the largest
                    cells.remove(max(cells, key=self._width))
                pending.update(dict.fromkeys(cells))
        return True

    def _joined(self, cell: int) -> dict[int, tuple[int, ...]]:
        """The points with edges to or from a cell: the labels of these edges."""
        found: dict[int, list[int]] = {}
        for order in self._order:
            for point in order[cell : self._end[cell]]:
                for label, other in self._edges[point]:
                    found.setdefault(other, []).append(label)
        return {point: tuple(sorted(labels)) for point, labels in found.items()}

    def _sorted_out(self, points: Iterable[int], keys: Mapping[int, Hashable]) -> list[_Fragment]:
        """Points of equal keys together, each graph's apart."""
        found: dict[Hashable, _Fragment] = {}
        for point in points:
            found.setdefault(keys[point], ([], []))[point >= self.size].append(point)
        return list(found.values())

    def _split(self, cell: int, fragments: list[_Fragment]) -> list[int]:
        """Cuts fragments off a cell; returns the cells that it is now. Points in no fragment keep its name."""
        if fragments and sum(len(ones) for ones, _ in fragments) == self._width(cell):
            fragments.remove(max(fragments, key=lambda fragment: len(fragment[0])))
        return [cell, *(self._cut(cell, fragment) for fragment in fragments)]

    def _cut(self, cell: int, fragment: _Fragment) -> int:
        end = self._end[cell]
        start = end - len(fragment[0])
        for order, points in zip(self._order, fragment, strict=True):
            for place, point in enumerate(points, start):
                before, moved = self._place[point], order[place]
                order[before], order[place] = moved, point
                self._place[moved], self._place[point] = before, place
                self._cell[point] = start
        self._end[cell], self._end[start] = start, end
        self._cuts.append((cell, start))
        return start

    def _width(self, cell: int) -> int:
        return self._end[cell] - cell


def _even(fragments: list[_Fragment]) -> bool:
    return all(len(ones) == len(others) for ones, others in fragments)


def _edges(one: Structure, other: Structure) -> list[list[tuple[int, int]]]:
    """The edges at each point, with a number for their label and direction, and the point at the other end."""
    numbers: dict[Hashable, int] = {}
    found: list[list[tuple[int, int]]] = [[] for _ in (*one.points, *other.points)]
    for structure, first in ((one, 0), (other, len(one.points))):
        for source, label, target in structure.edges:
            number = numbers.setdefault(label, 2 * len(numbers))
            found[first + source].append((number, first + target))
            found[first + target].append((number + 1, first + source))
    return found
