"""A shared step that nothing calls."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.diagnostics import Diagnostic
from resdsl.diagnostics.model import Fix
from resdsl.elaborate.symbols import Kind
from resdsl.lints.base import Page, TextRule
from resdsl.lints.deleting import without_statement


class UnusedShared(TextRule):
    """A shared step that is declared and never called has no weights, and is no part of the net."""

    code = "W507"

    def check(self, page: Page) -> Iterator[Diagnostic]:
        for shared, span, node in page.unused(Kind.SHARED):
            edit = without_statement(node.span)
            yield self.warning(
                f"the shared step `{shared.name}` is never used",
                span,
                notes=["a declaration executes nothing: the net has none of its weights"],
                help=f"call `{shared.name}` where it belongs, or take the declaration out",
                fixes=[Fix(f"take out the shared step `{shared.name}`", (edit,))] if edit else (),
            )
