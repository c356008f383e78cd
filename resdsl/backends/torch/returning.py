"""What a forward pass returns: its values, and in training those of the auxiliary heads, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resdsl.backends.torch.forward import FOREVER, Lines, conditional
from resdsl.backends.torch.ir import Assign, Return, Template, Var

if TYPE_CHECKING:
    from resdsl.backends.torch.body import BodyBuilder


def write_returns(builder: BodyBuilder) -> None:
    """The last statements of a class: a model with auxiliary heads returns more in training than in eval."""
    lines, graph = builder.lines, builder.flow.graph
    if not builder.root:
        _write(lines, builder.flow.borders[builder.scope].outputs, None)
        return
    main = [output.node for output in graph.outputs]
    if graph.aux:
        heads = [*main, *(a.node for a in graph.aux)]
        for value in heads:
            lines.flush(value, FOREVER - 1)
        training = Return(tuple(Var(lines.variables[value]) for value in heads), outputs="training")
        lines.statements.append(conditional([training], Template("self.training", ())))
    _write(lines, main, "main" if len(main) > 1 else None)


def _write(lines: Lines, values: list[int], outputs: str | None) -> None:
    """One return; where the last statement computes the value, it returns it instead."""
    if len(values) > 1:
        for value in values:
            lines.flush(value, FOREVER - 1)
    exprs = tuple(lines.take(v)[0] for v in values)
    comment = lines.comments.get(values[0]) if len(values) == 1 else None
    last = lines.statements[-1] if lines.statements else None
    if isinstance(last, Assign) and len(exprs) == 1 and exprs[0] == Var(last.targets[0]) and last.op == "=":
        lines.statements[-1] = Return((last.value,), last.comment, outputs)
        return
    if isinstance(last, Assign) and exprs == (Var(last.targets[0]),) and last.op == "+=":
        total = Template("{0} + {1}", (exprs[0], last.value), (), 2, 2)
        lines.statements[-1] = Return((total,), None, outputs)
        return
    lines.statements.append(Return(exprs, comment, outputs))
