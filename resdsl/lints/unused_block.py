"""A block that no model of the file is built of."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.diagnostics import Diagnostic
from resdsl.diagnostics.model import Fix
from resdsl.elaborate.symbols import Kind
from resdsl.lints.base import Page, TextRule
from resdsl.lints.deleting import without_statement


class UnusedBlock(TextRule):
    """Nothing in the file calls it, other than itself. A file without models is a library: its blocks are there for
    others to import."""

    code = "W504"

    def check(self, page: Page) -> Iterator[Diagnostic]:
        if not page.has_models:
            return
        for block, span, node in page.unused(Kind.BLOCK):
            edit = without_statement(node.span)
            yield self.warning(
                f"the block `{block.name}` is never used",
                span,
                notes=["nothing executes it, so its shapes are not checked"],
                help="call it, take it out, or move it to a file of blocks that others import",
                fixes=[Fix(f"take out the block `{block.name}`", (edit,))] if edit else (),
            )
