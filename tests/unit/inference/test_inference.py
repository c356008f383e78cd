"""Nets for inference: equal to the plain module, chosen by measurements, refused where a machine cannot."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

import resdsl
from resdsl.api import compile_spec
from resdsl.backends.torch import emit
from resdsl.diagnostics import InternalError, WeightsError
from resdsl.ops.lowered.fused_conv import FusedConv
from resdsl.passes import INFERENCE, rewrite
from resdsl.passes.lowering import choose, layer_of, lower
from resdsl.runtime import build_module
from resdsl.runtime.export import PackageMissingError
from resdsl.runtime.formulas import convert
from resdsl.runtime.generated import build_with
from resdsl.runtime.inference import InferenceError, compile_inference, engines, fastest_engine, kernels
from resdsl.source import Source
from resdsl.specs import Spec

NETS = {
    "resnet20_cifar10": {"input": (3, 16, 16)},
    "preresnet20_cifar10": {"input": (3, 16, 16)},
    "densenet_bc100_12_cifar10": {"input": (3, 8, 8)},
    "wrn16_4_cifar10": {"input": (3, 8, 8)},
    "resnext29_8x64d_cifar10": {"input": (3, 4, 4)},
    "highway19_cifar10": {},
    "googlenet": {"input": (3, 64, 64)},
}


def net_of(text: str) -> resdsl.Architecture:
    return compile_spec(Spec(None, None), source=Source("net.res", text))


def state_of(net: resdsl.Architecture) -> dict[str, torch.Tensor]:
    """Weights with statistics that are not those of a fresh net."""
    torch.manual_seed(0)
    state = net.module().state_dict()
    for key, tensor in state.items():
        if key.endswith("running_var"):
            tensor.uniform_(0.5, 2)
        elif key.endswith("running_mean"):
            tensor.normal_(std=0.1)
    return state


@pytest.mark.parametrize("name", NETS)
def test_equal_to_the_plain_module(name: str) -> None:
    net = resdsl.load(name, **NETS[name])
    state = state_of(net)
    made = compile_inference(net.ir, state, tune=False)
    assert made.difference < 1e-5
    plain = net.module().eval()
    plain.load_state_dict(state)
    x = torch.randn(2, *net.ir.node(net.ir.inputs[0]).shape.full)
    with torch.inference_mode():
        wanted, found = plain(x), made.module(x)
    assert float((found - wanted).abs().max() / wanted.abs().max()) < 1e-5
    on_cuda = lower(made.rewritten, "cuda")
    other = build_module(emit(on_cuda.graph, "cuda")).eval()
    other.load_state_dict(convert(on_cuda.weights, made.rewritten_state))
    with torch.inference_mode():
        assert float((other(x) - wanted).abs().max() / wanted.abs().max()) < 1e-5


def test_the_file_runs_with_torch_alone(tmp_path: Path) -> None:
    made = resdsl.load("resnet20_cifar10").inference(tune=False)
    (tmp_path / "net.py").write_text(made.source)
    torch.save(made.state, tmp_path / "net.pth")
    script = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "import net, torch\n"
        "model = getattr(net, net.__all__[0])().eval()\n"
        f"model.load_state_dict(torch.load({str(tmp_path / 'net.pth')!r}, weights_only=True))\n"
        "torch.manual_seed(3); print(repr(float(model(torch.randn(2, 3, 32, 32)).sum())))\n"
        "print('resdsl' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True)
    total, knows = done.stdout.split()
    torch.manual_seed(3)
    assert float(total) == pytest.approx(float(made.module(torch.randn(2, 3, 32, 32)).sum()), rel=1e-4)
    assert knows == "False"


# --- what is fused, and what is not ------------------------------------------------------------------

UNIT = """
model net {{
  input 3x8x8
  stem: conv(3, 4) -> relu
  {body}
  avgpool -> flatten -> linear(3)
}}
"""


def lowered(body: str) -> str:
    net = net_of(UNIT.format(body=body))
    made = compile_inference(net.ir, state_of(net), tune=False)
    return made.source.partition("class Net(")[2]


def test_a_residual_is_one_call_with_its_last_convolution() -> None:
    text = lowered("residual { conv(3, 4) -> bn -> relu -> conv(3, 4) -> bn }; relu")
    assert "self.conv3(y, x)" in text
    assert "bn" not in text
    assert "nn.ReLU" not in text


def test_a_value_that_others_read_stays() -> None:
    text = lowered("conv(3, 4) -> keep a; relu; concat { | identity | from a }")
    assert "nn.ReLU" in text or "F.relu" in text


def test_a_convolution_under_another_name_than_the_addition_stays_apart() -> None:
    text = lowered("residual { branch: { conv(3, 4) -> bn } }; relu")
    assert "+" in text


def test_shared_layers_stay_as_they_are() -> None:
    text = lowered("shared again: conv(3, 4); again -> relu -> again -> relu")
    assert "nn.Conv2d" in text


def test_a_dense_block_grows_in_one_buffer_only_where_it_is_normalised() -> None:
    dense = "3 x {{ dense {{ {} }} }}; bn -> relu"
    assert "append(" in lowered(dense.format("bn -> relu -> conv(3, 4)"))
    assert "append(" not in lowered(dense.format("conv(3, 4) -> relu"))


def test_convolutions_that_mirror_or_have_one_axis_stay() -> None:
    assert "nn.Conv2d" in lowered("conv(3, 4, padding_mode=reflect) -> relu")
    net = net_of("model net { input 2x16; conv(3, 4) -> bn -> relu; avgpool -> flatten -> linear(2) }")
    assert "nn.Conv1d" in compile_inference(net.ir, state_of(net), tune=False).source


def test_a_model_that_is_given_its_weights_draws_and_copies_nothing() -> None:
    text = emit(resdsl.load("resnet20_cifar10").ir)
    full, x = build_module(text), torch.randn(2, 3, 32, 32)
    before = torch.get_rng_state()
    given = build_with(text, full.state_dict())
    assert torch.equal(torch.get_rng_state(), before)
    assert given.state_dict()["conv1.weight"].data_ptr() == full.state_dict()["conv1.weight"].data_ptr()
    assert torch.equal(given(x), full(x))


def test_training_the_net_on_leaves_what_was_compiled_as_it_is() -> None:
    net = net_of("model net { input 3x8x8; conv(3, 4) -> relu -> avgpool -> flatten -> linear(2) }")
    module, x = build_module(emit(net.ir)), torch.randn(1, 3, 8, 8)
    made = compile_inference(net.ir, module.state_dict(), tune=False)
    first = made.module(x)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.mul_(2)
    made.module.load_state_dict(made.state)
    assert torch.equal(made.module(x), first)
    assert torch.equal(made.call(x), made.call(x))


# --- choices -----------------------------------------------------------------------------------------


def test_equal_layers_are_timed_once_and_chosen_together(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = lower(rewrite(resdsl.load("resnet20_cifar10").ir, INFERENCE).graph, "cpu").graph
    asked: list[kernels.Layer] = []

    def fastest(layer: kernels.Layer, *_: object) -> str | None:
        asked.append(layer)
        return "winograd" if layer.x.channels == 32 else None

    monkeypatch.setattr(kernels, "_fastest", fastest)
    chosen = kernels.faster_kernels(graph, "cpu", 1, torch.float32)
    assert len(asked) == len(set(asked))
    assert all(layer.op.stride == 1 for layer in asked)
    done = choose(graph, chosen).graph
    convolutions = [(n.op, done.shapes(n)) for n in done.nodes() if isinstance(n.op, FusedConv)]
    assert {op.kernel for op, (x, *_) in convolutions if x.channels == 32 and op.stride == 1} == {"winograd"}
    assert {op.kernel for op, (x, *_) in convolutions if x.channels != 32} == {"direct"}


WAYS = {
    "conv(3, 4)": ("winograd",),
    "conv(1, 4)": (),
    "conv(3, 4, stride=2)": (),
    "conv(3, 4, dilation=2)": (),
    "conv(3, 4, groups=2)": (),
    "conv(5, 4)": (),
}


@pytest.mark.parametrize("step", WAYS)
def test_which_ways_there_are(step: str) -> None:
    net = net_of("model net { input 4x9x9; " + step + " -> relu -> avgpool -> flatten -> linear(2) }")
    (layer,) = [
        layer_of(node.op, net.ir.shapes(node)).op
        for node in lower(net.ir, "cpu").graph.nodes()
        if isinstance(node.op, FusedConv)
    ]
    assert kernels._ways(layer, "cpu", torch.float32) == WAYS[step]
    assert "winograd" not in kernels._ways(layer, "cpu", torch.bfloat16)
    assert kernels._ways(layer, "cuda", torch.bfloat16) == ("cudnn",)


def test_every_way_within_a_net(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "_fastest", lambda _layer, ways, *_: ways[0])
    for name, size in (("resnet20_cifar10", (3, 16, 16)), ("densenet_bc100_12_cifar10", (3, 8, 8))):
        net = resdsl.load(name, input=size)
        assert compile_inference(net.ir, state_of(net)).difference < 1e-4


def test_a_measurement_of_a_layer_runs() -> None:
    graph = lower(rewrite(resdsl.load("resnet20_cifar10").ir, INFERENCE).graph, "cpu").graph
    node = next(n for n in graph.nodes() if isinstance(n.op, FusedConv) and len(n.operands) > 1)
    layer = layer_of(node.op, graph.shapes(node))
    with torch.inference_mode():
        assert kernels._fastest(layer, ("winograd",), "cpu", 1, torch.float32, torch.zeros(100)) in ("winograd", None)


# --- refusals ----------------------------------------------------------------------------------------


def test_a_wrong_result_is_not_handed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    from resdsl.runtime.inference import compiling

    net = resdsl.load("resnet20_cifar10")
    real = compiling.convert

    def wrong(*args: object) -> dict[str, torch.Tensor]:
        found = real(*args)
        return {**found, "conv1.weight": found["conv1.weight"] * 1.01}

    monkeypatch.setattr(compiling, "convert", wrong)
    with pytest.raises(InternalError, match="differs from the plain one"):
        compile_inference(net.ir, state_of(net), tune=False)


def test_weights_that_give_no_numbers() -> None:
    net = resdsl.load("resnet20_cifar10")
    state = state_of(net)
    state["fc.bias"][0] = float("nan")
    with pytest.raises(WeightsError, match="infinite or not a number"):
        compile_inference(net.ir, state, tune=False)


def test_what_the_machine_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    net = resdsl.load("resnet20_cifar10")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InferenceError, match="no CUDA device"):
        net.inference(device="cuda")
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: False)
    with pytest.raises(InferenceError, match="bfloat16"):
        net.inference(dtype="bfloat16")
    with pytest.raises(InferenceError, match="float16"):
        net.inference(dtype="float16")


# --- engines -----------------------------------------------------------------------------------------


def test_the_fastest_engine_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    made = resdsl.load("resnet20_cifar10").inference(tune=False)

    def missing(*_: object) -> None:
        raise PackageMissingError("no compiler")

    monkeypatch.setattr(engines, "_aoti", missing)
    found = fastest_engine(made, 2)
    assert found.name in ("source", "onnxruntime")
    assert (found.package is None) == (found.name == "source")
    assert any("aoti is left out: no compiler" in note for note in found.notes)
    x = torch.randn(2, 3, 32, 32)
    with torch.inference_mode():
        assert torch.allclose(found.call(x), made.module(x), atol=1e-4)
