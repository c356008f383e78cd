"""Labels to names: which scope a step stands in, and what it is called there."""

from __future__ import annotations

from dataclasses import dataclass

from resdsl.diagnostics import Fault, Label
from resdsl.elaborate.arithmetic import described
from resdsl.elaborate.context import Place
from resdsl.elaborate.naming import Clash, Namer, label_parts
from resdsl.elaborate.reporter import Failed
from resdsl.elaborate.state import Elaboration
from resdsl.elaborate.values import UNKNOWN, is_whole, show
from resdsl.graph import Scope, ScopeKind
from resdsl.source import Span
from resdsl.syntax import tree


@dataclass(slots=True)
class Named:
    """Where a step goes and its name there; `numbered` is what the label says of the scope it opens."""

    parent: Scope
    namer: Namer
    name: str
    numbered: bool = False


def name_call(
    run: Elaboration, kind: str | None, label: tree.Label | None, place: Place, span: Span, *, counted: bool = True
) -> Named:
    """The name of a call: its label, or its kind and place."""
    if label is not None:
        return _labelled(run, label, kind, place, counted=counted)
    name = place.namer.unlabelled(kind or "")
    claim(run, place.namer, name, span, place)
    return Named(place.scope, place.namer, name)


def name_container(run: Elaboration, label: tree.Label, place: Place, *, counted: bool = True) -> Named:
    """The name of a scope: braces, a stage, a merge and the like."""
    return _labelled(run, label, None, place, counted=counted)


def _labelled(run: Elaboration, label: tree.Label, kind: str | None, place: Place, *, counted: bool) -> Named:
    namer = place.namer
    if label.name is None:
        name = namer.number(kind, _number(run, label, place))
        claim(run, namer, name, label.span, place)
        return Named(place.scope, namer, name, label.numbered)
    if counted:
        namer.take_place(kind)
    parts = label_text(run, label.name, place, quoted=label.quoted)
    parent = place.scope
    try:
        inner = namer.enter(parts[:-1], label.span) if len(parts) > 1 else namer
    except (Clash, Fault) as fault:
        report_name(run, fault, label.span, place)
        return Named(parent, namer, parts[-1], label.numbered)
    for part in parts[:-1]:
        parent = run.open(ScopeKind.PATH, parent, label.span, place.value, name=part, title=part)
    claim(run, inner, parts[-1], label.span, place)
    return Named(parent, inner, parts[-1], label.numbered)


def _number(run: Elaboration, label: tree.Label, place: Place) -> int | None:
    if label.number is None:
        return None
    value = run.evaluator.evaluate(label.number, place)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if value is not UNKNOWN:
        run.evaluator.error(
            "E106", f"a step's number is a whole number of at least 0, not {described(value)}", label.number.span, place
        )
    return None


def label_text(run: Elaboration, text: tree.Text, place: Place, *, quoted: bool = False) -> tuple[str, ...]:
    """The names in a label with its holes filled; one stand-in name where that is in error."""
    pieces: list[str] = []
    try:
        for part in text.parts:
            if isinstance(part, str):
                pieces.append(part)
                continue
            value = run.evaluator.value(part, place)
            if not (is_whole(value) or isinstance(value, str)):
                raise run.evaluator.failure(
                    "E106", f"a name takes whole numbers and strings, not {described(value)}", part.span, place
                )
            pieces.append(show(value))
        return label_parts("".join(pieces), quoted)
    except Failed:
        return (f"?{text.span.start}",)
    except Fault as fault:
        run.evaluator.fault(fault, text.span, place)
        return (f"?{text.span.start}",)


def claim(run: Elaboration, namer: Namer, name: str, span: Span, place: Place) -> None:
    """Takes a name in its scope; a clash is reported with both places."""
    try:
        namer.claim(name, span)
    except (Clash, Fault) as fault:
        report_name(run, fault, span, place)


def report_name(run: Elaboration, fault: Clash | Fault, span: Span, place: Place) -> None:
    if isinstance(fault, Fault):
        run.evaluator.fault(fault, span, place)
        return
    if fault.name.startswith("?"):
        return
    where = f"`{fault.scope}`" if fault.scope else "the model"
    run.evaluator.error(
        "E102",
        f"two steps of {where} are called `{fault.name}`",
        span,
        place,
        secondary=(Label(fault.taken, "the first one" if fault.taken != span else "in every pass"),),
        notes=("names are the keys of the state_dict",),
        help="number it: `name{i}: step`, with a variable of the loop" if fault.taken == span else None,
    )
