"""Every operator against real PyTorch: its text runs; shape, weights and multiply-adds are what PyTorch's are."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from resdsl.ops.base import Arg, Role
from resdsl.ops.registry import merge_names, operator, operator_names
from tests.unit.ops._samples import SAMPLES, Sample
from tests.unit.ops._text import NAMES, Module, value_text

BATCH = 2
VIEWS_ELSEWHERE = {"shuffle", "space_to_depth"}  # the CPU has kernels that copy, other devices reshape
each_sample = pytest.mark.parametrize("sample", SAMPLES, ids=str)
each_operator = pytest.mark.parametrize("name", operator_names())


def operands(sample: Sample) -> list[Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(BATCH, *shape.full, generator=generator, requires_grad=True) for shape in sample.inputs]


def _is_local(sample: Sample) -> bool:
    """Whether an output position depends on its window alone: no statistics over positions, no wrapped padding."""
    if sample.kind in ("gn", "instance_norm", "blurpool") or sample.op().merge:
        return False
    out, x = sample.op().infer(sample.inputs), sample.inputs[0]
    return out.dims == x.dims > 0 and sample.arguments.get("padding_mode") not in ("reflect", "circular")


def test_every_operator_has_samples() -> None:
    assert {sample.kind for sample in SAMPLES} == set(operator_names())


@each_sample
def test_shape_and_finite_values(sample: Sample) -> None:
    op = sample.op()
    expected = (BATCH, *op.infer(sample.inputs).full)
    text = op.torch(sample.inputs)
    forms = [False, True] if text.layer and text.call else [False]
    results = [Module(op, sample.inputs, inline=form).eval()(*operands(sample)) for form in forms]
    for result in results:
        assert tuple(result.shape) == expected
        assert result.isfinite().all()
    torch.testing.assert_close(results[0], results[-1], rtol=0, atol=0)


@each_sample
def test_weights_are_the_state_dict(sample: Sample) -> None:
    op = sample.op()
    module = Module(op, sample.inputs)
    weights = op.weights(sample.inputs)
    assert [(w.name, w.shape) for w in weights] == [(k, tuple(t.shape)) for k, t in module.tensors().items()]
    trained = {id(p) for p in module.parameters()}
    owner = module.layer if module.layer is not None else module
    for weight in weights:
        tensor = module.own if weight.name == "" else getattr(owner, weight.name)
        assert (id(tensor) in trained) is not weight.buffer


@each_sample
def test_macs_are_half_the_flops(sample: Sample) -> None:
    op = sample.op()
    module = Module(op, sample.inputs).eval()
    with FlopCounterMode(display=False) as counter:
        module(*[x.detach() for x in operands(sample)])
    assert op.macs(sample.inputs) * 2 * BATCH == counter.get_total_flops()


@each_sample
def test_saved_is_what_autograd_keeps(sample: Sample) -> None:
    """Memory that PyTorch's hooks are shown, each once; weights apart."""
    op = sample.op()
    text, values = op.torch(sample.inputs), [leaf * 1 for leaf in operands(sample)]
    saved = op.saved(sample.inputs)
    for inline in (False, True) if text.layer and text.call else (False,):
        module = Module(op, sample.inputs, inline=inline).train()
        kept: dict[int, Tensor] = {}

        def keep(tensor: Tensor, kept: dict[int, Tensor] = kept) -> Tensor:
            kept.setdefault(_memory(tensor), tensor)
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            result = module(*values)
        for weight in (*module.parameters(), *module.buffers()):
            kept.pop(_memory(weight), None)
        assert [index for index, value in enumerate(values) if kept.pop(_memory(value), None) is not None] == sorted(
            saved.operands
        )
        assert (not saved.view and kept.pop(_memory(result), None) is not None) is saved.output
        assert (_memory(result) == _memory(values[0])) is saved.view or sample.kind in VIEWS_ELSEWHERE
        indices = sum(t.untyped_storage().nbytes() for t in kept.values() if t.dtype == torch.int64)
        others = sum(t.untyped_storage().nbytes() for t in kept.values() if t.dtype != torch.int64)
        assert (indices, others) == (8 * BATCH * saved.indices, 4 * (BATCH * saved.elements + saved.constants))


@each_sample
def test_gradients_that_are_passed_on_are_the_same_memory(sample: Sample) -> None:
    op = sample.op()
    values = [leaf * 1 for leaf in operands(sample)]
    result = Module(op, sample.inputs).train()(*values)
    gradient = torch.ones_like(result)
    found = torch.autograd.grad(result, values, gradient)
    assert {_memory(one) == _memory(gradient) for one in found} == {op.saved(sample.inputs).passed}


def _memory(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


@each_sample
def test_windows_have_an_axis_each(sample: Sample) -> None:
    op = sample.op()
    windows = op.windows(sample.inputs)
    assert len(windows) == op.infer(sample.inputs).dims
    assert all(window.kernel >= 1 and window.stride > 0 and window.dilation >= 1 for window in windows)


@pytest.mark.parametrize("sample", [sample for sample in SAMPLES if _is_local(sample)], ids=str)
def test_windows_bound_what_an_output_sees(sample: Sample) -> None:
    """The gradient of one output position is zero outside of its window."""
    op, x = sample.op(), sample.inputs[0]
    out = op.infer(sample.inputs)
    values = operands(sample)
    module = Module(op, sample.inputs).eval()
    position = tuple(n // 2 for n in out.size)
    module(*values)[(slice(None), slice(None), *position)].square().sum().backward()
    assert values[0].grad is not None
    for axis, window in enumerate(op.windows(sample.inputs)):
        seen = values[0].grad.abs().movedim(axis + 2, 0).flatten(1).sum(1).nonzero().flatten().tolist()
        first = position[axis] * window.stride - window.before
        low, high = first // 1, -(-first // 1) + window.dilation * (window.kernel - 1)
        if sample.kind == "reshape":
            low, high = 0, x.size[axis] - 1
        assert all(low <= place <= high for place in seen), (seen, low, high)


@pytest.mark.parametrize("sample", [s for s in SAMPLES if not s.op().keeps_output_for_backward], ids=str)
@pytest.mark.parametrize("training", [False, True])
def test_a_step_in_place_may_follow(sample: Sample, training: bool) -> None:
    """Where `keeps_output_for_backward` is false, an in-place step right after changes neither values nor gradients."""
    op = sample.op()
    text = op.torch(sample.inputs)
    for inline in (False, True) if text.layer and text.call else (False,):
        for inplace in (False, True) if op.may_be_inplace else (False,):
            module = Module(op, sample.inputs, inline=inline, inplace=inplace).train(training)
            plain = Module(op, sample.inputs, inline=inline).train(training)
            plain.load_state_dict(module.state_dict())
            _compare_in_place(module, plain, operands(sample))


def _compare_in_place(module: Module, plain: Module, leaves: list[Tensor]) -> None:
    middles = [leaf * 1 for leaf in leaves]
    result = module(*middles).relu_()
    expected_middles = [leaf * 1 for leaf in leaves]
    expected = plain(*expected_middles).relu()
    torch.testing.assert_close(result, expected)
    layer = module.text.layer
    acts_in_place = layer is not None and any(a.name == "inplace" for a in layer.args)
    if not acts_in_place:
        torch.testing.assert_close(middles, expected_middles, rtol=0, atol=0)
    got = torch.autograd.grad(result.sum(), leaves)
    torch.testing.assert_close(got, torch.autograd.grad(expected.sum(), leaves))


@each_operator
def test_the_promise_not_to_be_overwritten_is_needed(name: str) -> None:
    """`keeps_output_for_backward` is true only where some sample breaks without it."""
    samples = [sample for sample in SAMPLES if sample.kind == name]
    if samples[0].op().keeps_output_for_backward and name not in VIEWS_ELSEWHERE:
        assert any(_breaks(sample, training) for sample in samples for training in (False, True))


def _breaks(sample: Sample, training: bool) -> bool:
    op = sample.op()
    module = Module(op, sample.inputs, inplace=op.may_be_inplace).train(training)
    plain = Module(op, sample.inputs).train(training)
    plain.load_state_dict(module.state_dict())
    try:
        _compare_in_place(module, plain, operands(sample))
    except (RuntimeError, AssertionError):
        return True
    return False


@each_sample
def test_in_place_flag_is_the_layers(sample: Sample) -> None:
    op = sample.op()
    layer = op.torch(sample.inputs).layer
    flags = [arg for arg in layer.args if arg.name == "inplace"] if layer else []
    assert flags == ([Arg("inplace", False, "flag", default=False)] if op.may_be_inplace else [])
    if op.may_be_inplace:
        module = Module(op, sample.inputs, inplace=True)
        x = operands(sample)[0].detach()
        assert module(x).data_ptr() == x.data_ptr()


@each_sample
def test_constructor_defaults_are_pytorchs(sample: Sample) -> None:
    """An argument that is left out because it equals `default` would have had that effect: same text, same module."""
    layer = sample.op().torch(sample.inputs).layer
    if layer is None:
        return
    short = Module(sample.op(), sample.inputs).layer
    everything = ", ".join(f"{arg.name}={value_text(arg.value)}" for arg in layer.args)
    assert repr(short) == repr(eval(f"{layer.target}({everything})", dict(NAMES)))


@each_operator
def test_facts_are_complete(name: str) -> None:
    cls = operator(name)
    assert cls.kind == name
    assert isinstance(cls.role, Role)
    assert cls.summary
    assert "\n" not in cls.summary
    assert cls.__doc__
    assert cls.merge == (name in merge_names())


@each_sample
def test_operators_are_values(sample: Sample) -> None:
    assert sample.op() == sample.op()
    assert hash(sample.op()) == hash(sample.op())


def test_importing_an_operator_does_not_import_torch() -> None:
    code = (
        "import sys; from resdsl.ops.registry import operator, operator_names; "
        "[operator(name) for name in operator_names()]; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@each_sample
def test_homogeneous_operators_let_a_factor_through(sample: Sample) -> None:
    op = sample.op()
    module = Module(op, sample.inputs).eval()
    given = operands(sample)
    doubled = module(*(2 * x for x in given))
    passes = torch.allclose(doubled, 2 * module(*given), rtol=1e-4, atol=1e-5)
    has_weights = bool(op.weights(sample.inputs)) and op.role is not Role.ACTIVATION
    assert passes or not op.homogeneous
    assert not (op.homogeneous and has_weights)
