"""Which function executes which construct."""

from __future__ import annotations

from resdsl.elaborate import merges, residuals, sharing, statements, survival, units
from resdsl.elaborate.state import Constructs
from resdsl.syntax import tree

CONSTRUCTS = Constructs(
    units={
        tree.Call: units.run_contained_call,
        tree.Body: units.run_braces,
        tree.Repeat: units.run_repeat,
        tree.Stage: units.run_stage,
        tree.Region: units.run_region,
        tree.Dense: units.run_dense,
        tree.Keep: units.run_keep,
        tree.From: units.run_from,
        tree.Aux: units.run_aux,
        tree.Merge: merges.run_merge,
        tree.Residual: residuals.run_residual,
    },
    statements={
        tree.Let: statements.run_let,
        tree.Require: statements.run_require,
        tree.Default: statements.run_default,
        tree.Input: statements.run_input,
        tree.Output: statements.run_output,
        tree.Survival: survival.run_survival,
        tree.Expect: statements.run_expect,
        tree.If: statements.run_if,
        tree.For: statements.run_for,
        tree.Shared: sharing.run_declaration,
    },
    use=sharing.run_use,
)
