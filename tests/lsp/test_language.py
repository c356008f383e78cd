"""What the server says of a place: hover, completion, signatures."""

from __future__ import annotations

import pytest
from lsprotocol import types

from resdsl.api import load

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def hover(editor, name: str, at: types.Position) -> str:
    found = await editor.client.text_document_hover_async(types.HoverParams(editor.document(name), at))
    return found.contents.value if found else ""


async def completion(editor, name: str, text: str) -> dict[str, types.CompletionItem]:
    """The items at the cursor mark of a text."""
    at = editor.open(name, text)
    params = types.CompletionParams(editor.document(name), at)
    found = await editor.client.text_document_completion_async(params)
    return {item.label: item for item in found.items} if found else {}


async def signature(editor, name: str, text: str) -> tuple[str, str | None] | None:
    """The label of the signature at the cursor mark, and its active parameter."""
    at = editor.open(name, text)
    params = types.SignatureHelpParams(editor.document(name), at)
    found = await editor.client.text_document_signature_help_async(params)
    if found is None:
        return None
    (one,) = found.signatures
    active = one.parameters[found.active_parameter].label if found.active_parameter < len(one.parameters) else None
    return one.label, active


# --- hover ---------------------------------------------------------------------------------------


async def test_an_operator_has_its_arguments_and_the_step_its_figures(editor, net):
    editor.open("net.res", net)
    await editor.hints("net.res")
    text = await hover(editor, "net.res", editor.at("net.res", "conv(3, 16)"))
    assert "conv(k, width, stride=1, pad=auto" in text
    assert "`groups=1`: whole, from 1" in text
    assert "3x32x32 → **16x32x32**" in text
    assert "432 parameters" in text
    assert "442,368 MACs" in text
    assert "receptive field 3, stride 1, offset 0" in text
    assert "`conv1` in `net`, and in 1 other model" in text


async def test_a_repeated_step_has_instances(editor, net):
    editor.open("net.res", net)
    await editor.hints("net.res")
    text = await hover(editor, "net.res", editor.at("net.res", "unit(16"))
    assert "block unit(width, stride = 1)" in text
    assert "Two convolutions and a way around them." in text, "the comment above"
    assert "4 instances: 16x32x32, 32x16x16" in text
    assert "| 1 | 16x32x32 → **32x16x16** | 14,528 | 3,670,016 |" in text
    assert "`layer1.0` to `layer2.1`" in text


async def test_parameters_are_those_of_the_module(editor, net):
    editor.write("net.res", net)
    editor.open("net.res", net)
    await editor.hints("net.res")
    text = await hover(editor, "net.res", editor.at("net.res", "stage"))
    module = load(editor.folder / "net.res", "net").module("meta")
    for stage in (module.layer1, module.layer2):
        assert f"| {sum(p.numel() for p in stage.parameters()):,} |" in text


async def test_words_values_arguments_and_labels(editor, net):
    editor.open("net.res", net)
    await editor.diagnostics("net.res")
    said = {
        "residual": "main(x) + S(x)",
        "expect": "a figure of the net",
        "depth": "the most convolutions",
        "range": "whole numbers from",
        "project": "block project(norm = bn)",
        "stride=stride": "an argument of `conv(",
        "classes=100": "an argument of `net(classes = 10)`",
    }
    for needle, words in said.items():
        assert words in await hover(editor, "net.res", editor.at("net.res", needle)), needle


async def test_nothing_is_said_of_nothing(editor, net):
    editor.open("net.res", net)
    assert await hover(editor, "net.res", types.Position(2, 0)) == ""


# --- completion ----------------------------------------------------------------------------------


async def test_steps(editor, net):
    items = await completion(editor, "net.res", net.replace("  avgpool ->", "  @@\n  avgpool ->"))
    assert items["conv"].detail.startswith("conv(k, width, stride=1")
    assert items["unit"].detail == "unit(width, stride = 1)"
    assert items["residual"].kind == types.CompletionItemKind.Keyword
    assert "model" not in items
    assert "net" not in items, "a model is no step"


async def test_a_block_of_the_library_comes_with_its_use(editor, net):
    items = await completion(editor, "net.res", net.replace("  avgpool ->", "  bott@@\n  avgpool ->"))
    (extra,) = items["bottleneck"].additional_text_edits
    assert extra.new_text == ", bottleneck"
    assert extra.range.start == types.Position(1, 16)
    bare = await completion(editor, "bare.res", "# Bare.\n\nmodel net {\n  input 3x8x8\n  b@@\n}\n")
    (extra,) = bare["basic"].additional_text_edits
    assert extra.new_text == "use std: basic\n\n"
    assert extra.range.start == types.Position(2, 0)


async def test_the_word_that_is_being_written_is_replaced(editor, net):
    items = await completion(editor, "net.res", net.replace("  avgpool ->", "  avg@@ ->"))
    edit = items["avgpool"].text_edit
    assert edit.range == types.Range(types.Position(18, 2), types.Position(18, 5))
    assert edit.new_text == "avgpool"


async def test_arguments_with_types_and_defaults(editor, net):
    items = await completion(editor, "net.res", net.replace("conv(3, 16)", "conv(3, 16, @@)"))
    assert items["groups"].detail == "whole, from 1 = 1"
    assert items["groups"].text_edit.new_text == "groups="
    assert "k" not in items, "given by place"
    assert "width" not in items
    order = sorted(items.values(), key=lambda item: item.sort_text)
    assert [item.label for item in order[:3]] == ["stride", "pad", "dilation"], "first, and in order"
    block = await completion(editor, "net.res", net.replace("unit(16 * 2^s, stride", "unit(16 * 2^s, @@, stride"))
    assert "stride" not in {label for label, item in block.items() if item.kind == types.CompletionItemKind.Field}


async def test_words_and_initialisers_as_values(editor, net):
    items = await completion(editor, "net.res", net.replace("conv(3, 16)", "conv(3, 16, padding_mode=@@)"))
    assert set(items) == {"zeros", "reflect", "replicate", "circular"}
    items = await completion(editor, "net.res", net.replace("conv(3, 16)", "conv(3, 16, init=@@)"))
    assert items["kaiming_normal"].detail == "kaiming_normal(fan=in)"


async def test_kept_values_policies_models_metrics(editor, net):
    kept = net.replace("-> relu\n  for", "-> relu -> keep stem\n  for").replace("  avgpool", "  from @@ -> avgpool")
    assert set(await completion(editor, "a.res", kept)) == {"stem"}
    policies = await completion(editor, "b.res", net.replace("shortcut project", "shortcut @@"))
    assert {"project", "none", "identity", "pad", "project_always", "unit"} <= set(policies)
    assert "bottleneck" not in policies, "the library's policies alone"
    assert set(await completion(editor, "c.res", net.replace("= net(classes=100)", "= @@"))) >= {"net"}
    assert "macs" in await completion(editor, "d.res", net.replace("expect depth", "expect @@"))
    assert set(await completion(editor, "e.res", net.replace("  relu\n}", "  survival 0.5 per @@\n}"))) == {
        "batch",
        "sample",
    }


async def test_definitions_to_import_and_files(editor, net):
    items = await completion(editor, "net.res", net.replace("use std: project", "use std: project, @@"))
    assert "bottleneck" in items
    assert "project" not in items, "taken already"
    editor.write("parts/units.res", "block one { relu }\nblock two { relu }\n")
    assert set(await completion(editor, "f.res", 'use "@@"\n')) == {"net.res", "parts/units.res"} - {"net.res"}
    assert set(await completion(editor, "g.res", 'use "parts/units.res": one, @@\n')) == {"two"}


async def test_names_in_sight(editor, net):
    text = net.replace("  relu\n}", "  let depth2 = 3\n  conv(dep@@)\n}")
    items = await completion(editor, "net.res", text)
    assert {"depth2", "width", "stride"} <= set(items)
    assert "classes" not in items, "a parameter of the model"


async def test_a_blank_alone_asks_only_where_something_is_due(editor, net):
    for text, due in [("conv(3, 16) @@ ->", False), ("conv(3, 16) -> @@ ->", True), ("conv(3, @@16)", True)]:
        at = editor.open("net.res", net.replace("conv(3, 16) ->", text))
        context = types.CompletionContext(types.CompletionTriggerKind.TriggerCharacter, " ")
        params = types.CompletionParams(editor.document("net.res"), at, context)
        found = await editor.client.text_document_completion_async(params)
        assert (found is not None) == due, text


async def test_file_level_words_and_silence(editor, net):
    assert {"block", "model", "use", "let"} == set(await completion(editor, "net.res", net + "\n@@"))
    assert await completion(editor, "net.res", net.replace("# A small", "# A @@small")) == {}
    assert await completion(editor, "net.res", 'model m { require true else "wi@@dth" }') == {}


# --- signatures ----------------------------------------------------------------------------------


async def test_the_active_argument(editor, net):
    label, active = await signature(editor, "net.res", net.replace("conv(3, 16)", "conv(3, @@)"))
    assert label.startswith("conv(k, width, stride=1")
    assert active == "width"
    assert await signature(editor, "net.res", net.replace("unit(16 * 2^s,", "unit(stride=2, (1 + @@"))
    _, active = await signature(editor, "net.res", net.replace("conv(3, 16)", "conv(3, groups=@@)"))
    assert active == "groups=1"
    _, active = await signature(editor, "net.res", net.replace("conv(3, 16)", "conv(3, gruops=@@)"))
    assert active is None
    label, active = await signature(editor, "net.res", net.replace("net(classes=100)", "net(@@)"))
    assert (label, active) == ("net(classes = 10)", "classes = 10")
    label, active = await signature(editor, "net.res", net.replace("range(2)", "range(0, @@)"))
    assert (label, active) == ("range(start, stop, step)", "stop")


async def test_no_signature_outside_of_calls(editor, net):
    assert await signature(editor, "net.res", net.replace("avgpool ->", "@@avgpool ->")) is None
