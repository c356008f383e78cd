"""An imported name that the file does not use."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.diagnostics import Diagnostic
from resdsl.diagnostics.model import Fix
from resdsl.elaborate.symbols import Kind
from resdsl.lints.base import Page, TextRule
from resdsl.lints.deleting import without_import
from resdsl.syntax import tree


class UnusedImport(TextRule):
    """Imported names are not passed on, so one that the file does not use is of no use to anyone. The fix takes it
    out.
    """

    code = "W505"

    def check(self, page: Page) -> Iterator[Diagnostic]:
        for imported, span, node in page.unused(Kind.IMPORT):
            edit = without_import(node, imported.name) if isinstance(node, tree.Use) else None
            yield self.warning(
                f"`{imported.name}` is imported and never used",
                span,
                help="use it, or take it out",
                fixes=[Fix(f"take `{imported.name}` out of the import", (edit,), safe=True)] if edit else (),
            )
