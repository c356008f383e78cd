"""A net that has what exports trip over."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor, nn

import resdsl
from resdsl import Architecture

TEXT = """\
model two {
  input image: 3x16x16
  input mask: 1x8x8
  conv(3, 8, stride=2) -> bn -> relu -> keep getitem      # a name that PyTorch's tracer gives too
  from mask -> conv(3, 8) -> bn -> keep m
  add {
    | from getitem
    | from m
  }
  relu -> keep maps
  aux (0.3) side: { avgpool -> flatten -> linear(4) }
  residual { conv(3, 8) -> bn } gate { conv(3, 8) -> sigmoid } survival 0.5
  relu -> dropout(0.5) -> avgpool -> flatten -> linear(10) -> keep scores
  output scores, maps, getitem
}
"""
"""Two inputs, three outputs, of which two are within the net, an auxiliary head, a gate, survival, dropout."""

SHAPES = ((3, 16, 16), (1, 8, 8))
OUTPUTS = ["scores", "maps", "getitem"]


@cache
def net() -> Architecture:
    with TemporaryDirectory() as folder:
        path = Path(folder, "two.res")
        path.write_text(TEXT, encoding="utf-8")
        return resdsl.load(path)


@cache
def module() -> nn.Module:
    """With statistics that training gave it; in training mode, as a caller may have it."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        made = net().module()
        with torch.no_grad():
            for _ in range(3):
                made(*given(4))
    return made


def given(batch: int) -> tuple[Tensor, ...]:
    return tuple(torch.randn(batch, *shape) for shape in SHAPES)


def expected(*inputs: Tensor) -> tuple[Tensor, ...]:
    """The module's own outputs in eval. It stays as it is."""
    copy = module().__class__()
    copy.load_state_dict(module().state_dict())
    with torch.no_grad():
        return tuple(copy.eval()(*inputs))


def agree(found: object, *inputs: Tensor) -> None:
    """Fails unless these are the module's outputs, as a plain tuple or list of tensors."""
    torch.testing.assert_close(tuple(found), expected(*inputs), rtol=1e-5, atol=1e-5)
