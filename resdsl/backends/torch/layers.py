"""Layers that initialise themselves: a subclass for each kind of layer and initialisation in the file.

PyTorch's constructors call `reset_parameters`; overriding it fills every tensor once, where filling it again
afterwards, as is common, does the work twice.
"""

from __future__ import annotations

from resdsl.backends.torch.classes import ClassSpec
from resdsl.backends.torch.ir import UNIT, ChainModule, LayerModule, Module
from resdsl.backends.torch.render import LayerKey
from resdsl.backends.torch.spelling import Names
from resdsl.backends.torch.stochastic import survival_class
from resdsl.ops.init import Constant, Init


def layers_of(classes: list[ClassSpec]) -> list[LayerKey]:
    """Every kind of layer with an initialisation of its own, in order of first use."""
    found: dict[LayerKey, None] = {}
    for spec in classes:
        for module in [*(m for _, m in spec.body.members if m is not None), *spec.optional.values()]:
            for layer in _layers(module):
                if layer.init or layer.target.startswith(f"{UNIT}."):
                    found.setdefault((layer.target, layer.init, layer.keeps_default))
    return list(found)


def _layers(module: Module) -> list[LayerModule]:
    if isinstance(module, LayerModule):
        return [module]
    if isinstance(module, ChainModule):
        return [layer for _, item in module.items for layer in _layers(item)]
    return []


def name_layer(key: LayerKey, names: Names) -> str:
    """`KaimingConv2d`, `ConstantBiasConv2d`, and both: `KaimingConstantBiasConv2d`.

    A bias of 0 is worth a word only where the same layer is there without: `KaimingBiasedConv2d`.
    """
    target, init, _ = key
    if target.startswith(f"{UNIT}."):
        return names.fresh("SampleSurvival" if ".sample." in target else "Survival")
    words = dict(init)
    first = words.get("weight")
    if first is not None:
        bias = words.get("bias")
        prefix = _word(first) + ("Weight" if isinstance(first, Constant) else "")
        prefix += f"{_word(bias)}Bias" if isinstance(bias, Constant) and bias.value != 0 else ""
    else:
        tensor, other = init[0]
        prefix = _word(other) + tensor.capitalize()
    name = prefix + target.removeprefix("nn.")
    if name in names.taken and "bias" in words:
        name = f"{prefix}Biased{target.removeprefix('nn.')}"
    return names.fresh(name)


def _word(init: Init) -> str:
    if isinstance(init, Constant):
        return {0: "Zero", 1: "One"}.get(int(init.value), "Constant") if init.value in (0, 1) else "Constant"
    return "".join(part.capitalize() for part in init.kind.removesuffix("_normal").split("_"))


def layer_class(key: LayerKey, name: str) -> list[str]:
    """The subclass, on lines."""
    target, init, keeps_default = key
    if target.startswith(f"{UNIT}."):
        _, per, rescale = target.split(".")
        return survival_class(per, rescale, name)
    told = " and ".join(f"its {tensor} {value.describe()}" for tensor, value in init)
    lines = [f"class {name}({target}):", f'    """`{target}` with {told}."""', ""]
    lines.append("    def reset_parameters(self) -> None:")
    if keeps_default:
        lines.append("        super().reset_parameters()")
    lines += [f"        {value.line(f'self.{tensor}')}" for tensor, value in init]
    return lines
