"""A `let` that nothing reads."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.diagnostics import Diagnostic
from resdsl.diagnostics.model import Fix
from resdsl.lints.base import Page, TextRule
from resdsl.lints.deleting import without_statement
from resdsl.lints.names import Kind
from resdsl.syntax import tree


class UnusedValue(TextRule):
    """A value or function that nothing reads. In a file without models a `let` of the file is there for others to
    import. The fix takes it out, which changes no net.
    """

    code = "W503"

    def check(self, page: Page) -> Iterator[Diagnostic]:
        for declared in page.names.of(Kind.VALUE):
            if declared.used or (declared.owner is None and not page.has_models):
                continue
            what = "function" if _is_function(declared.node) else "value"
            edit = without_statement(declared.node.span)
            yield self.warning(
                f"the {what} `{declared.name}` is never used",
                declared.span,
                help="use it, or take it out",
                fixes=[Fix(f"take out the {what} `{declared.name}`", (edit,), safe=True)] if edit else (),
            )


def _is_function(node: tree.Node) -> bool:
    let = node.let if isinstance(node, tree.FileLet) else node
    return isinstance(let, tree.Let) and let.params is not None
