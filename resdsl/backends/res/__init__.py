"""Graph to the language's own text: what is left of a net, from its nodes, scopes and names alone.

`reading` makes steps of scopes, `keeping` gives values the names by which they are spoken of, `labels` settles what
must be labelled, `folding` writes once what is repeated, `blocks` and `unifying` make definitions of what is called
more than once, and `writing` makes text.
"""

from __future__ import annotations

from resdsl.backends.res.blocks import Definitions
from resdsl.backends.res.model import model_text
from resdsl.backends.res.patterns import Places
from resdsl.backends.res.reading import Reader
from resdsl.backends.res.schedules import schedules
from resdsl.diagnostics import InternalError, Report
from resdsl.elaborate.program import workspace
from resdsl.graph import Graph
from resdsl.source import Source

__all__ = ["to_res"]


def to_res(graph: Graph) -> str:
    """A `.res` file with one model, `graph.name`, that elaborates to the same graph.

    The same weights under the same keys, operators with their arguments and operands in order of execution, inputs,
    outputs, auxiliary heads and survival. Steps without weights have the names that they would have without a label,
    where nobody named them. Raises `CompileError` (E601) where a shared step is not the same in all its uses.
    """
    from resdsl.syntax.format import format_source

    with workspace():
        places = Places(graph)
        reader = Reader(places, schedules(places))
        definitions = Definitions(reader)
        definitions.find()
        source = Source(f"{graph.name}.res", model_text(graph, reader, definitions))
    report = Report()
    text = format_source(source, report)
    if text is None:
        first = report.sorted()[0]
        raise InternalError(f"the text of {graph.name} does not parse: {first.message} at {first.primary.span}")
    return text
