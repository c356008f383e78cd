"""Steps to text, before the formatter sets its lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from resdsl.backends.res.defaults import Defaults
from resdsl.backends.res.labels import brace_label
from resdsl.backends.res.steps import (
    REQUIRED,
    Aux,
    Block,
    Body,
    Braces,
    Call,
    Count,
    Declaration,
    Dense,
    From,
    If,
    Keep,
    Merge,
    Repeat,
    Residual,
    Step,
)
from resdsl.backends.res.values import argument, default_of, spelled
from resdsl.backends.res.words import LOOP
from resdsl.ops.arguments import words_of
from resdsl.ops.base import Role
from resdsl.ops.registry import operator

_CHAIN = 96
"""Columns that a chain may have: with its indent, a line stays below a hundred."""
_SHORT = 60
"""Columns that braces may have to stand on one line."""
_FIRST = frozenset({"avgpool", "maxpool", "dropout", "dropout_maps", "lrn", "gn", "leaky_relu", "prelu", "softmax"})
"""Operators whose first argument is written without its name though it need not be given."""
_ALWAYS = frozenset({"p"})
"""Arguments that are written though they have their default."""
_HEAVY = frozenset({Role.CONV, Role.LINEAR})
_LIGHT = frozenset({Role.NORM, Role.ACTIVATION})


class Writer:
    """Writes bodies, with the defaults that hold for a whole model."""

    def __init__(self, defaults: Defaults) -> None:
        self.defaults = defaults

    def block(self, block: Block) -> str:
        params = [*block.sources, *(_param(name, default) for name, default in block.params.items())]
        head = f"block {block.name}" + (f"({', '.join(params)})" if params else "") + ("[]" if block.numbered else "")
        lines = self.lines(block.body)
        if block.outputs:
            lines.append(f"output {', '.join(block.outputs)}")
        return f"{head} {_braces(lines)}"

    def lines(self, body: Body) -> list[str]:
        """The statements of a body."""
        lines = [body.schedule] if body.schedule else []
        lines += [f"shared {one.name}: {self._unit(one.step)}" for one in body.shared]
        return lines + self._flow(body.steps)

    # --- flows -------------------------------------------------------------------------------------

    def _flow(self, steps: list[Step]) -> list[str]:
        """Steps in lines: what belongs together stands together."""
        lines: list[str] = []
        chain: list[_Link] = []
        alone = False
        for step in steps:
            link = _Link(step, self._labelled(step))
            if not link.stands_alone:
                chain.append(link)
                continue
            lines += _joined(lines, chain, behind=alone)
            begun = len(chain) == 1 and isinstance(chain[0].step, From) and isinstance(step, Braces | Merge)
            lines.append(f"{lines.pop()} -> {link.text}" if begun else link.text)
            chain, alone = [], True
        return lines + _joined(lines, chain, behind=alone)

    def _labelled(self, step: Step) -> str:
        if step.label is None or isinstance(step, Residual):
            return self._unit(step)
        if not isinstance(step, Braces):
            return f"{step.label}: {self._unit(step)}"
        word = "stage " if step.word == "stage" else ""
        return f"{word}{brace_label(step)}: {self._inner(step.body)}"

    def _unit(self, step: Step) -> str:
        match step:
            case Call():
                return self._call(step)
            case Keep(names=names):
                return f"keep {', '.join(names)}"
            case From(name=name):
                return f"from {name}"
            case Residual():
                return self._residual(step)
            case Merge():
                return self._merge(step)
            case Aux():
                return self._aux(step)
        return self._around(step)

    def _around(self, step: Step) -> str:
        """What is a word or two and braces."""
        match step:
            case Braces(word="region", title=title):
                return f"region {title}: {self._inner(step.body)}"
            case Braces():
                return self._inner(step.body)
            case If(condition=condition, body=body):
                return f"if {condition} {_braces(self.lines(body))}"
            case Dense(body=body):
                return f"dense {_braces(self.lines(body))}"
            case Repeat(iterations=(body,)):
                return f"{_count(step.arguments['count'])} x {self._inner(body)}"
            case Count():
                return self._loop(step)
        raise TypeError(f"{step!r} is no step")

    def _inner(self, body: Body) -> str:
        """The one step of a construct, in braces where it is none that may stand without."""
        if len(body.steps) == 1 and not body.schedule and not body.shared:
            step = body.steps[0]
            bare = isinstance(step, Repeat | Residual | Dense | Merge) or (
                isinstance(step, Call) and (body.numbered or not body.naming)
            )
            if bare and (step.label is None or isinstance(step, Residual)):
                return self._unit(step)
        return _braces(self.lines(body))

    # --- constructs --------------------------------------------------------------------------------

    def _residual(self, step: Residual) -> str:
        text = f"residual {_braces(self.lines(step.main))}"
        if step.shortcut is not None:
            label = f"{step.label}: " if step.label is not None else ""
            first = step.shortcut.steps[0]
            policy = self._unit(first) if step.single else _braces(self.lines(step.shortcut))
            text += f" shortcut {label}{policy}"
        for word, part in (("gate", step.gate), ("carry", step.carry)):
            if part is not None:
                text += f" {word} {_braces(self.lines(part))}"
        if step.survival is not None:
            per, rescale = step.survival
            text += f" survival {spelled(step.arguments['survival'])}"
            text += (" per sample" if per == "sample" else "") + (" rescale train" if rescale == "train" else "")
        return text

    def _merge(self, step: Merge) -> str:
        lines: list[str] = []
        for body, count in zip(step.branches, step.counts or [1] * len(step.branches), strict=True):
            own = self.lines(body) or ["{}"]
            branch = [f"| {own[0]}", *(_indented(line) for line in own[1:])]
            lines += branch if count == 1 else [f"{count} x {_braces(branch)}"]
        short = f"{step.kind} {{ {' '.join(lines)} }}"
        plain = all(line.startswith("| ") and "{" not in line for line in lines)
        return short if plain and len(short) <= _SHORT else f"{step.kind} {_braces(lines)}"

    def _aux(self, step: Aux) -> str:
        weight = f"({spelled(step.arguments['weight'])}) " if "weight" in step.arguments else ""
        return f"aux {weight}{self._labelled(step.head.steps[0])}"

    def _loop(self, step: Count) -> str:
        first = step.inner.steps[0]
        bounds = f"{step.start}, {step.stop}" if step.start else str(step.stop)
        return f"for {LOOP} in range({bounds}) {{ {step.prefix}{{{LOOP}}}: {self._unit(first)} }}"

    # --- calls -------------------------------------------------------------------------------------

    def _call(self, step: Call) -> str:
        if isinstance(step.callee, Declaration):
            return step.callee.name
        texts = self._block_arguments(step) if isinstance(step.callee, Block) else self._operator_arguments(step)
        return f"{step.kind}({', '.join(texts)})" if texts else step.kind

    def _block_arguments(self, step: Call) -> list[str]:
        assert isinstance(step.callee, Block)
        texts = [spelled(step.arguments[name]) for name in step.callee.sources]
        for name, default in step.callee.params.items():
            value = step.arguments[name]
            if default is REQUIRED:
                texts.append(spelled(value))
            elif spelled(value) != spelled(default):
                texts.append(
                    f"{name}={spelled(value)}" if " then " not in spelled(value) else f"{name} = {spelled(value)}"
                )
        return texts

    def _operator_arguments(self, step: Call) -> list[str]:
        assert isinstance(step.callee, str)
        fields = operator(step.callee).model_fields
        defaults = self.defaults.get(step.callee, {})
        texts: list[str] = []
        for place, (name, info) in enumerate(fields.items()):
            value = step.arguments[name]
            text = argument(value, word=bool(words_of(info)))
            if not info.is_required():
                default = defaults[name] if name in defaults else default_of(step.callee, name)
                if spelled(value) == spelled(default) and name not in _ALWAYS:
                    continue
            positional = info.is_required() or (place == 0 and step.callee in _FIRST)
            texts.append(_window(name, value, text) if positional else _named(name, text))
        return texts


@dataclass(frozen=True, slots=True)
class _Link:
    """A step and its text."""

    step: Step
    text: str

    @property
    def stands_alone(self) -> bool:
        """Whether it is a statement of its own rather than a link of a chain."""
        if isinstance(self.step, Call | Keep | From):
            return False
        return not (isinstance(self.step, Braces) and self.step.word != "stage" and "{" not in self.text)

    @property
    def is_heavy(self) -> bool:
        return isinstance(self.step, Braces) or self.is_block_call or self.has_role(*_HEAVY)

    @property
    def is_block_call(self) -> bool:
        return isinstance(self.step, Call) and self.step.node is None

    def has_role(self, *roles: Role) -> bool:
        return isinstance(self.step, Call) and self.step.node is not None and self.step.node.op.role in roles


def _joined(lines: list[str], chain: list[_Link], *, behind: bool) -> list[str]:
    """A chain; a `keep` at its beginning goes on the line of the braces before it, if that is one line."""
    if behind and chain and isinstance(chain[0].step, Keep) and lines[-1].endswith("}") and "\n" not in lines[-1]:
        lines[-1] += f" -> {chain[0].text}"
        chain = chain[1:]
    return _chains(chain)


def _chains(links: list[_Link]) -> list[str]:
    """A row of links, on one line where it is short and says little, else a line for each part."""
    heavy = [link for link in links if link.is_heavy]
    text = " -> ".join(link.text for link in links)
    calm = len(heavy) <= 1 or (len(text) <= _SHORT and all(link.is_block_call for link in heavy))
    if links and calm and len(text) <= _CHAIN and not any(isinstance(link.step, From) for link in links[1:]):
        return [text]
    lines: list[str] = []
    chain: list[_Link] = []
    light_first = bool(links) and links[0].has_role(*_LIGHT)
    for link in links:
        if chain and _begins(link, chain, light_first=light_first):
            lines += _wrapped(chain)
            chain = []
        chain.append(link)
    return lines + _wrapped(chain)


def _begins(link: _Link, chain: list[_Link], *, light_first: bool) -> bool:
    """Whether a step begins a line: before a convolution, or where activations come first, behind one."""
    if isinstance(link.step, From):
        return True
    if light_first:
        return any(one.is_heavy for one in chain) and not isinstance(link.step, Keep)
    if link.has_role(Role.LINEAR):
        return any(one.has_role(Role.LINEAR) for one in chain)
    return link.is_heavy and any(one.is_heavy for one in chain)


def _wrapped(links: list[_Link]) -> list[str]:
    """With arrows between them, in as many lines as they need."""
    lines: list[str] = []
    for link in links:
        if lines and len(lines[-1]) + len(link.text) + 4 <= _CHAIN:
            lines[-1] += f" -> {link.text}"
        else:
            lines.append(link.text)
    return lines


def _named(name: str, text: str) -> str:
    return f"{name} = {text}" if " then " in text else f"{name}={text}"


def _window(name: str, value: Any, text: str) -> str:
    """A window of several axes is written as a size."""
    sized = name == "k" and isinstance(value, tuple) and len(value) > 1
    return "x".join(map(str, value)) if sized else text


def _param(name: str, default: Any) -> str:
    return name if default is REQUIRED else f"{name} = {spelled(default)}"


def _count(value: Any) -> str:
    return spelled(value)


def _braces(lines: list[str]) -> str:
    """Braces on one line where they are short and hold one statement."""
    if not lines:
        return "{}"
    if len(lines) == 1 and "\n" not in lines[0] and len(lines[0]) <= _SHORT and not lines[0].startswith("if "):
        return f"{{ {lines[0]} }}"
    return "{\n" + "".join(f"{_indented(line)}\n" for line in lines) + "}"


def _indented(line: str) -> str:
    return "\n".join(f"  {one}" for one in line.split("\n"))
