"""A `let` that nothing reads."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.diagnostics import Diagnostic
from resdsl.diagnostics.model import Fix
from resdsl.elaborate.symbols import Kind
from resdsl.lints.base import Page, TextRule
from resdsl.lints.deleting import without_statement


class UnusedValue(TextRule):
    """A value or function that nothing reads. In a file without models a `let` of the file is there for others to
    import. The fix takes it out, which changes no net.
    """

    code = "W503"

    def check(self, page: Page) -> Iterator[Diagnostic]:
        for value, span, node in page.unused(Kind.VALUE, Kind.FUNCTION):
            if value.top and not page.has_models:
                continue
            what = value.kind.value
            edit = without_statement(node.span)
            yield self.warning(
                f"the {what} `{value.name}` is never used",
                span,
                help="use it, or take it out",
                fixes=[Fix(f"take out the {what} `{value.name}`", (edit,), safe=True)] if edit else (),
            )
