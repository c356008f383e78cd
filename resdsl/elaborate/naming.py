"""Names of steps: the attributes of the generated module, and so the keys of its `state_dict`."""

from __future__ import annotations

from collections.abc import Iterable

from resdsl.diagnostics import Fault
from resdsl.elaborate.reserved import MODULE_NAMES
from resdsl.source import Span

LONGEST_NAME = 255


class Clash(Exception):  # noqa: N818 - a fault of the spec, told apart from `Fault` by its second place
    """A name that is already taken in its scope, and where."""

    def __init__(self, name: str, scope: str, taken: Span) -> None:
        super().__init__(name)
        self.name = name
        self.scope = scope
        self.taken = taken


class Namer:
    """The names of one naming scope. An unlabelled step is its place in a numbered one, else its kind and place."""

    __slots__ = ("kinds", "next", "numbered", "path", "paths", "shortcuts", "taken")

    def __init__(self, path: str, numbered: bool) -> None:
        self.path = path
        self.numbered = numbered
        self.next = 0
        self.kinds: dict[str, int] = {}
        self.taken: dict[str, Span] = {}
        self.paths: dict[str, Namer] = {}
        self.shortcuts = 0

    def under(self, name: str, numbered: bool) -> Namer:
        """The names of a scope `name` in this one."""
        return Namer(f"{self.path}.{name}" if self.path else name, numbered)

    def unlabelled(self, kind: str) -> str:
        """The name of a step without a label, which takes a place."""
        count = self.kinds[kind] = self.kinds.get(kind, 0) + 1
        if not self.numbered:
            return f"{kind}{count}"
        name = str(self.next)
        self.next += 1
        return name

    def take_place(self, kind: str | None) -> None:
        """A labelled step takes a place too: among its kind, and its number."""
        if kind is not None:
            self.kinds[kind] = self.kinds.get(kind, 0) + 1
        if self.numbered:
            self.next += 1

    def number(self, kind: str | None, at: int | None = None) -> str:
        """The next number as a name, or the number `at`, from which counting goes on."""
        if kind is not None:
            self.kinds[kind] = self.kinds.get(kind, 0) + 1
        if at is not None:
            self.next = at
        name = str(self.next)
        self.next += 1
        return name

    def claim(self, name: str, span: Span) -> None:
        """Takes `name`. Raises `Clash` where it is taken, `Fault` where `nn.Module` already has it."""
        if name in self.taken:
            raise Clash(name, self.path, self.taken[name])
        self.taken[name] = span
        if name in MODULE_NAMES:
            raise Fault(
                "E103",
                f"the name `{name}` is one that every module already has",
                notes=["names in a spec become attributes of an nn.Module"],
                help="choose another label",
            )

    def enter(self, parts: Iterable[str], span: Span) -> Namer:
        """The plain scope that a quoted path leads to; it may be entered many times."""
        namer = self
        for part in parts:
            inner = namer.paths.get(part)
            if inner is None:
                namer.claim(part, span)
                inner = namer.paths[part] = namer.under(part, numbered=False)
            namer = inner
        return namer


def label_parts(text: str, quoted: bool) -> tuple[str, ...]:
    """The names of a label's text: one, or for a quoted path several. Raises `Fault`."""
    parts = tuple(text.split(".")) if quoted else (text,)
    if not all(parts):
        raise Fault("E106", f'the label "{text}" has an empty part')
    if len(text) > LONGEST_NAME:
        raise Fault("E106", f"a label of {len(text)} characters, more than {LONGEST_NAME}")
    if not quoted and "." in text:
        raise Fault("E106", f"the label `{text}` is a path", help="write a path in quotes")
    return parts
