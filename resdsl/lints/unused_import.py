"""An imported name that the file does not use."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.diagnostics import Diagnostic
from resdsl.diagnostics.model import Fix
from resdsl.lints.base import Page, TextRule
from resdsl.lints.deleting import without_import
from resdsl.lints.names import Kind
from resdsl.syntax import tree


class UnusedImport(TextRule):
    """Imported names are not passed on, so one that the file does not use is of no use to anyone. The fix takes it
    out.
    """

    code = "W505"

    def check(self, page: Page) -> Iterator[Diagnostic]:
        for declared in page.names.of(Kind.IMPORT):
            if declared.used or not isinstance(declared.node, tree.Use):
                continue
            edit = without_import(declared.node, declared.name)
            yield self.warning(
                f"`{declared.name}` is imported and never used",
                declared.span,
                help="use it, or take it out",
                fixes=[Fix(f"take `{declared.name}` out of the import", (edit,), safe=True)] if edit else (),
            )
