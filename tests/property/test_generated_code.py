"""Generated code computes what the graph says: random nets, each against an evaluation of its graph node by node.

The evaluation applies every operator by itself, from the text that `tests/unit/ops` proves right, and knows nothing of
classes, variables or the order of statements.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from resdsl.backends.torch import emit
from resdsl.diagnostics import Report
from resdsl.elaborate import build, load_program
from resdsl.graph import Graph
from resdsl.graph.verify import verify
from resdsl.runtime import check_weights, model_class
from resdsl.source import Source

WIDTHS = (4, 6)
DEPTH = 3


def _load_text() -> ModuleType:
    path = Path(__file__).parents[1] / "unit" / "ops" / "_text.py"
    spec = importlib.util.spec_from_file_location("_operator_text", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


OperatorModule = _load_text().Module


class Writer:
    """Writes a random net. All values are 4- or 6-wide maps of one size, so that most things fit together."""

    def __init__(self, choose: Callable[[list[str]], str], flag: Callable[[], bool]) -> None:
        self.choose, self.flag = choose, flag
        self.blocks: list[str] = []
        self.names = 0

    def width(self) -> str:
        return self.choose(["4", "6"])

    def fresh(self, stem: str) -> str:
        self.names += 1
        return f"{stem}{self.names}"

    def step(self, depth: int) -> str:
        simple = ["conv(3, W)", "conv(1, W, bias=true)", "bn", "relu", "tanh", "scale(0.5)", "gn(2)", "identity"]
        nested = ["residual", "projected", "gated", "dense", "add", "concat", "mul", "block", "label", "stage", "kept"]
        kind = self.choose(simple if depth == 0 else [*simple[:5], *nested])
        if kind in simple:
            return kind.replace("W", self.width())
        return getattr(self, f"_{kind}")(depth - 1)

    def flow(self, depth: int) -> str:
        return " -> ".join(self.step(depth) for _ in range(int(self.choose(["1", "2", "3"]))))

    def _residual(self, depth: int) -> str:
        drop = " survival 0.5" if self.flag() else ""
        return f"residual {{ {self.flow(depth)} }} shortcut fit{drop}"

    def _projected(self, depth: int) -> str:
        return f"residual {{ {self.flow(depth)}\n conv(3, {self.width()}) -> bn }} shortcut fit"

    def _gated(self, depth: int) -> str:
        drop = " survival 0.5" if self.flag() else ""
        gate = "gate { conv(1, 1, bias=-1) -> sigmoid }"
        return f"residual {{ {self.flow(depth)} }} shortcut fit {gate}{drop}"

    def _dense(self, depth: int) -> str:
        return f"dense {{ {self.flow(depth)} }} -> conv(1, {self.width()})"

    def _add(self, depth: int) -> str:
        width = self.width()
        return f"add {{\n| {self.flow(depth)} -> conv(1, {width})\n| {self.flow(depth)} -> conv(1, {width})\n}}"

    def _concat(self, depth: int) -> str:
        return f"concat {{\n| {self.flow(depth)}\n| identity\n| {self.flow(depth)}\n}} -> conv(1, {self.width()})"

    def _mul(self, depth: int) -> str:
        return f"mul {{\n| {self.flow(depth)} -> conv(1, 4)\n| avgpool -> conv(1, 4) -> sigmoid\n}}"

    def _block(self, depth: int) -> str:
        name = self.fresh("unit")
        numbered = "[]" if self.flag() else ""
        self.blocks.append(f"block {name}(W){numbered} {{ {self.flow(depth).replace('conv(3, 4', 'conv(3, W')} }}")
        call = f"{name}({self.width()})"
        return call if self.flag() else f"{call} -> {self.choose(['2', '3'])} x {name}({self.width()})"

    def _label(self, depth: int) -> str:
        numbered = "[]" if self.flag() else ""
        return f"{self.fresh('part')}{numbered}: {{ {self.flow(depth)} }}"

    def _stage(self, depth: int) -> str:
        return f"stage {self.fresh('level')}: {self.choose(['1', '2', '4'])} x {{ {self.flow(depth)} }}"

    def _kept(self, depth: int) -> str:
        name = self.fresh("v")
        again = f"from {name} -> {self.flow(depth)} -> conv(1, 4)"
        return f"keep {name} -> conv(1, 4) -> add {{\n| {self.flow(depth)} -> conv(1, 4)\n| {again}\n}}"


FIT = "block fit[] { if in.channels != out.channels { conv(1, out.channels) -> bn } }\n"


@st.composite
def nets(draw: st.DrawFn) -> str:
    writer = Writer(lambda options: draw(st.sampled_from(options)), lambda: draw(st.booleans()))
    body = "\n  ".join(writer.step(DEPTH) for _ in range(draw(st.integers(1, 4))))
    aux = "\n  aux head: { avgpool -> flatten -> linear(2) }" if draw(st.booleans()) else ""
    blocks = "\n".join(writer.blocks)
    return f"{FIT}{blocks}\nmodel net {{\n  input 4x5x5\n  conv(3, 4)\n  {body}{aux}\n  conv(1, 3)\n}}\n"


def evaluate(graph: Graph, state: dict[str, Tensor], inputs: list[Tensor]) -> dict[int, Tensor]:
    """Every node's value in eval."""
    values = dict(zip(graph.inputs, inputs, strict=True))
    scales = _scales(graph)
    for node in graph.nodes():
        if node.id in values:
            continue
        module = OperatorModule(node.op, graph.shapes(node)).eval()
        for name, tensor in module.tensors().items():
            tensor.data.copy_(state[f"{node.path}.{name}" if name else node.path])
        operands = [values[o] * scales.get((node.id, port), 1.0) for port, o in enumerate(node.operands)]
        values[node.id] = module(*operands)
    return values


def _scales(graph: Graph) -> dict[tuple[int, int], float]:
    """What survival multiplies in eval: the branch's result, or the gate wherever it is used."""
    found: dict[tuple[int, int], float] = {}
    for unit in graph.root.walk():
        if unit.survival is None:
            continue
        merges = [i for i in unit.items if isinstance(i, int)]
        found[merges[0], 0] = float(unit.survival.chance)
        if len(merges) > 1:
            found[merges[1], 0] = float(unit.survival.chance)
    return found


def graph_of(text: str) -> Graph | None:
    report = Report()
    program = load_program(Source("net.res", text), report)
    graph = build(program, "net", report)
    return None if report.failed else graph


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(nets(), st.integers(0, 3))
def test_random_nets(text: str, seed: int) -> None:
    graph = graph_of(text)
    if graph is None:
        return
    verify(graph)
    torch.manual_seed(seed)
    net: nn.Module = model_class(emit(graph))()
    check_weights(graph, net)
    for name, buffer in net.named_buffers():
        if name.endswith("running_var"):
            buffer.uniform_(0.5, 2.0)
        elif name.endswith("running_mean"):
            buffer.normal_()
    x = torch.randn(2, 4, 5, 5)
    net.eval()
    with torch.no_grad():
        expected = evaluate(graph, net.state_dict(), [x.clone()])[graph.outputs[0].node]
        assert torch.allclose(net(x.clone()), expected, rtol=1e-4, atol=1e-4)
    net.train()
    for attempt in range(3):
        torch.manual_seed(attempt)
        given_x = x.clone().requires_grad_()
        result = net(given_x)
        total = sum(t.square().mean() for t in (result if isinstance(result, tuple) else (result,)))
        total.backward()
        assert torch.equal(given_x, x)


def test_most_random_nets_are_nets() -> None:
    """The generator is worth something only if what it writes compiles."""
    counts = {True: 0, False: 0}

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(nets())
    def count(text: str) -> None:
        graph = graph_of(text)
        counts[graph is not None] += 1

    count()
    assert counts[True] > counts[False], counts
