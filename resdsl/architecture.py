"""A model that was elaborated, and what it can be turned into."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from resdsl.diagnostics import Diagnostic
from resdsl.diagnostics.suggest import did_you_mean
from resdsl.specs import SpecError

if TYPE_CHECKING:
    import networkx as nx
    import torch

    from resdsl.analysis.peak import Memory
    from resdsl.analysis.summary import Depth, Summary
    from resdsl.graph.model import Graph
    from resdsl.passes import Rewritten
    from resdsl.passes.lowering import Target
    from resdsl.runtime.export import Batch, Exported, Format
    from resdsl.runtime.inference import Compiled


class PictureWarning(UserWarning):
    """What is the matter with a picture that was drawn all the same."""


class Architecture:
    """A model that has no faults: its graph, figures, source, module and picture."""

    def __init__(self, ir: Graph, warnings: tuple[Diagnostic, ...] = (), rewritten: Rewritten | None = None) -> None:
        self.ir = ir
        """The compiler's own graph, with scopes and spans: for passes, backends and analyses."""
        self.warnings = warnings
        self.rewritten = rewritten
        """For what `rewrite` made: the changes, what was refused and why, and the way of every weight."""

    @property
    def name(self) -> str:
        return self.ir.name

    @property
    def is_broken(self) -> bool:
        """Whether the net has faults and is there as far as it goes: only a picture can be made of it."""
        return bool(self.ir.faults)

    @cached_property
    def graph(self) -> nx.MultiDiGraph[int]:
        """A plain NetworkX graph: `resdsl.graph.export` lists its attributes. Changing it changes nothing else."""
        from resdsl.graph.export import export

        return export(self.ir)

    def summary(self, depth: Depth = "stage") -> Summary:
        """Parameters, multiply-adds, buffers, depth, memory, and a row for each stage, block or step (`ops`)."""
        from resdsl.analysis.summary import summarize

        return summarize(self.ir, depth)

    def memory(self, batch: int = 1, dtype: str = "float32", optimizer: str = "sgd") -> Memory:
        """Peaks of memory in inference and training: docs/figures.md.

        `dtype` is float64, float32, float16 or bfloat16, `optimizer` sgd, momentum or adam. Raises `ValueError` for
        what there is not.
        """
        from resdsl.analysis.peak import Footprint

        return Footprint(self.ir).memory(batch, dtype, optimizer)

    def source(self) -> str:
        """A Python module that depends on torch alone and defines the model as a class.

        Raises `CompileError` for a net in which a shared step is no one module (E601).
        """
        return self._source

    @cached_property
    def _source(self) -> str:
        from resdsl.backends.torch import emit

        return emit(self.ir)

    def text(self) -> str:
        """A `.res` file of this one model, made from the graph: it elaborates to the same net, with the same keys.

        Raises `CompileError` for a net that no text can say (E601).
        """
        from resdsl.backends.res import to_res

        return to_res(self.ir)

    def rewrite(self, *passes: str) -> Architecture:
        """The same function, computed otherwise: the net after passes, one after the other (docs/rewrites.md).

        Where a pass's condition does not hold, the net stays as it is. Raises `SpecError` for a pass that there is not.
        """
        from resdsl.passes import PASSES, rewrite

        for name in passes:
            if name not in PASSES:
                near = did_you_mean(name, PASSES)
                known = f"did you mean {near}?" if near else f"there are {', '.join(PASSES)}"
                raise SpecError(f"there is no pass {name!r}; {known}")
        done = rewrite(self.ir, passes)
        return Architecture(done.graph, self.warnings, done)

    def convert(self, state: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """Weights of this net, which `rewrite` made, from those of the net that it was made from.

        Raises `WeightsError` where one is missing.
        """
        from resdsl.runtime.formulas import convert

        if self.rewritten is None:
            raise ValueError(f"{self.name} was not made by `rewrite`: its weights are its own")
        return convert(self.rewritten.weights, state)

    def module(self, device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> torch.nn.Module:
        """An `nn.Module`, freshly initialised: the class of `source()`, executed."""
        from resdsl.runtime import build_module

        return build_module(self.source(), device=device, dtype=dtype)

    def rescale_weights(self, state: Mapping[str, torch.Tensor], to: str) -> dict[str, torch.Tensor]:
        """Weights of this net for the same net under the other convention of stochastic depth, exactly.

        `to` is `train` or `test`: the word after `rescale` in the other net's text. Raises `RescaleError` (a
        `ValueError`) where a unit's factor cannot be moved into its weights: docs/training.md.
        """
        from resdsl.runtime import rescale_weights

        return rescale_weights(self.ir, state, to)

    def inference(
        self,
        *,
        weights: Mapping[str, torch.Tensor] | torch.nn.Module | str | os.PathLike[str] | None = None,
        device: Target = "cpu",
        dtype: str | None = None,
        batch: int = 1,
        tune: bool = True,
    ) -> Compiled:
        """The net for inference on a device: rewritten, fused, tuned on this machine, compared with the plain module.

        `weights` are what `resdsl.transplant` takes, otherwise the net is freshly initialised, always alike. `dtype` is
        float32 (the default on the CPU), bfloat16 (on CUDA devices) or float16; `batch` is what it is tuned for.
        docs/inference.md says what is done. Raises `InferenceError` (an `OSError`) where the device, or the type on
        it, is not there.
        """
        from resdsl.runtime import build_seeded
        from resdsl.runtime.inference import compile_inference
        from resdsl.runtime.weights.transplanting import transplant

        module = build_seeded(self.source())
        found = None if weights is None else transplant(weights, module, graph=self.ir)
        made = compile_inference(self.ir, module.state_dict(), device=device, dtype=dtype, batch=batch, tune=tune)
        return made if found is None else replace(made, notes=(*str(found).splitlines(), *made.notes))

    def export(
        self,
        to: Format,
        path: str | os.PathLike[str],
        *,
        weights: Mapping[str, torch.Tensor] | torch.nn.Module | str | os.PathLike[str] | None = None,
        batch: Batch | None = None,
    ) -> Exported:
        """Writes the net as `onnx`, `pt2`, `aoti` or `safetensors`, after it was run and compared with the module.

        The name must end as the format's do (`.onnx`, `.pt2`, `.pt2`, `.safetensors`). Arguments and errors are
        `resdsl.exporting.export_net`'s; after an error nothing is written.
        """
        from resdsl.exporting import export_net, refuse_suffix
        from resdsl.files import refuse_place, write_whole

        target = Path(path)
        refuse_suffix(to, target)
        refuse_place(target)
        _, exported = export_net(self.ir, to, target.name, weights=weights, batch=batch)
        places = {target.with_name(name): data for name, data in exported.files.items()}
        for place in places:
            refuse_place(place)
        for place, data in reversed(places.items()):
            write_whole(place, data)
        return exported

    def render(
        self,
        path: str | os.PathLike[str] | None = None,
        level: str = "stage",
        format: str | None = None,  # noqa: A002 - matplotlib's word too
        *,
        size: str | float | None = None,
        wrap: int | str = "auto",
        focus: str | None = None,
        collapse: Iterable[str] = (),
        theme: str = "light",
        dpi: int = 192,
    ) -> str | bytes | Path:
        """A picture: docs/pictures.md. `level` is overview, stage, block, ops or paths; `format` svg, png, pdf, dot,
        tikz, mermaid, or html: a page with all levels but paths, which opens at `level`.

        `size` is the width of the page (`"7in"`, `"17.8cm"`, inches); a `PictureWarning` says if text on it falls under
        6 points. `wrap` is the most parts of a row, or `auto`; `focus` a module path, of which alone is drawn;
        `collapse` names of blocks whose insides are not. `theme` is light, dark or print.

        Without `path` the picture is returned (text for svg, the default, and dot; bytes otherwise); with it, it is
        written there, in the format the name ends in unless one is given, and the path is returned. Raises `SpecError`
        for what there is not, `GraphvizMissing` where only dot can be written.
        """
        from resdsl.backends.dot import options, pictures
        from resdsl.files import write_whole

        target = None if path is None else Path(path)
        form = format or (target.suffix.removeprefix(".") if target else "") or "svg"
        try:
            width = None if size is None else options.inches(size) if isinstance(size, str) else float(size)
            asked = options.PictureOptions(focus, frozenset(collapse), wrap, width, theme, dpi)
            picture = pictures.picture(self.ir, level, form, asked)
        except ValueError as error:
            raise SpecError(str(error)) from error
        if picture.warning:
            warnings.warn(PictureWarning(picture.warning), stacklevel=2)
        if target is None:
            return picture.data.decode("utf-8") if form in pictures.TEXTS else picture.data
        write_whole(target, picture.data)
        return target

    def __repr__(self) -> str:
        from resdsl.analysis.summary import gmacs

        summary = self.summary()
        return (
            f"<Architecture {summary.model}: {summary.input} -> {summary.output}, "
            f"{summary.params:,} parameters, {gmacs(summary.macs)} GMACs, depth {summary.depth}>"
        )

    def _repr_html_(self) -> str:
        """What a notebook shows: the picture, if Graphviz is there to draw it, and the table."""
        from resdsl.backends.html import figures, picture

        svg = self._repr_svg_()
        return (picture(svg, self.name) if svg else "") + figures(self.summary())

    def _repr_svg_(self) -> str | None:
        """The picture, or `None` where no Graphviz is installed."""
        from resdsl.backends.dot import layout

        return str(self.render()) if layout.available() else None
