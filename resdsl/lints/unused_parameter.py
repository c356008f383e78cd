"""A parameter that nothing reads."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.diagnostics import Diagnostic
from resdsl.lints.base import Page, TextRule
from resdsl.lints.names import Kind
from resdsl.syntax import tree


class UnusedParameter(TextRule):
    """Whatever is given for it, the net is the same: a default or an argument was written for nothing, or the body says
    a number where it meant the parameter. Blocks that stand in for one another must have the parameters that the calls
    write; one that needs some of them only says so in an `allow`.
    """

    code = "W502"

    def check(self, page: Page) -> Iterator[Diagnostic]:
        for declared in page.names.of(Kind.PARAMETER):
            if declared.used:
                continue
            owner = declared.owner
            name = owner.name.name if isinstance(owner, tree.Block | tree.Model | tree.Let) else ""
            yield self.warning(
                f"the parameter `{declared.name}` of `{name}` is never used",
                declared.span,
                help="use it, or take it out here and where it is given",
            )
