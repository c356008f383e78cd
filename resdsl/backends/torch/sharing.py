"""Uses of a shared step that no one module can be: those without weights become modules of their own."""

from __future__ import annotations

from resdsl.backends.torch.modules import call_of
from resdsl.diagnostics import CompileError, Diagnostic, Label, Report
from resdsl.graph import Graph, Node, Scope, ScopeKind
from resdsl.graph.draft import Draft
from resdsl.graph.text import step_texts

_Step = tuple[str, tuple[int, ...]]
"""The text of a step, and where its operands come from: a place among the steps, or from outside -1, -2, ..."""


def separated(graph: Graph) -> Graph:
    """The graph, where each later use of a shared step does in PyTorch what the module of its first use does.

    The text of a step may depend on the shape that it is given: half of the channels, a size that is kept. Uses that
    differ in it, and have neither weights nor a branch that may be dropped, are steps of their own in the graph that
    is returned. Raises `CompileError` (E601) where they have: these are of one module.
    """
    differing = [scope for scope in graph.root.walk() if _differs(graph, scope)]
    for use in differing:
        if any(scope.survival for scope in use.walk()) or any(_has_weights(graph, node) for node in use.nodes()):
            raise CompileError(_report(graph, use))
    if not differing:
        return graph
    draft = Draft(graph)
    copies = dict(zip(graph.root.walk(), draft.root.walk(), strict=True))
    for use in differing:
        _separate(draft, copies[use])
    return draft.finish()[0]


def _differs(graph: Graph, use: Scope) -> bool:
    if use.kind is not ScopeKind.SHARED or use.alias_of is None:
        return False
    return _steps(graph, use) != _steps(graph, use.alias_of)


def _steps(graph: Graph, use: Scope) -> list[_Step]:
    places: dict[int, int] = {}
    outside: dict[int, int] = {}
    steps: list[_Step] = []
    for place, node in enumerate(map(graph.node, use.nodes())):
        for value in node.operands:
            if value not in places:
                outside.setdefault(value, -1 - len(outside))
        reads = tuple(places[value] if value in places else outside[value] for value in node.operands)
        steps.append((_text(graph, node, alone=node.scope is use), reads))
        places[node.id] = place
    return steps


def _text(graph: Graph, node: Node, *, alone: bool) -> str:
    """What the module says of a step: of an operator alone, what is called; the rest is written at each use."""
    text = node.op.torch(graph.shapes(node))
    if not alone:
        return repr(text)
    return repr(text.parameter if call_of(text) is not None else text.layer)


def _has_weights(graph: Graph, node: int) -> bool:
    return bool(graph.node(node).op.weights(graph.shapes(graph.node(node))))


def _separate(draft: Draft, use: Scope) -> None:
    """Makes a use the step that was declared, under a free name in the scope of names that it stands in."""
    inside = [draft.nodes[id_] for id_ in use.nodes()]
    use.alias_of = use.home = None
    for node in inside:
        nearest = next(scope for scope in node.scope.ancestors() if scope.kind is ScopeKind.SHARED)
        if nearest.alias_of is None:
            node.alias_of = None
    for item in use.items:
        member = item if isinstance(item, Scope) else draft.nodes[item]
        if isinstance(member, Scope) and member.kind is not ScopeKind.SHARED:
            member.alias_of = None
        if member.name is not None:
            wish, member.name = member.name, None
            assert use.parent is not None
            member.name = draft.fresh(use.parent, wish)
    draft.dissolve(use)


def _report(graph: Graph, use: Scope) -> Report:
    """Two uses of a shared step that do different things, with the same weights or the same survival."""
    assert use.alias_of is not None
    report = Report()
    report.add(
        Diagnostic(
            "E601",
            f"no PyTorch module can be made of the shared step `{use.title}`, as this use differs from the first",
            Label(use.span),
            secondary=(Label(use.alias_of.span, "the first use"),),
            notes=(_difference(graph, use.alias_of, use),),
            help="let the shared step end before what differs, and write that behind each use",
        )
    )
    return report


def _difference(graph: Graph, first: Scope, use: Scope) -> str:
    """What is first different in two uses."""
    pairs = zip(_steps(graph, first), _steps(graph, use), first.nodes(), use.nodes(), strict=False)
    for (there, _), (here, _), theirs, ours in pairs:
        if there != here:
            one, other = step_texts(graph.node(theirs), graph.node(ours))
            given = [" and ".join(map(str, graph.shapes(graph.node(id_)))) for id_ in (theirs, ours)]
            return f"it has `{one}` of {given[0]} there, and `{other}` of {given[1]} here"
    counts = [len(list(scope.nodes())) for scope in (first, use)]
    if counts[0] != counts[1]:
        return f"it is {counts[0]:,} steps there, and {counts[1]:,} here"
    return "its steps read other values there than here"
