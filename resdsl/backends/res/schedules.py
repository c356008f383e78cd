"""Survival: one statement for many units, clauses for those that it does not explain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from resdsl.backends.res import patterns
from resdsl.backends.res.patterns import Places
from resdsl.backends.res.values import spelled
from resdsl.graph import Scope, ScopeKind, Survival

_SHARE = Fraction(1, 2)
"""The share of its units that a statement must explain."""


@dataclass(slots=True)
class Schedules:
    """`survival` statements by the scope that they stand in, and the units that have a clause of their own."""

    statements: dict[Scope, str] = field(default_factory=dict)
    clauses: dict[Scope, Survival] = field(default_factory=dict)


@dataclass(slots=True)
class _Fit:
    text: str
    explained: set[Scope]


def schedules(places: Places) -> Schedules:
    """Of a model: a statement at its top if one fits, else in its stages."""
    found = Schedules()
    root = places.graph.root
    residuals = [scope for scope in root.walk() if _is_unit(places, scope)]
    if not any(scope.survival for scope in residuals):
        return found
    units = [scope for scope in residuals if not any(other is not scope for other in _below(places, scope))]
    settled = _state(found, root, units)
    for stage in root.walk():
        inside = [unit for unit in units if patterns.within(unit, stage)] if stage.kind is ScopeKind.STAGE else []
        if inside and not settled.intersection(inside):
            settled |= _state(found, stage, inside)
    stated = set(units) if root in found.statements else {u for u in units if _in_statement(u, found)}
    for scope in residuals:
        if scope in settled:
            continue
        if scope.survival is not None:
            found.clauses[scope] = scope.survival
        elif scope in stated:
            found.clauses[scope] = Survival(Fraction(1))
    return found


def _is_unit(places: Places, scope: Scope) -> bool:
    return scope.kind is ScopeKind.RESIDUAL and patterns.residual(places, scope) is not None


def _is_shared(scope: Scope) -> bool:
    """Whether it is written once for several uses, which no schedule need give one chance."""
    return any(above.kind is ScopeKind.SHARED for above in scope.ancestors())


def _below(places: Places, scope: Scope) -> Iterator[Scope]:
    return (inner for inner in scope.walk() if _is_unit(places, inner))


def _in_statement(unit: Scope, found: Schedules) -> bool:
    return any(above in found.statements for above in unit.ancestors())


def _state(found: Schedules, scope: Scope, units: list[Scope]) -> set[Scope]:
    """Writes a statement into a scope if it explains enough of its units; returns those."""
    fits = [fit for fit in (_linear(units), _constant(units)) if fit is not None]
    for fit in fits:
        fit.explained -= {unit for unit in fit.explained if _is_shared(unit)}
    best = max(fits, key=lambda fit: len(fit.explained), default=None)
    if best is None or len(best.explained) < 2 or len(best.explained) < _SHARE * len(units):
        return set()
    found.statements[scope] = best.text
    return best.explained


def _linear(units: list[Scope]) -> _Fit | None:
    """`1 - l / L * (1 - p)`: the p that most units agree on."""
    count = len(units)
    wishes: Counter[tuple[Fraction, str, str]] = Counter()
    for index, unit in enumerate(units, 1):
        if unit.survival is not None:
            wishes[(1 - unit.survival.chance) * count / index, unit.survival.per, unit.survival.rescale] += 1
    if not wishes:
        return None
    (drop, per, rescale), _ = wishes.most_common(1)[0]
    if drop >= 1:
        return None
    explained = {
        unit for index, unit in enumerate(units, 1) if unit.survival == Survival(1 - drop * index / count, per, rescale)
    }
    return _Fit(f"survival 1 - l / L * {_factor(drop)}{_modes(per, rescale)}", explained)


def _factor(value: Fraction) -> str:
    text = spelled(value)
    return f"({text})" if "/" in text else text


def _constant(units: list[Scope]) -> _Fit | None:
    chances = Counter((u.survival.chance, u.survival.per, u.survival.rescale) for u in units if u.survival is not None)
    if not chances:
        return None
    (chance, per, rescale), _ = chances.most_common(1)[0]
    explained = {unit for unit in units if unit.survival == Survival(chance, per, rescale)}
    return _Fit(f"survival {spelled(chance)}{_modes(per, rescale)}", explained)


def _modes(per: str, rescale: str) -> str:
    """The words after a chance, where they are not the defaults."""
    return (" per sample" if per == "sample" else "") + (" rescale train" if rescale == "train" else "")
