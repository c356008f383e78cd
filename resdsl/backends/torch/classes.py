"""Module scopes become classes: uses of one definition that agree in structure share one class."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container
from dataclasses import dataclass

from resdsl.backends.torch.body import BodyBuilder
from resdsl.backends.torch.dataflow import Dataflow, is_module
from resdsl.backends.torch.fitting import Candidate, Fit, Fitter
from resdsl.backends.torch.ir import Body, Draft, Module
from resdsl.backends.torch.modules import ClassUse, Context
from resdsl.backends.torch.names import identifier
from resdsl.backends.torch.places import Places, Position, Sketch
from resdsl.backends.torch.steps import CallStep, NodeStep, ShortcutStep, Step
from resdsl.graph import Graph, Scope, ScopeKind, Survival
from resdsl.ops.base import Literal
from resdsl.source import Span

_CALLED_IN_INIT = frozenset({"super", "range", "getattr", "torch", "nn", "self"})


@dataclass(eq=False, slots=True)
class ClassSpec:
    """One generated class."""

    id: int
    scopes: tuple[Scope, ...]
    """Its uses that differ, the first of all first."""
    body: Body
    optional: dict[str, Module]
    """Modules of the optional members."""
    fit: Fit

    @property
    def scope(self) -> Scope:
        return self.scopes[0]


@dataclass(eq=False, slots=True)
class _Use:
    scope: Scope
    steps: list[Step]
    places: Places
    draft: Draft | None = None


class ClassPlan:
    """All classes of a graph, in an order in which each comes after those it uses; the model's is last."""

    def __init__(self, graph: Graph) -> None:
        flow = Dataflow(graph)
        uses = Counter(operand for node in graph.nodes() for operand in node.operands)
        uses.update([*(o.node for o in graph.outputs), *(a.node for a in graph.aux)])
        survivals: dict[Span, Survival] = {}
        for scope in graph.root.walk():
            if scope.survival is not None:
                survivals.setdefault(scope.span, scope.survival)
        self.flow = flow
        self.context = Context(flow, survivals, dict(uses))
        self.classes: list[ClassSpec] = []
        for scopes in _by_height(self._class_scopes(graph.root)):
            self._plan(scopes)

    def _class_scopes(self, root: Scope) -> list[Scope]:
        """Module scopes that need a class, those of `shared` declarations once."""
        found: list[Scope] = []
        stack = [root]
        while stack:
            scope = stack.pop()
            if scope.alias_of is not None or scope not in self.flow.filled:
                continue
            if is_module(scope) and self.context.chain(scope) is None:
                found.append(scope)
            stack.extend(item for item in reversed(scope.items) if isinstance(item, Scope))
        return found

    def _plan(self, scopes: list[Scope]) -> None:
        sites: dict[object, list[_Use]] = defaultdict(list)
        for scope in scopes:
            steps = self.context.steps(scope)
            places = Places(scope, steps, self.context)
            border = self.flow.borders[scope]
            signature = (scope.site or scope.span, len(border.inputs), len(border.outputs), tuple(places.signature))
            sites[signature].append(_Use(scope, steps, places))
        for uses in sites.values():
            for group in self._by_shortcuts(uses):
                self._draft(group)

    def _by_shortcuts(self, uses: list[_Use]) -> list[list[_Use]]:
        """Uses whose shortcuts differ in more than being the identity or not become classes of their own."""
        groups: dict[object, list[_Use]] = defaultdict(list)
        bare: list[_Use] = []
        for use in uses:
            kinds = tuple(self._shortcut_kind(use, s) for s in use.places.shortcuts)
            if any(kinds) or not kinds:
                groups[kinds].append(use)
            else:
                bare.append(use)
        if not groups:
            return [bare]
        first = next(iter(groups.values()))
        first += bare
        order = {id(use): i for i, use in enumerate(uses)}
        return [sorted(group, key=lambda use: order[id(use)]) for group in groups.values()]

    def _shortcut_kind(self, use: _Use, step: ShortcutStep) -> object:
        if step.step is None:
            return None
        (operand,) = step.step.inputs
        item = step.step.node if isinstance(step.step, NodeStep) else step.step.scope
        place = use.places.of[operand]
        if isinstance(step.step, NodeStep):
            return item.name, place, step.step.node.op.kind
        chain = self.context.chain(step.step.scope)
        if chain is not None:
            return item.name, place, tuple(_link_kind(link) for link in chain)
        return item.name, place, self.context.classes[step.step.scope].class_id

    def _draft(self, uses: list[_Use]) -> None:
        sketch = self._sketch(uses)
        cache: dict[object, Draft] = {}
        groups: dict[object, list[_Use]] = defaultdict(list)
        for use in uses:
            key = self._fingerprint(use)
            if key not in cache:
                cache[key] = BodyBuilder(self.context, use.scope, use.steps, use.places, sketch).draft()
            use.draft = cache[key]
            groups[use.draft.body].append(use)
        for group in groups.values():
            self._class(group)

    def _fingerprint(self, use: _Use) -> object:
        """Equal for uses with equal drafts, and quick: the drafts of a thousand equal blocks are built once."""
        graph, parts = self.flow.graph, []
        base = next(iter(use.scope.nodes()))
        for id_ in use.scope.nodes():
            node = graph.node(id_)
            relative = tuple(o - base if o >= base else use.places.of.get(o) for o in node.operands)
            shapes = graph.shapes(node)
            fresh = tuple(map(self.context.is_fresh, node.operands))
            parts.append((node.op, shapes, relative, fresh, node.name, node.kept))
        chances = tuple(s.survival for s in use.scope.walk() if s.kind is ScopeKind.RESIDUAL)
        arguments = tuple(self.context.classes[s].args for s in use.scope.walk() if s in self.context.classes)
        shared = tuple(self.flow.borders[use.scope].modules)
        return tuple(parts), chances, arguments, shared

    def _sketch(self, uses: list[_Use]) -> Sketch:
        forced: set[Position] = set()
        mixed: dict[int, tuple[str, Position]] = {}
        for use in uses:
            forced |= use.places.forced()
        for index in range(len(uses[0].places.shortcuts)):
            steps = [use.places.shortcuts[index] for use in uses]
            there = [(use, s.step) for use, s in zip(uses, steps, strict=True) if s.step is not None]
            if there and len(there) < len(uses):
                use, step = there[0]
                item = step.node if isinstance(step, NodeStep) else step.scope
                assert item.name is not None
                mixed[index] = (item.name, use.places.of[step.inputs[0]])
                forced.add(use.places.of[step.inputs[0]])
        return Sketch(frozenset(forced), mixed)

    def _class(self, uses: list[_Use]) -> None:
        drafts = [use.draft for use in uses if use.draft is not None]
        distinct: dict[int, tuple[_Use, Draft]] = {}
        for use, draft in zip(uses, drafts, strict=True):
            distinct.setdefault(id(draft), (use, draft))
        rows = list(distinct.values())
        optional: dict[str, Module] = {}
        for _, draft in rows:
            for member, module in draft.optional.items():
                if module is not None:
                    optional.setdefault(member, module)
        body = drafts[0].body
        taken = {member for member, _ in body.members}
        candidates = _candidates([use.scope for use, _ in rows], self.flow)
        fit = Fitter(
            [draft for _, draft in rows], candidates, {"self", "nn", "torch", "F"} | (taken & {"training"})
        ).run()
        spec = ClassSpec(len(self.classes), tuple(use.scope for use, _ in rows), body, optional, fit)
        self.classes.append(spec)
        places = {key: i for i, key in enumerate(distinct)}
        for use, draft in zip(uses, drafts, strict=True):
            row = places[id(draft)]
            args = tuple((p.name, p.kind, p.column[row]) for p in fit.parameters)
            self.context.classes[use.scope] = ClassUse(spec.id, args)


def _link_kind(link: Step) -> str:
    assert isinstance(link, NodeStep | CallStep)
    return link.node.op.kind if isinstance(link, NodeStep) else str(link.scope.site)


def _by_height(scopes: list[Scope]) -> list[list[Scope]]:
    """Scopes by how many classes they nest, least first: what a class uses is planned before it.

    Uses of one block are planned together, so all count as high as the highest, as far as blocks do not contain each
    other.
    """
    chosen = set(scopes)
    above: dict[Scope, Scope] = {}
    for scope in scopes:
        parent = scope.parent
        while parent is not None and parent not in chosen:
            parent = parent.parent
        if parent is not None:
            above[scope] = parent
    plain = _heights(scopes, above, {})
    heights, sites = plain, {}
    for _ in range(len({scope.site for scope in scopes}) + 1):
        sites = {scope.site: 0 for scope in scopes}
        for scope in scopes:
            sites[scope.site] = max(sites[scope.site], heights[scope])
        raised = _heights(scopes, above, sites)
        if raised == heights:
            break
        heights = raised
    else:
        heights = plain
    levels: dict[int, list[Scope]] = defaultdict(list)
    for scope in scopes:
        levels[heights[scope]].append(scope)
    return [levels[height] for height in sorted(levels)]


def _heights(scopes: list[Scope], above: dict[Scope, Scope], least: dict[Span | None, int]) -> dict[Scope, int]:
    heights: dict[Scope, int] = {}
    for scope in reversed(scopes):
        height = heights[scope] = max(heights.get(scope, 0), least.get(scope.site, 0))
        if scope in above:
            heights[above[scope]] = max(heights.get(above[scope], 0), height + 1)
    return heights


def _parameter(name: str, others: Container[str]) -> str:
    """A block's parameter as one of `__init__`, which must not hide what `__init__` itself calls."""
    spelled = identifier(name)
    if spelled in _CALLED_IN_INIT:
        spelled += "_"
    while spelled != name and spelled in others:
        spelled += "_"
    return spelled


def _candidates(scopes: list[Scope], flow: Dataflow) -> list[Candidate]:
    """Columns that may name a parameter: input channels, the block's own parameters, its `let`s."""
    found: list[Candidate] = []
    entries: list[Literal] = []
    for scope in scopes:
        inputs = flow.borders[scope].inputs
        entries.append(flow.graph.node(inputs[0]).shape.channels if inputs else 0)
    found.append(Candidate("in_channels", tuple(entries), "channels"))
    for name in scopes[0].arguments:
        given = (scope.arguments.get(name) for scope in scopes)
        column = tuple(value for value in given if isinstance(value, int | str | tuple))
        if name != "in_channels" and len(column) == len(scopes):
            kind = name if name in ("stride", "groups", "dilation") else "count"
            found.append(Candidate(_parameter(name, scopes[0].arguments), column, kind))
    return found
