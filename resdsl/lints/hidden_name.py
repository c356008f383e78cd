"""A name that hides another, or misleads about what a step is."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.diagnostics import Diagnostic, Label
from resdsl.lints.base import Page, TextRule
from resdsl.lints.names import FILE_KINDS, Declared, Kind
from resdsl.ops.registry import operator_names
from resdsl.syntax import tree


class HiddenName(TextRule):
    """A parameter, a `let`, a loop variable or a shared step with the name of something further out, which cannot be
    reached below it: a later line that means the outer one gets the inner one. And a label that is the name of another
    operator or block than the one it labels (`relu: conv(3, 8)`): labels hide nothing, but this one says what the step
    is not. A label with the step's own name (`bn: bn`) is fine, and so are the parameters of a function.
    """

    code = "W508"

    def check(self, page: Page) -> Iterator[Diagnostic]:
        for inner, outer in page.names.hidden:
            yield self.warning(
                f"the {inner.kind.value} `{inner.name}` hides the {outer.kind.value} of that name",
                inner.span,
                secondary=[Label(outer.span, "this one is hidden")],
                help="give it another name",
            )
        for step, called in page.names.labels:
            yield from self._label(page, step, called)

    def _label(self, page: Page, step: tree.Step, called: Declared | None) -> Iterator[Diagnostic]:
        label, unit = step.label, step.unit
        if label is None or label.name is None or not isinstance(unit, tree.Call):
            return
        if called is not None and called.kind not in FILE_KINDS:
            return  # what a parameter is called with, the text does not say
        name = label.name.plain
        if name is None or name == unit.name.name:
            return
        outer = page.names.file_name(name)
        if outer is not None and outer.kind not in (Kind.BLOCK, Kind.IMPORT):
            return
        if outer is None and name not in operator_names():
            return
        what = f"the operator `{name}`" if outer is None else f"the block `{name}`"
        yield self.warning(
            f"the step `{name}` is not {what}, it is `{unit.name.name}`",
            label.span,
            secondary=[Label(outer.span, "the block of that name")] if outer else (),
            help="name it for what it is or does",
        )
