"""A kept value that nothing starts from."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.diagnostics import Diagnostic
from resdsl.diagnostics.model import Fix
from resdsl.lints.base import Page, TextRule
from resdsl.lints.deleting import without_step


class UnusedKept(TextRule):
    """`keep` gives the current value a name that nothing reads: often a connection that was forgotten. Names that
    unpack a block's several outputs have to be written, so they are left alone.
    """

    code = "W506"

    def check(self, page: Page) -> Iterator[Diagnostic]:
        for keep, kept in page.names.keeps:
            if kept in page.names.used or len(keep.names) > 1:
                continue
            edit = without_step(page.file, keep)
            yield self.warning(
                f"the value `{kept.name}` is kept and never used",
                keep.names[0].span,
                help=f"start from it with `from {kept.name}`, or take `keep` out",
                fixes=[Fix(f"take out `keep {kept.name}`", (edit,))] if edit else (),
            )
