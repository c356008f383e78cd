"""What the server says of a text as a whole: outline, folds, colours, form, shapes; also while it is broken."""

from __future__ import annotations

import pytest
from lsprotocol import types

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_outline(editor, net):
    editor.open("net.res", net)
    params = types.DocumentSymbolParams(editor.document("net.res"))
    found = await editor.client.text_document_document_symbol_async(params)
    assert [(symbol.name, symbol.detail) for symbol in found] == [
        ("unit", "(width, stride = 1)"),
        ("net", "(classes = 10)"),
        ("wide", "= net(classes=100)"),
    ]
    assert [(part.name, part.kind) for part in found[1].children] == [
        ("layer{s + 1}", types.SymbolKind.Namespace),
        ("fc", types.SymbolKind.Field),
    ]
    assert found[0].range == types.Range(types.Position(4, 0), types.Position(10, 1))


async def test_the_outline_of_a_broken_text_has_all_definitions(editor, net):
    editor.open("net.res", net.replace("    conv(3, width) -> bn\n  }", "    conv(3, {"))
    params = types.DocumentSymbolParams(editor.document("net.res"))
    found = await editor.client.text_document_document_symbol_async(params)
    assert [symbol.name for symbol in found] == ["unit", "net", "wide"]


async def test_folds(editor, net):
    editor.open("net.res", "# one\n# two\nuse std: basic\nuse std: pad\n" + net.removeprefix("# A small net.\n"))
    params = types.FoldingRangeParams(editor.document("net.res"))
    found = await editor.client.text_document_folding_range_async(params)
    folds = {(fold.start_line, fold.end_line, fold.kind) for fold in found}
    assert (0, 1, types.FoldingRangeKind.Comment) in folds
    assert (2, 4, types.FoldingRangeKind.Imports) in folds
    assert (7, 12, None) in folds, "the block, its last brace stays in sight"


async def test_colours(editor, net):
    editor.open("net.res", net)
    params = types.SemanticTokensParams(editor.document("net.res"))
    data = (await editor.client.text_document_semantic_tokens_full_async(params)).data
    session = editor.legend
    lines = net.split("\n")
    found = []
    line = column = 0
    for by_line, by_column, length, kind, flags in zip(*[iter(data)] * 5, strict=True):
        line, column = line + by_line, by_column if by_line else column + by_column
        modifiers = {name for at, name in enumerate(session.token_modifiers) if flags >> at & 1}
        found.append((lines[line][column : column + length], session.token_types[kind], modifiers))
    assert found[0] == ("# A small net.", "comment", set())
    assert ("unit", "class", {"declaration"}) in found
    assert ("unit", "class", set()) in found
    assert ("conv", "function", {"defaultLibrary"}) in found
    assert ("width", "parameter", {"declaration"}) in found
    assert ("classes", "parameter", set()) in found, "the argument of the variant"
    assert ("stage", "keyword", set()) in found
    assert ("fc", "property", set()) in found
    assert ("x", "operator", set()) in found
    assert ("3x32x32", "number", set()) in found


async def test_formatting_changes_what_differs(editor, net):
    from resdsl.diagnostics import Report
    from resdsl.source import Source
    from resdsl.syntax.format import format_source

    ugly = net.replace("conv(3, 16) -> bn", "conv( 3,16 )->bn").replace("  relu\n}", "      relu\n}")
    editor.open("net.res", ugly)
    params = types.DocumentFormattingParams(editor.document("net.res"), types.FormattingOptions(2, insert_spaces=True))
    edits = await editor.client.text_document_formatting_async(params)
    assert len(edits) == 2, "two places, not the whole text"
    lines = ugly.split("\n")
    for edit in reversed(edits):
        assert edit.range.start.character == edit.range.end.character == 0
        lines[edit.range.start.line : edit.range.end.line] = edit.new_text.removesuffix("\n").split("\n")
    assert "\n".join(lines) == format_source(Source("net.res", ugly), Report())


async def test_a_broken_text_is_not_formatted(editor, net):
    editor.open("net.res", net.replace("}", "", 1))
    params = types.DocumentFormattingParams(editor.document("net.res"), types.FormattingOptions(2, insert_spaces=True))
    assert await editor.client.text_document_formatting_async(params) is None


# --- shapes --------------------------------------------------------------------------------------


async def test_shapes_at_the_ends_of_lines(editor, net):
    editor.open("net.res", net)
    assert await editor.hints("net.res") == {
        6: "16x32x32, 32x16x16",
        7: "16x32x32, 32x16x16",
        8: "16x32x32, 32x16x16",
        9: "16x32x32, 32x16x16",
        14: "16x32x32",
        16: "16x32x32, 32x16x16",
        18: "10",
    }


async def test_the_client_is_asked_to_draw_them(editor, net):
    before = editor.client.refreshes
    editor.open("net.res", net)
    await editor.until(lambda: editor.client.refreshes > before)


async def test_many_shapes_are_the_ends(editor, net):
    editor.open("net.res", net.replace("range(2)", "range(4)").replace(" { expect depth == 10 }", ""))
    assert (await editor.hints("net.res"))[7] == "16x32x32 … 128x4x4"


async def test_shapes_stay_while_a_text_is_broken_and_move_with_it(editor, net):
    editor.open("net.res", net)
    hints = await editor.hints("net.res")
    at = editor.at("net.res", "conv(3, 16)")
    editor.type("net.res", types.Position(11, 0), "\n\nblock other {\n  conv(\n")
    found = await editor.hints("net.res")
    assert found == {line + 4 * (line > 10): text for line, text in hints.items()}
    params = types.HoverParams(editor.document("net.res"), types.Position(at.line + 4, at.character))
    text = (await editor.client.text_document_hover_async(params)).contents.value
    assert "3x32x32 → **16x32x32**" in text


async def test_shapes_follow_an_edit(editor, net):
    editor.open("net.res", net)
    await editor.hints("net.res")
    at = editor.at("net.res", "16) -> bn -> relu\n  for")
    editor.type("net.res", at, "24", over=types.Position(at.line, at.character + 2))
    await editor.until_hint("net.res", 14, "24x32x32")


async def test_a_file_without_models_has_the_shapes_of_those_that_use_it(editor):
    parts = "block piece(width) {\n  conv(3, width) -> relu\n}\n"
    editor.write("parts.res", parts)
    editor.open("net.res", 'use "parts.res": piece\n\nmodel net {\n  input 3x8x8\n  piece(4)\n}\n')
    await editor.hints("net.res")
    editor.open("parts.res", parts)
    assert await editor.hints("parts.res") == {1: "4x8x8"}
