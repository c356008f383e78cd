"""What is said of the place under the mouse: what the word means, and what the models make of the step."""

from __future__ import annotations

from resdsl.elaborate.symbols import Kind, Symbol
from resdsl.lsp.documents import PlacedStep, Snapshot, Word, Workspace
from resdsl.lsp.facts import Step, Variation, field_text
from resdsl.lsp.place import open_call
from resdsl.lsp.signatures import Signature, comment_above, signature_of
from resdsl.lsp.wording import FUNCTIONS, KEYWORDS, METRICS, VALUES
from resdsl.records import Record

_MOST = 6
"""Variations that are listed."""

MERGES = ("add", "concat", "mean", "mul")


class Hover(Record):
    start: int
    end: int
    text: str
    """Markdown."""


def hover(workspace: Workspace, snapshot: Snapshot, offset: int) -> Hover | None:
    """What to say at an offset, if there is anything."""
    said = word_text(workspace, snapshot, offset)
    in_brackets = open_call(snapshot, offset) is not None
    step = None if in_brackets and said else step_at(workspace.steps(snapshot), offset)
    parts = [text for text in (step_text(step) if step else "", said) if text]  # figures first: lists are long
    if not parts:
        return None
    start, end = _place(snapshot, offset, step)
    return Hover(start, end, "\n\n---\n\n".join(parts))


def _place(snapshot: Snapshot, offset: int, step: PlacedStep | None) -> tuple[int, int]:
    """What is marked while something is said of it: the name, else the word, else the step."""
    occurrence = snapshot.index.at(offset)
    if occurrence is not None:
        return occurrence.span.start, occurrence.span.end
    word = _word_at(snapshot, offset)
    if word is not None:
        return word.start, word.end
    return (step.start, step.end) if step is not None else (offset, offset)


def _word_at(snapshot: Snapshot, offset: int) -> Word | None:
    return next((w for w in snapshot.words if w.start <= offset <= w.end and w.text[:1].isidentifier()), None)


def step_at(steps: list[PlacedStep], offset: int) -> PlacedStep | None:
    """The smallest step around an offset."""
    around = [step for step in steps if step.start <= offset <= step.end]
    return min(around, key=lambda step: step.end - step.start, default=None)


# --- words ---------------------------------------------------------------------------------------


def word_text(workspace: Workspace, snapshot: Snapshot, offset: int) -> str:
    """What the word at an offset means, in Markdown; empty if nothing is known of it."""
    argument = snapshot.index.argument_at(offset)
    if argument is not None:
        called = workspace.called(argument.callee, snapshot)
        signature = signature_of(*called) if called else None
        return argument_text(signature, argument.name) if signature else ""
    occurrence = snapshot.index.at(offset)
    if occurrence is not None:
        return symbol_text(workspace, occurrence.symbol, snapshot)
    word = _word_at(snapshot, offset)
    if word is None:
        return ""
    if word.kind == "NAME":  # a name that is no reference: a label, a figure, a word
        return _figure(snapshot, word.start, word.text)
    return KEYWORDS.get(word.text, "")


def _figure(snapshot: Snapshot, start: int, name: str) -> str:
    line = snapshot.text.rfind("\n", 0, start) + 1
    if name in METRICS and snapshot.text[line:start].split()[-1:] == ["expect"]:
        return f"`{name}`: {METRICS[name]}"
    return ""


def symbol_text(workspace: Workspace, symbol: Symbol, snapshot: Snapshot) -> str:
    """A name's definition in Markdown."""
    real, where = workspace.defined(symbol, snapshot)
    if real.kind is Kind.PREDEFINED:
        return f"`{real.name}`: {VALUES[real.name]}"
    if real.kind is Kind.BUILTIN:
        text, doc = FUNCTIONS[real.name]
        return f"```res\n{text}\n```\n{doc}"
    signature = signature_of(real, where)
    if signature is not None:
        return signature_text(signature, real)
    if real.node is None or real.span is None:
        return ""
    head = real.node.span.text if real.kind is not Kind.SHARED else f"shared {real.name}"
    return f"```res\n{_short(head)}\n```\n{real.kind.value}" + _comment(real, where)


def _comment(symbol: Symbol, snapshot: Snapshot) -> str:
    text = comment_above(symbol, snapshot) if symbol.top else ""
    return f"\n\n{text}" if text else ""


def _short(text: str) -> str:
    first = text.split("\n", 1)[0].rstrip()
    return first if first == text else f"{first} ..."


def signature_text(signature: Signature, symbol: Symbol) -> str:
    word = f"{signature.kind.value} " if symbol.node is not None else ""
    lines = [f"```res\n{word}{signature.label}\n```"]
    if signature.doc:
        lines.append(signature.doc)
    typed = [f"- `{a.text}`: {a.type}" for a in signature.arguments if a.type]
    if typed:
        lines.append("\n".join(typed))
    return "\n\n".join(lines)


def argument_text(signature: Signature, name: str) -> str:
    found = next((a for a in signature.arguments if a.name == name), None)
    if found is None:
        return ""
    kind = f": {found.type}" if found.type else ""
    return f"`{found.text}`{kind}, an argument of `{signature.label}`"


# --- steps ---------------------------------------------------------------------------------------


def step_text(placed: PlacedStep) -> str:
    """What the models make of a step, in Markdown."""
    step = placed.step
    many = step.count > 1
    lines = [f"**{step.title}**" + (f" · {step.count} instances: {shapes_text(step)}" if many else "")]
    variations = list(step.variations.items())
    if len(variations) == 1:
        variation, _ = variations[0]
        lines.append(_flow(variation) + _costs(variation, each=many))
        seen = field_text(*step.fields[variation])
        if seen:
            lines.append(seen)
    else:
        lines.append(_table(step))
    lines.append(_where(placed))
    return "\n\n".join(lines)


def shapes_text(step: Step) -> str:
    """The shapes that a step gives: all of a few, the ends of many."""
    shapes = step.outputs
    return ", ".join(shapes) if len(shapes) <= 2 else f"{shapes[0]} … {shapes[-1]}"


def _flow(variation: Variation) -> str:
    inputs = ", ".join(map(str, variation.inputs))
    outputs = ", ".join(map(str, variation.outputs))
    return f"{inputs} → **{outputs}**" if inputs else f"**{outputs}**"


def _costs(variation: Variation, *, each: bool) -> str:
    word = " each" if each else ""
    return f" · {variation.params:,} parameters · {variation.macs:,} MACs{word}"


def _table(step: Step) -> str:
    rows = ["| × | shapes | parameters | MACs | sees |", "| ---: | --- | ---: | ---: | --- |"]
    shown = list(step.variations.items())
    left = len(shown) - _MOST
    for variation, count in shown[:_MOST] if left > 1 else shown:
        seen = field_text(*step.fields[variation]).removeprefix("receptive field ")
        rows.append(f"| {count} | {_flow(variation)} | {variation.params:,} | {variation.macs:,} | {seen} |")
    if left > 1:
        rows.append(f"| | and {left} more | | | |")
    return "\n".join(rows)


def _where(placed: PlacedStep) -> str:
    step = placed.step
    path = f"`{step.first}`" if step.first else ""
    if step.last != step.first:
        path += f" to `{step.last}`"
    others = len(placed.others)
    also = f", and in {others} other model{'s' * (others > 1)}" if others else ""
    return f"{path + ' in ' if path else 'in '}`{placed.model}`{also}"
