"""A kept value that nothing starts from."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.diagnostics import Diagnostic
from resdsl.diagnostics.model import Fix
from resdsl.lints.base import Page, TextRule
from resdsl.lints.deleting import without_step
from resdsl.lints.names import Kind
from resdsl.syntax import tree


class UnusedKept(TextRule):
    """`keep` gives the current value a name that nothing reads: often a connection that was forgotten. Names that
    unpack a block's several outputs have to be written, so they are left alone.
    """

    code = "W506"

    def check(self, page: Page) -> Iterator[Diagnostic]:
        for declared in page.names.of(Kind.KEPT):
            if declared.used or not isinstance(declared.node, tree.Keep) or len(declared.node.names) > 1:
                continue
            edit = without_step(page.file, declared.node)
            yield self.warning(
                f"the value `{declared.name}` is kept and never used",
                declared.span,
                help=f"start from it with `from {declared.name}`, or take `keep` out",
                fixes=[Fix(f"take out `keep {declared.name}`", (edit,))] if edit else (),
            )
