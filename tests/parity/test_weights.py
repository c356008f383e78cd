"""Checkpoints in the layouts of torchvision, timm and pytorchcv load: the network then computes what the peer does.

The mapping is found from names and shapes alone, in the order that a `.pth` file keeps and in the one of safetensors
(sorted), and it is checked by the outputs: a module in another's place changes them.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

import resdsl
from resdsl.runtime.weights import find_mapping, graph_layout, layout
from tests.parity._compare import differing
from tests.parity._peers import pytorchcv_model, timm_model, torchvision_models

CLASSES = 10


def _torchvision(name: str, **options: object) -> nn.Module:
    build: Callable[..., nn.Module] = getattr(torchvision_models(), name)
    return build(weights=None, **options)


LIBRARIES: dict[str, Callable[..., nn.Module]] = {
    "torchvision": _torchvision, "timm": timm_model, "pytorchcv": pytorchcv_model,
}  # fmt: skip

# Ours, the peer, the input's size, whether its linear layers are convolutions.
PEERS = [
    ("resnet18", "torchvision:resnet18", 48, False),
    ("vgg11_bn", "torchvision:vgg11_bn", 32, False),
    ("densenet121", "torchvision:densenet121", 48, False),
    ("googlenet", "torchvision:googlenet", 64, False),
    ("resnext50_32x4d", "timm:resnext50_32x4d", 48, False),
    ("resnetv2_50", "timm:resnetv2_50", 48, True),
    ("vgg11_bn", "timm:vgg11_bn", 224, True),
    ("densenet121", "timm:densenet121", 48, False),
    ("resnet18", "pytorchcv:resnet18", 48, False),
    ("resnet50", "pytorchcv:resnet50b", 48, False),
    ("resnet20_b_cifar10", "pytorchcv:resnet20_cifar10", 16, False),
    ("resnet164_b_cifar10", "pytorchcv:resnet164bn_cifar10", 16, False),
    ("vgg11_bn", "pytorchcv:bn_vgg11b", 224, False),
    ("preresnet18", "pytorchcv:preresnet18", 48, False),
    ("preresnet50", "pytorchcv:preresnet50", 48, False),
    ("preresnet164_v15_cifar10", "pytorchcv:preresnet164bn_cifar10", 16, False),
    ("resnext29_32x4d_cifar10", "pytorchcv:resnext29_32x4d_cifar10", 16, False),
    ("wrn16_10_cifar10", "pytorchcv:wrn16_10_cifar10", 16, False),
    ("densenet121", "pytorchcv:densenet121", 48, False),
    ("densenet_bc40_12_cifar10", "pytorchcv:densenet40_k12_bc_cifar10", 16, False),
]


@pytest.mark.parametrize(("name", "peer", "size", "reshape"), PEERS, ids=[f"{name}-{peer}" for name, peer, *_ in PEERS])
def test_a_checkpoint_in_the_peers_layout_loads(name: str, peer: str, size: int, reshape: bool) -> None:
    torch.manual_seed(0)
    architecture = resdsl.load(name, classes=CLASSES)
    library, _, theirs = peer.partition(":")
    options = {"init_weights": False} if theirs == "googlenet" else {}
    reference = LIBRARIES[library](theirs, num_classes=CLASSES, **options).eval()
    _spread(reference)
    with torch.device("meta"):
        ours = architecture.module().eval()
    state = reference.state_dict()

    found = resdsl.transplant(state, architecture, reshape=reshape)
    shapes = {key: tuple(tensor.shape) for key, tensor in sorted(state.items())}
    resorted = find_mapping(layout("sorted", shapes, ordered=False), graph_layout(architecture.ir), reshape=reshape)
    assert resorted.pairs == found.pairs
    ours.load_state_dict(found.apply(state), assign=True)
    x = torch.randn(1, 3, size, size)
    with torch.no_grad():
        assert differing({"output": _main(ours(x))}, {"output": _main(reference(x))}, 1e-5) == []


def _spread(module: nn.Module) -> None:
    """Statistics and scales that differ in every norm: exchanged ones show."""
    with torch.no_grad():
        for part in module.modules():
            if isinstance(part, nn.BatchNorm2d):
                part.weight.uniform_(0.5, 1.5)
                part.bias.uniform_(-0.5, 0.5)
                assert part.running_mean is not None
                assert part.running_var is not None
                part.running_mean.uniform_(-0.1, 0.1)
                part.running_var.uniform_(0.5, 1.5)


def _main(output: Tensor | tuple[Tensor, ...]) -> Tensor:
    return output if isinstance(output, Tensor) else output[0]
