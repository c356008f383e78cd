"""Stochastic depth in generated code: Huang et al., Deep Networks with Stochastic Depth, arXiv:1603.09382."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from fractions import Fraction

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

import resdsl
from resdsl.graph import Graph

UNIT = """
block unit(width) {
  residual { conv(3, width) -> bn -> relu -> conv(3, width) -> bn }
  relu
}
"""

NET = (
    UNIT
    + """
model net {
  input 8x6x6
  survival %s
  stage body: 1 x unit(8)
  avgpool -> flatten -> fc: linear(3)
}
"""
)


class Operators(TorchDispatchMode):
    """Counts the convolutions that are executed."""

    def __init__(self) -> None:
        super().__init__()
        self.convolutions = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.convolutions += "convolution" in str(func)
        return func(*args, **(kwargs or {}))


def test_the_paper_schedule_of_the_110_layer_net() -> None:
    """p_l = 1 - l/54 * (1 - 0.5) and E[depth] = 40.25 units: section 3 of the paper."""
    graph = resdsl.load("resnet110_cifar10", p=0.5).ir
    chances = [unit.survival.chance if unit.survival else Fraction(1) for unit in graph.units]
    assert chances == [1 - Fraction(i, 54) / 2 for i in range(1, 55)]
    assert sum(chances) == Fraction("40.25")


def test_a_branch_that_does_not_survive_is_not_computed(module_of: Callable[..., nn.Module]) -> None:
    net = module_of(NET % "0.5").train()
    x = torch.randn(4, 8, 6, 6).relu()
    counts = set()
    for _ in range(12):
        before = {k: v.clone() for k, v in net.named_buffers()}
        with Operators() as seen:
            net(x)
        unchanged = all(torch.equal(v, before[k]) for k, v in net.named_buffers())
        counts.add((seen.convolutions, unchanged))
        assert net.active_units == ([0] if seen.convolutions else [])
    assert counts == {(0, True), (2, False)}


def test_frequencies_are_those_of_the_schedule(module_of: Callable[..., nn.Module]) -> None:
    net = module_of(NET % "0.3").train()
    x = torch.randn(2, 8, 6, 6)
    draws = 1500
    survived = 0
    with torch.no_grad():
        for _ in range(draws):
            net(x)
            survived += len(net.active_units)
    deviation = math.sqrt(draws * 0.3 * 0.7)
    assert abs(survived - 0.3 * draws) < 4 * deviation


def _branch(net: nn.Module, x: torch.Tensor) -> torch.Tensor:
    unit = net.get_submodule("body.0")
    y = unit.get_submodule("bn1")(unit.get_submodule("conv1")(x)).relu()
    return unit.get_submodule("bn2")(unit.get_submodule("conv2")(y))


@pytest.mark.parametrize(
    ("text", "scale"),
    [
        ("0.5", 0.5),
        ("0.5 rescale train", 1.0),
        ("0.25 per sample", 0.25),
        ("0.25 per sample rescale train", 1.0),
    ],
)
def test_eval_scales_the_branch(module_of: Callable[..., nn.Module], text: str, scale: float) -> None:
    net = module_of(NET % text).eval()
    x = torch.randn(4, 8, 6, 6)
    with torch.no_grad():
        expected = (x + scale * _branch(net, x)).relu()
        assert torch.allclose(net.get_submodule("body")(x), expected, atol=1e-6)


def test_training_divides_by_the_chance_where_the_text_says_so(module_of: Callable[..., nn.Module]) -> None:
    net = module_of(NET % "0.5 rescale train")
    body = net.get_submodule("body").train()
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
    x = torch.randn(4, 8, 6, 6)
    found = set()
    with torch.no_grad():
        dropped, kept = x.relu(), (x + 2 * _branch(net, x)).relu()
        for _ in range(10):
            net.draw_units(4)
            y = body(x)
            found.add((torch.allclose(y, dropped, atol=1e-5), torch.allclose(y, kept, atol=1e-5)))
    assert found == {(True, False), (False, True)}


def test_per_sample_drops_inputs_one_by_one(module_of: Callable[..., nn.Module]) -> None:
    net = module_of(NET % "0.5 per sample")
    body = net.get_submodule("body").train()
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()
    x = torch.randn(64, 8, 6, 6)
    net.draw_units(64)
    with torch.no_grad():
        y = body(x)
        dropped, kept = x.relu(), (x + _branch(net, x)).relu()
    is_dropped = torch.isclose(y, dropped, atol=1e-5).flatten(1).all(1)
    is_kept = torch.isclose(y, kept, atol=1e-5).flatten(1).all(1)
    assert bool((is_dropped ^ is_kept).all())
    assert 10 < int(is_kept.sum()) < 54


def test_a_gated_unit_that_does_not_survive_is_its_shortcut(module_of: Callable[..., nn.Module]) -> None:
    """At test p scales the gate: p*T*H + (1 - p*T)*S."""
    net = module_of(
        """
block highway(width) { residual { conv(3, width) -> relu } gate { conv(3, width, bias=-2) -> sigmoid } }
model net { input 4x5x5
  survival 0.5
  unit: highway(4) }
"""
    )
    x = torch.randn(2, 4, 5, 5)
    unit = net.get_submodule("unit")
    with torch.no_grad():
        h = unit.get_submodule("conv1")(x).relu()
        t = unit.get_submodule("conv2")(x).sigmoid()
        assert torch.allclose(net.eval()(x), 0.5 * t * h + (1 - 0.5 * t) * x, atol=1e-6)
        net.train()
        seen = set()
        for _ in range(10):
            y = net(x)
            seen.add((torch.equal(y, x), torch.allclose(y, t * h + (1 - t) * x, atol=1e-6)))
    assert seen == {(True, False), (False, True)}


def test_a_preactivation_unit_computes_what_its_shortcut_needs(module_of: Callable[..., nn.Module]) -> None:
    net = module_of(
        """
block from_kept(a)[] { from a -> conv(1, out.channels, stride=out.stride) }
block pre(width, stride) {
  residual { bn -> relu -> keep a
    conv(3, width, stride=stride) -> bn -> relu -> conv(3, width) } shortcut from_kept(a)
}
model net { input 4x8x8
  survival 0.5
  unit: pre(6, 2) }
"""
    ).train()
    x = torch.randn(2, 4, 8, 8)
    seen = set()
    for _ in range(10):
        before = {k: v.clone() for k, v in net.named_buffers()}
        with Operators() as operators:
            net(x)
        changed = tuple(sorted(k for k, v in net.named_buffers() if not torch.equal(v, before[k]) and "mean" in k))
        seen.add((operators.convolutions, changed))
    assert seen == {(1, ("unit.bn1.running_mean",)), (3, ("unit.bn1.running_mean", "unit.bn2.running_mean"))}


def test_units_that_always_survive_draw_nothing(graph_of: Callable[..., Graph]) -> None:
    from resdsl.backends.torch import emit

    assert "survival" not in emit(graph_of(NET % "1"))


BRANCHES = """
model net { input 4x6x6
  keep start
  concat {
    | conv(3, 4)
    | residual { conv(3, 4) -> bn } survival 0.5
    | from start -> residual { conv(3, 4) -> relu } gate { conv(1, 4, bias=0) -> sigmoid } survival 0.5
  }
  conv(1, 4)
  add { | identity | from start } }
"""


def test_a_value_that_others_need_survives_the_unit(module_of: Callable[..., nn.Module]) -> None:
    """The unit's sum may not overwrite a value that a branch before it, or a step after it, reads."""
    net = module_of(BRANCHES).eval()
    x = torch.randn(2, 4, 6, 6)
    part = {name: module for name, module in net.named_modules() if "conv" in name or "bn" in name}
    with torch.no_grad():
        first, second = part["conv1"](x), x + 0.5 * part["bn1"](part["conv2"](x))
        gate, branch = 0.5 * part["conv4"](x).sigmoid(), part["conv3"](x).relu()
        third = gate * branch + (1 - gate) * x
        expected = part["conv5"](torch.cat([first, second, third], 1)) + x
        assert torch.allclose(net(x), expected, atol=1e-5)
        net.train()
        for _ in range(8):
            given = x.clone()
            net(given)
            assert torch.equal(given, x)


# --- training with it -------------------------------------------------------------------------------

DEEP = (
    UNIT
    + """
model net {
  input 8x6x6
  survival 1 - l / L / 2
  stage body: 6 x unit(8)
  avgpool -> flatten -> fc: linear(3)
}
"""
)


def test_the_schedule_is_read_and_moved(module_of: Callable[..., nn.Module]) -> None:
    net = module_of(DEEP).train()
    assert net.survival == [1 - i / 12 for i in range(1, 7)]
    net.survival = [1.0] * 5 + [1e-9]
    net(torch.randn(2, 8, 6, 6))
    assert net.active_units == [0, 1, 2, 3, 4]
    with pytest.raises(ValueError, match="zip"):
        net.survival = [0.5]


def test_masks_follow_from_seed_and_step_alone(module_of: Callable[..., nn.Module]) -> None:
    """The same on every rank, whatever each has drawn from PyTorch's own generator before; resumed, the same again."""
    x = torch.randn(2, 8, 6, 6)

    def masks(net: nn.Module, noise: int) -> list[list[int]]:
        torch.manual_seed(noise)
        found = []
        for _ in range(6):
            net(x)
            found.append(net.active_units)
        return found

    a, b, c = (module_of(DEEP).train() for _ in range(3))
    first = masks(a, 1)
    assert masks(b, 2) == first
    assert len({tuple(mask) for mask in first}) > 1
    c.survival_step = 3
    assert masks(c, 3)[:3] == first[3:]
    c.survival_seed, c.survival_step = 1, 0
    assert masks(c, 3) != first
    state = torch.get_rng_state()
    a.draw_units(2)
    assert torch.equal(state, torch.get_rng_state())


def test_a_dropped_unit_keeps_its_weights_and_momentum(module_of: Callable[..., nn.Module]) -> None:
    """A branch that does not survive has no gradient (`None`), so optimizers skip it: no momentum step, no decay."""
    net = module_of(NET % "0.5").train()
    optimizer = torch.optim.SGD(net.parameters(), 0.1, momentum=0.9, weight_decay=0.1)
    x = torch.randn(2, 8, 6, 6)
    weight = net.get_parameter("body.0.conv1.weight")
    seen = set()
    for _ in range(10):
        before = weight.detach().clone()
        buffer = optimizer.state.get(weight, {}).get("momentum_buffer")
        velocity = None if buffer is None else buffer.clone()
        optimizer.zero_grad()
        net(x).square().mean().backward()
        optimizer.step()
        kept = torch.equal(before, weight)
        if velocity is not None and kept:
            assert torch.equal(velocity, optimizer.state[weight]["momentum_buffer"])
        seen.add((bool(net.active_units), kept, weight.grad is None))
    assert seen == {(True, False, False), (False, True, True)}


@pytest.mark.parametrize("text", ["0.5", "0.5 per sample", "0.5 per sample rescale train"])
def test_checkpointed_stages_recompute_what_they_computed(module_of: Callable[..., nn.Module], text: str) -> None:
    """The masks of a step stay until the next, so that a recomputation in the backward pass takes the same branches."""
    from torch.utils.checkpoint import checkpoint

    source = (UNIT + NET.split(UNIT)[1]).replace("1 x unit(8)", "4 x unit(8)") % text
    plain = module_of(source).train()
    saved = copy.deepcopy(plain)
    inner = saved.get_submodule("body")
    forward = inner.forward
    inner.forward = lambda x: checkpoint(forward, x, use_reentrant=False)
    x = torch.randn(6, 8, 6, 6)
    for _ in range(4):
        for net in (plain, saved):
            net.zero_grad()
            net(x).square().mean().backward()
        for a, b in zip(plain.parameters(), saved.parameters(), strict=True):
            assert (a.grad is None) == (b.grad is None)
            assert a.grad is None or torch.allclose(a.grad, b.grad, atol=1e-6)


@pytest.mark.parametrize("text", ["0.5", "0.5 per sample", "0.5 rescale train"])
def test_mixed_precision(module_of: Callable[..., nn.Module], text: str) -> None:
    net = module_of(NET % text).train()
    for _ in range(4):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = net(torch.randn(4, 8, 6, 6)).float().square().mean()
        loss.backward()
        assert torch.isfinite(loss)


def test_compiled_training_recompiles_a_bounded_number_of_times(module_of: Callable[..., nn.Module]) -> None:
    """Drawing is outside compiled code, and PyTorch's own limit holds for what is inside: not a graph a mask."""
    import torch._dynamo.testing

    net = module_of(DEEP).train()
    twin = copy.deepcopy(net)
    counter = torch._dynamo.testing.CompileCounter()
    compiled = torch.compile(net, backend=counter)
    x = torch.randn(2, 8, 6, 6)
    for _ in range(14):
        assert torch.allclose(compiled(x), twin(x), atol=1e-5)
        assert net.active_units == twin.active_units
    assert counter.frame_count <= 16


def test_a_unit_that_begins_with_relu_leaves_a_skipped_one_s_value_alone(module_of: Callable[..., nn.Module]) -> None:
    """What one unit returns may be its input itself: the next must not write over it."""
    net = module_of(
        """
block unit(width) { relu -> residual { conv(3, width) } survival 0.5 }
model net { input 4x5x5
  conv(3, 4)
  3 x unit(4)
  conv(1, 3) }
"""
    ).train()
    for _ in range(8):
        net(torch.randn(2, 4, 5, 5)).sum().backward()


def test_a_unit_in_the_branch_of_another(module_of: Callable[..., nn.Module]) -> None:
    net = module_of(
        "model net { input 4x5x5\n residual { conv(3, 4) -> residual { conv(3, 4) } survival 0.5 } survival 0.25 }"
    ).eval()
    x = torch.randn(2, 4, 5, 5)
    with torch.no_grad():
        inner = net.get_submodule("conv1")(x)
        expected = x + 0.25 * (inner + 0.5 * net.get_submodule("conv2")(inner))
        assert torch.allclose(net(x), expected, atol=1e-6)
