"""Where names are defined and used, and other names for them, across files."""

from __future__ import annotations

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

pytestmark = pytest.mark.asyncio(loop_scope="session")

PARTS = """\
block piece(width, stride = 1) {
  conv(3, width, stride=stride) -> relu
}
"""
USER = """\
use "parts.res": piece

model net {
  input 3x32x32
  piece(8, stride=2) -> keep a
  piece(16)
  from a -> piece(width=32)
}
"""


async def definition(editor, name: str, at: types.Position) -> types.Location | None:
    return await editor.client.text_document_definition_async(types.DefinitionParams(editor.document(name), at))


async def references(editor, name: str, at: types.Position, *, declaration: bool = True) -> set[tuple[str, int, int]]:
    context = types.ReferenceContext(include_declaration=declaration)
    params = types.ReferenceParams(context, editor.document(name), at)
    found = await editor.client.text_document_references_async(params)
    return {(each.uri.rpartition("/")[2], each.range.start.line, each.range.start.character) for each in found}


async def renamed(editor, name: str, at: types.Position, to: str) -> dict[str, str]:
    """The texts after a name is changed, by file."""
    params = types.RenameParams(editor.document(name), at, to)
    edit = await editor.client.text_document_rename_async(params)
    texts = {}
    for uri, edits in edit.changes.items():
        file = uri.rpartition("/")[2]
        text = editor.texts.get(uri) or (editor.folder / file).read_text(encoding="utf-8")
        lines = text.split("\n")
        for each in sorted(edits, key=lambda e: (e.range.start.line, e.range.start.character), reverse=True):
            line = lines[each.range.start.line]
            lines[each.range.start.line] = (
                line[: each.range.start.character] + each.new_text + line[each.range.end.character :]
            )
        texts[file] = "\n".join(lines)
    return texts


@pytest.fixture
def files(editor):
    editor.write("parts.res", PARTS)
    editor.write("net.res", USER)
    editor.open("net.res", USER)
    return editor


async def test_definitions_here_and_in_another_file(files):
    found = await definition(files, "net.res", files.at("net.res", "piece(16)"))
    assert (found.uri, found.range.start) == (files.uri("parts.res"), types.Position(0, 6))
    found = await definition(files, "net.res", files.at("net.res", "a -> piece"))
    assert (found.uri, found.range.start) == (files.uri("net.res"), types.Position(4, 29))
    found = await definition(files, "net.res", files.at("net.res", "stride=2"))
    assert (found.uri, found.range.start) == (files.uri("parts.res"), types.Position(0, 19)), "the parameter"
    found = await definition(files, "net.res", files.at("net.res", "parts"))
    assert (found.uri, found.range.start) == (files.uri("parts.res"), types.Position(0, 0)), "the file"
    assert await definition(files, "net.res", files.at("net.res", "input")) is None


async def test_the_library_can_be_read(editor, net):
    editor.open("net.res", net)
    found = await definition(editor, "net.res", editor.at("net.res", "project\n  relu"))
    assert found.uri.endswith("/library/shortcuts.res")
    library = types.TextDocumentIdentifier(found.uri)
    symbols = await editor.client.text_document_document_symbol_async(types.DocumentSymbolParams(library))
    assert found.range in [symbol.selection_range for symbol in symbols], "though it is not open"


async def test_references_from_both_sides(files):
    everywhere = {
        ("parts.res", 0, 6), ("net.res", 0, 17), ("net.res", 4, 2), ("net.res", 5, 2), ("net.res", 6, 12),
    }  # fmt: skip
    assert await references(files, "net.res", files.at("net.res", "piece(16)")) == everywhere
    files.open("parts.res", PARTS)
    assert await references(files, "parts.res", files.at("parts.res", "piece")) == everywhere
    own = await references(files, "parts.res", files.at("parts.res", "piece"), declaration=False)
    assert own == everywhere - {("parts.res", 0, 6)}


async def test_places_of_a_parameter(files):
    files.open("parts.res", PARTS)
    found = await references(files, "parts.res", files.at("parts.res", "stride = 1"))
    assert found == {("parts.res", 0, 19), ("parts.res", 1, 24), ("net.res", 4, 11)}


async def test_places_of_one_name_are_marked(files):
    params = types.DocumentHighlightParams(files.document("net.res"), files.at("net.res", "a\n"))
    found = await files.client.text_document_document_highlight_async(params)
    assert [(each.range.start.line, each.kind) for each in found] == [
        (4, types.DocumentHighlightKind.Write),
        (6, types.DocumentHighlightKind.Read),
    ]


async def test_a_block_is_renamed_in_all_files(files):
    texts = await renamed(files, "net.res", files.at("net.res", "piece(16)"), "unit")
    assert texts == {"parts.res": PARTS.replace("piece", "unit"), "net.res": USER.replace("piece", "unit")}


async def test_a_parameter_is_renamed_where_it_is_given_by_name(files):
    files.open("parts.res", PARTS)
    texts = await renamed(files, "parts.res", files.at("parts.res", "width"), "channels_out")
    assert texts["parts.res"] == PARTS.replace("width", "channels_out")
    assert texts["net.res"] == USER.replace("width=32", "channels_out=32")


async def test_a_kept_value_is_renamed(files):
    texts = await renamed(files, "net.res", files.at("net.res", "a ->"), "early")
    assert texts == {"net.res": USER.replace("keep a", "keep early").replace("from a", "from early")}


async def test_what_can_be_renamed_is_known_before(files):
    params = types.PrepareRenameParams(files.document("net.res"), files.at("net.res", "piece(16)", 2))
    found = await files.client.text_document_prepare_rename_async(params)
    assert found == types.Range(types.Position(5, 2), types.Position(5, 7))


@pytest.mark.parametrize(
    ("needle", "name", "why"),
    [
        ("piece(16)", "net", "`net` is already a model (net.res, line 3)"),
        ("piece(16)", "a", "`a` is already a kept value (net.res, line 5)"),
        ("piece(16)", "conv", "`conv` is predefined"),
        ("piece(16)", "stage", "`stage` is a word of the language"),
        ("piece(16)", "2x", "`2x` is no name"),
        ("a ->", "piece", "`piece` is already an imported name"),
        ("input", "b", "there is no name here"),
    ],
)
async def test_refusals_say_why(files, needle, name, why):
    with pytest.raises(JsonRpcException) as caught:
        await renamed(files, "net.res", files.at("net.res", needle), name)
    assert why in caught.value.message
    assert caught.value.code == types.LSPErrorCodes.RequestFailed.value


async def test_the_library_and_computed_names_stay(editor, net):
    editor.open("net.res", net)
    with pytest.raises(JsonRpcException, match="belongs to the library"):
        await renamed(editor, "net.res", editor.at("net.res", "project"), "other")
    editor.open("kept.res", "model m {\n  input 3x8x8\n  for i in range(2) { relu -> keep y{i} }\n  output y0, y1\n}\n")
    with pytest.raises(JsonRpcException, match="computed name"):
        await renamed(editor, "kept.res", editor.at("kept.res", "y1"), "z")


async def test_a_parameter_that_may_be_given_to_an_unknown_block_stays(editor):
    text = (
        "block one(width, stride = 1) { conv(3, width, stride=stride) }\n"
        "model m(unit = one) { input 3x8x8; unit(4, stride=2) }\n"
    )
    editor.open("net.res", text)
    with pytest.raises(JsonRpcException, match=r"given by name to `unit` \(line 2\)"):
        await renamed(editor, "net.res", editor.at("net.res", "stride"), "step")
