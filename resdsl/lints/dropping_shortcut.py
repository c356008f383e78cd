"""A shortcut that drops positions, and has no projection to make up for it."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.diagnostics import Diagnostic
from resdsl.graph import Node, Scope, ScopeKind
from resdsl.lints.base import GraphRule, Net, first_line, in_library
from resdsl.ops.base import Role
from resdsl.source import Span


class DroppingShortcut(GraphRule):
    """A shortcut without weights whose window is smaller than its stride: of four positions it reads one, and the
    other three reach the next unit through the branch alone. That is option A of He et al. (arXiv:1512.03385), and
    right where a net is meant to have it: the library's policy `pad` says so by its name, and is not reported.
    Elsewhere a projection (`shortcut project`), or an average before it (`project_average`), is what one usually
    wants.
    """

    code = "W516"

    def check(self, net: Net) -> Iterator[Diagnostic]:
        seen: set[Span] = set()
        for unit in net.graph.units:
            for part in unit.items:
                if isinstance(part, Scope) and part.kind is ScopeKind.SHORTCUT and part.items:
                    nodes = [net.graph.node(node) for node in part.nodes()]
                    dropping = _dropping(net, nodes)
                    if dropping is not None and dropping.span not in seen:
                        seen.add(dropping.span)
                        yield self._report(dropping)

    def _report(self, node: Node) -> Diagnostic:
        return self.warning(
            f"`{node.op.kind}` drops positions of the shortcut, and nothing there projects",
            first_line(node.span),
            notes=["a window smaller than its stride never reads what lies between two windows"],
            help="`shortcut project` projects, `project_average` averages first; `pad` is the paper's option A",
        )


def _dropping(net: Net, nodes: list[Node]) -> Node | None:
    """The first step of the user that skips positions, unless the shortcut has a layer."""
    found: Node | None = None
    for node in nodes:
        if node.op.role in (Role.CONV, Role.LINEAR):
            return None
        if found is None and node.op.role is Role.POOL and not in_library(node.span):
            windows = node.op.windows(net.graph.shapes(node))
            if any((w.kernel - 1) * w.dilation + 1 < w.stride for w in windows):
                found = node
    return found
