"""What can be checked only when every unit has its survival: that shared units agree, and that its names are free."""

from __future__ import annotations

from fractions import Fraction

from resdsl.diagnostics import Label
from resdsl.elaborate.reporter import Reporter
from resdsl.graph import Graph, Node, Scope, ScopeKind
from resdsl.ops.arguments import show

SURVIVAL_NAMES = frozenset({"survival", "survival_seed", "survival_step", "active_units", "draw_units"})
"""Attributes of a model with survival, through which training reads and moves its schedule."""


def check_survival(graph: Graph, reporter: Reporter) -> None:
    """Reports uses of one `shared` step with different chances, and members with names that survival needs."""
    scopes = list(graph.root.walk())
    if not any(scope.survival for scope in scopes):
        return
    for scope in scopes:
        if scope.kind is ScopeKind.SHARED and scope.alias_of is not None:
            _agree(scope, scope.alias_of, reporter)
        if scope.survival is not None and scope.survival.per == "sample":
            _alone(scope, reporter)
    members: list[Scope | Node] = [s for s in scopes if s.parent is not None and s.parent.naming is graph.root]
    members += [node for node in graph.nodes() if node.scope.naming is graph.root]
    for member in members:
        if member.name in SURVIVAL_NAMES:
            message = f"a model with survival has `{member.name}` itself, so that no step can be called so"
            reporter.error("E419", message, member.span, help="choose another label")


def _alone(unit: Scope, reporter: Reporter) -> None:
    """A branch that is computed for some samples draws for none of its own among them."""
    below = unit
    for scope in unit.ancestors():
        branch = below.kind in {ScopeKind.MAIN, ScopeKind.GATE}
        if branch and scope.survival is not None and scope.survival.per == "sample":
            message = "a residual that survives per sample lies in the branch of another that does"
            help_ = "let one of them survive `per batch`, or leave one `survival` out"
            reporter.error("E411", message, unit.span, secondary=[Label(scope.span, "the other one")], help=help_)
            return
        below = scope


def _agree(use: Scope, first: Scope, reporter: Reporter) -> None:
    for here, there in zip(_chances(use), _chances(first), strict=True):
        if here != there:
            reporter.error(
                "E418",
                f"`{use.title}` is one module: it survives with {show(there)} at its first use, with {show(here)} here",
                use.span,
                secondary=[Label(first.span, "the first use")],
                help="give the shared residual a `survival P` clause of its own",
            )
            return


def _chances(scope: Scope) -> list[Fraction]:
    units = [below for below in scope.walk() if below.kind is ScopeKind.RESIDUAL]
    return [unit.survival.chance if unit.survival else Fraction(1) for unit in units]
