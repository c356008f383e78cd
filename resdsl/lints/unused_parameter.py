"""A parameter that nothing reads."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.diagnostics import Diagnostic
from resdsl.elaborate.symbols import Kind
from resdsl.lints.base import Page, TextRule


class UnusedParameter(TextRule):
    """Whatever is given for it, the net is the same: a default or an argument was written for nothing, or the body says
    a number where it meant the parameter. Blocks that stand in for one another must have the parameters that the calls
    write; one that needs some of them only says so in an `allow`.
    """

    code = "W502"

    def check(self, page: Page) -> Iterator[Diagnostic]:
        owners = {param: owner for owner, params in page.names.params.items() for param in params.values()}
        for param, span, _ in page.unused(Kind.PARAMETER):
            yield self.warning(
                f"the parameter `{param.name}` of `{owners[param].name}` is never used",
                span,
                help="use it, or take it out here and where it is given",
            )
