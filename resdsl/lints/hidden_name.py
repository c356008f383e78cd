"""A name that hides another, or misleads about what a step is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from resdsl.diagnostics import Diagnostic, Label
from resdsl.elaborate.symbols import Kind, Symbol
from resdsl.lints.base import Page, TextRule
from resdsl.ops.registry import operator_names
from resdsl.syntax import tree
from resdsl.syntax.walking import constructs

_HELD = {Kind.PARAMETER, Kind.VALUE, Kind.FUNCTION, Kind.VARIABLE, Kind.SHARED}
_WORDS = {Kind.FUNCTION: "value", Kind.VARIABLE: "loop variable", Kind.IMPORT: "import"}


def _word(kind: Kind) -> str:
    return _WORDS.get(kind, kind.value)


class HiddenName(TextRule):
    """A parameter, a `let`, a loop variable or a shared step with the name of something further out, which cannot be
    reached below it: a later line that means the outer one gets the inner one. And a label that is the name of another
    operator or block than the one it labels (`relu: conv(3, 8)`): labels hide nothing, but this one says what the step
    is not. A label with the step's own name (`bn: bn`) is fine, and so are the parameters of a function.
    """

    code = "W508"

    def check(self, page: Page) -> Iterator[Diagnostic]:
        for span, inner, outer in page.names.hidden:
            yield self.warning(
                f"the {_word(inner.kind)} `{inner.name}` hides the {_word(outer.kind)} of that name",
                span,
                secondary=[Label(outer.span, "this one is hidden")] if outer.span else (),
                help="give it another name",
            )
        called = {place.span.start: place.symbol for place in page.names.occurrences}
        for item in page.file.items:
            for flow in constructs(item.body) if isinstance(item, tree.Block | tree.Model) else ():
                for step in flow.steps if isinstance(flow, tree.Flow) else ():
                    yield from self._label(page, step, called)

    def _label(self, page: Page, step: tree.Step, called: Mapping[int, Symbol]) -> Iterator[Diagnostic]:
        label, unit = step.label, step.unit
        if label is None or label.name is None or not isinstance(unit, tree.Call):
            return
        symbol = called.get(unit.name.span.start)
        if symbol is not None and symbol.kind in _HELD:
            return  # what a parameter is called with, the text does not say
        name = label.name.plain
        if name is None or name == unit.name.name:
            return
        outer = page.names.top.get(name)
        if outer is not None and outer.kind not in (Kind.BLOCK, Kind.IMPORT):
            return
        if outer is None and name not in operator_names():
            return
        what = f"the operator `{name}`" if outer is None else f"the block `{name}`"
        yield self.warning(
            f"the step `{name}` is not {what}, it is `{unit.name.name}`",
            label.span,
            secondary=[Label(outer.span, "the block of that name")] if outer and outer.span else (),
            help="name it for what it is or does",
        )
