"""Diagnostics as one types, and the fixes that come with them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import pytest
from lsprotocol import types

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_text_without_faults_has_none(editor, net):
    editor.open("net.res", net)
    assert await editor.diagnostics("net.res") == []


async def test_a_mistake_is_told_and_its_mending_too(editor, net):
    editor.open("net.res", net)
    await editor.diagnostics("net.res")
    at = editor.at("net.res", "avgpool", 1)
    editor.type("net.res", at, "a")
    (found,) = await editor.diagnostics("net.res", "E101")
    assert found.range == types.Range(types.Position(18, 2), types.Position(18, 10))
    assert found.severity == types.DiagnosticSeverity.Error
    assert found.source == "resdsl"
    assert "aavgpool" in found.message
    assert "help:" in found.message
    editor.type("net.res", at, "", over=types.Position(at.line, at.character + 1))
    assert await editor.diagnostics("net.res") == []


async def test_the_code_leads_to_its_page(editor, net):
    editor.open("net.res", net.replace("bn -> relu", "bm -> relu", 1))
    (found,) = await editor.diagnostics("net.res", "E101")
    assert first_line(found.code_description.href).startswith("# E101")


def first_line(uri: str) -> str:
    return Path(url2pathname(urlsplit(uri).path)).read_text(encoding="utf-8").partition("\n")[0]


async def test_other_places_stand_beside_it(editor, net):
    text = net.replace("} shortcut project", "}")
    editor.open("net.res", text)
    (fault,) = await editor.diagnostics("net.res", "E301")
    related = [(r.location.uri, r.message) for r in fault.related_information]
    assert all(uri == editor.uri("net.res") for uri, _ in related)
    assert "32x16x16" in fault.message
    assert any("32 channels" in message for _, message in related), "the step that makes it so"
    assert any("layer2.0" in message for _, message in related), "the block's call is named"


async def test_a_fault_in_the_library_is_shown_at_the_call(editor):
    editor.open("net.res", "use std: bottleneck\n\nmodel net {\n  input 64x8x8\n  bottleneck(16, stride_at=7)\n}\n")
    (found,) = await editor.diagnostics("net.res", "E211")
    assert found.range.start.line == 4
    assert any(r.location.uri.endswith("/library/residual.res") for r in found.related_information)


async def test_a_fault_of_an_import_is_shown_at_its_use(editor):
    editor.write("parts.res", "block piece {\n  conv(3\n}\n")
    editor.open("net.res", 'use "parts.res": piece\n\nmodel net {\n  input 3x8x8\n  piece\n}\n')
    found = await editor.diagnostics("net.res", "E016")
    assert found[0].range == types.Range(types.Position(0, 4), types.Position(0, 15))
    assert found[0].related_information[0].location.uri == editor.uri("parts.res")


async def test_open_texts_go_before_files(editor):
    parts = "block piece {\n  conv(3, 8)\n}\n"
    editor.write("parts.res", parts)
    editor.open(
        "net.res", 'use "parts.res": piece\n\nmodel net {\n  input 3x8x8\n  piece\n  expect output == 8x8x8\n}\n'
    )
    assert await editor.diagnostics("net.res") == []
    editor.open("parts.res", parts)
    editor.type("parts.res", editor.at("parts.res", "8)"), "1")  # never saved
    await editor.diagnostics("net.res", "E212")


async def test_warnings_of_lints_come_too(editor, net):
    editor.open("net.res", net.replace("relu\n  for", "relu -> keep stem\n  for"))
    (found,) = await editor.diagnostics("net.res", "W506")
    assert found.severity == types.DiagnosticSeverity.Warning
    assert found.tags == (types.DiagnosticTag.Unnecessary,)


async def test_only_the_last_state_is_told_of(editor, net):
    editor.open("net.res", net)
    await editor.diagnostics("net.res")
    place = editor.at("net.res", "relu\n}", 0)
    for letter in "wrong":
        editor.type("net.res", place, letter)
        place = types.Position(place.line, place.character + 1)
    (found,) = await editor.diagnostics("net.res", "E101")
    assert "wrongrelu" in found.message


async def test_closing_takes_the_diagnostics_away(editor, net):
    editor.open("net.res", net.replace("avgpool", "avgpol"))
    await editor.diagnostics("net.res", "E101")
    editor.client.text_document_did_close(types.DidCloseTextDocumentParams(editor.document("net.res")))
    assert await editor.diagnostics("net.res") == []


async def test_a_file_that_changes_on_the_disk(editor):
    editor.write("parts.res", "block piece {\n  conv(3, 8)\n}\n")
    editor.open("net.res", 'use "parts.res": piece\n\nmodel net {\n  input 3x8x8\n  piece\n}\n')
    assert await editor.diagnostics("net.res") == []
    uri = editor.write("parts.res", "block other {\n  conv(3, 8)\n}\n")
    event = types.FileEvent(uri, types.FileChangeType.Changed)
    editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))
    await editor.diagnostics("net.res", "E113")


async def test_columns_are_those_of_utf_16(editor):
    editor.open("net.res", 'model net {\n  input 3x8x8\n  require true else "🙂🙂"; wrong\n}\n')
    (found,) = await editor.diagnostics("net.res", "E101")
    assert found.range == types.Range(types.Position(2, 28), types.Position(2, 33))


# --- code actions --------------------------------------------------------------------------------


async def actions(editor, name: str, diagnostic: types.Diagnostic, only=None) -> list[types.CodeAction]:
    context = types.CodeActionContext([diagnostic], only=only)
    params = types.CodeActionParams(editor.document(name), diagnostic.range, context)
    return list(await editor.client.text_document_code_action_async(params))


def applied(editor, name: str, action: types.CodeAction) -> str:
    """The text after an action, its edits carried out from the end."""
    lines = editor.texts[editor.uri(name)].split("\n")
    (edits,) = action.edit.changes.values()
    for edit in sorted(edits, key=lambda e: (e.range.start.line, e.range.start.character), reverse=True):
        start, end = edit.range.start, edit.range.end
        new = lines[start.line][: start.character] + edit.new_text + lines[end.line][end.character :]
        lines[start.line : end.line + 1] = new.split("\n")
    return "\n".join(lines)


async def test_a_fix_is_offered_and_mends(editor, net):
    editor.open("net.res", net.replace("avgpool", "avgpol"))
    (found,) = await editor.diagnostics("net.res", "E101")
    offered = await actions(editor, "net.res", found, [types.CodeActionKind.QuickFix])
    first = offered[0]
    assert first.kind == types.CodeActionKind.QuickFix
    assert first.is_preferred
    assert [d.code for d in first.diagnostics] == ["E101"]
    assert applied(editor, "net.res", first) == net


async def test_all_safe_fixes_at_once(editor, net):
    editor.open("net.res", net.replace("avgpool", "avgpol").replace("flatten", "flaten"))
    found = await editor.diagnostics("net.res", "E101", "E101")
    (action,) = await actions(editor, "net.res", found[0], [types.CodeActionKind.SourceFixAll])
    assert applied(editor, "net.res", action) == net


async def test_no_fix_for_a_text_that_has_changed_since(editor, net):
    editor.open("net.res", net.replace("avgpool", "avgpol"))
    (found,) = await editor.diagnostics("net.res", "E101")
    editor.type("net.res", types.Position(0, 0), "# more\n")
    assert await actions(editor, "net.res", found) == []
