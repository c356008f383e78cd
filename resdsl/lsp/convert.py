"""Between the capabilities' records, which count code points, and the protocol's types, which count lines and units."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lsprotocol import types

from resdsl.diagnostics import Edit
from resdsl.lsp.completion import Item
from resdsl.lsp.documents import Document, Snapshot, Workspace
from resdsl.lsp.faults import Action, Shown, new_lines
from resdsl.lsp.hover import Hover
from resdsl.lsp.inlay import Inlay
from resdsl.lsp.navigation import Place, Use
from resdsl.lsp.outline import Entry, Fold
from resdsl.lsp.paths import source_path
from resdsl.lsp.positions import Positions
from resdsl.lsp.signatures import ActiveSignature
from resdsl.lsp.tokens import MODIFIERS, TYPES, Token
from resdsl.resources import root
from resdsl.source import Source, Span

_ITEMS = {
    "argument": types.CompletionItemKind.Field,
    "block": types.CompletionItemKind.Class,
    "file": types.CompletionItemKind.File,
    "function": types.CompletionItemKind.Function,
    "import": types.CompletionItemKind.Module,
    "keyword": types.CompletionItemKind.Keyword,
    "model": types.CompletionItemKind.Class,
    "operator": types.CompletionItemKind.Function,
    "parameter": types.CompletionItemKind.Variable,
    "value": types.CompletionItemKind.Variable,
    "word": types.CompletionItemKind.EnumMember,
}
_SYMBOLS = {
    "auxiliary": types.SymbolKind.Field,
    "block": types.SymbolKind.Class,
    "function": types.SymbolKind.Function,
    "input": types.SymbolKind.Interface,
    "model": types.SymbolKind.Module,
    "part": types.SymbolKind.Field,
    "region": types.SymbolKind.Namespace,
    "shared": types.SymbolKind.Class,
    "stage": types.SymbolKind.Namespace,
    "value": types.SymbolKind.Constant,
}
_FOLDS = {"comment": types.FoldingRangeKind.Comment, "imports": types.FoldingRangeKind.Imports}


class Converter:
    """Converts in the encoding that the client and the server agreed on."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.documents = types.TextDocumentClientCapabilities()
        """What the client can show."""

    @staticmethod
    def _markup(text: str, formats: Sequence[types.MarkupKind] | None) -> types.MarkupContent:
        """Markdown, called plain text (as which it can be read) for a client that does not know it."""
        known = types.MarkupKind.Markdown in (formats or ())
        return types.MarkupContent(types.MarkupKind.Markdown if known else types.MarkupKind.PlainText, text)

    # --- places ----------------------------------------------------------------------------------

    def offset(self, snapshot: Snapshot, position: types.Position) -> int:
        return snapshot.positions(self.workspace.encoding).offset(position.line, position.character)

    def range(self, snapshot: Snapshot, start: int, end: int) -> types.Range:
        return _range(snapshot.positions(self.workspace.encoding), start, end)

    def source_range(self, span: Span) -> types.Range:
        """The range of a span in a source that need not be open."""
        return _range(Positions(span.source.text, self.workspace.encoding), span.start, span.end)

    def uri(self, snapshot: Snapshot) -> str | None:
        """The URI that the client knows a text by."""
        for document in self.workspace.documents.values():
            if document.snapshot is snapshot or (snapshot.path and document.snapshot.path == snapshot.path):
                return document.uri
        return snapshot.path.as_uri() if snapshot.path is not None else None

    def source_uri(self, source: Source, document: Document) -> str | None:
        if source.name == document.snapshot.source.name:
            return document.uri
        path = source_path(source)
        if path is None:
            return None
        open_ones = (d.uri for d in self.workspace.documents.values() if d.snapshot.path == path)
        return next(open_ones, path.as_uri())

    def location(self, place: Place | Use) -> types.Location | None:
        uri = self.uri(place.snapshot)
        if uri is None:
            return None
        return types.Location(uri, self.range(place.snapshot, place.span.start, place.span.end))

    # --- diagnostics -----------------------------------------------------------------------------

    def diagnostic(self, each: Shown, document: Document) -> types.Diagnostic:
        related = []
        for other in each.related:
            uri = self.source_uri(other.span.source, document)
            if uri is not None:
                location = types.Location(uri, self.source_range(other.span))
                related.append(types.DiagnosticRelatedInformation(location, other.message))
        page = root("diagnostics").resolve() / f"{each.diagnostic.code}.md"
        return types.Diagnostic(
            range=self.source_range(each.span),
            message=each.message,
            severity=types.DiagnosticSeverity.Warning if each.warning else types.DiagnosticSeverity.Error,
            code=each.diagnostic.code,
            code_description=types.CodeDescription(page.as_uri()) if page.is_file() else None,
            source="resdsl",
            related_information=related or None,
            tags=[types.DiagnosticTag.Unnecessary] if each.unused else None,
        )

    def action(self, action: Action, document: Document, diagnostics: Sequence[types.Diagnostic]) -> types.CodeAction:
        codes = {diagnostic.code for diagnostic in action.mends}
        kind = types.CodeActionKind.SourceFixAll if action.everything else types.CodeActionKind.QuickFix
        return types.CodeAction(
            title=action.title,
            kind=kind,
            diagnostics=None if action.everything else [d for d in diagnostics if d.code in codes],
            is_preferred=action.preferred or None,
            edit=types.WorkspaceEdit(changes=self._changes(action.edits, document)),
        )

    def _changes(self, edits: Iterable[Edit], document: Document) -> dict[str, list[types.TextEdit]]:
        changes: dict[str, list[types.TextEdit]] = {}
        for edit in edits:
            uri = self.source_uri(edit.span.source, document)
            if uri is not None:
                changes.setdefault(uri, []).append(types.TextEdit(self.source_range(edit.span), new_lines(edit)))
        return changes

    # --- the rest --------------------------------------------------------------------------------

    def hover(self, hover: Hover, snapshot: Snapshot) -> types.Hover:
        text = self._markup(hover.text, self.documents.hover.content_format if self.documents.hover else None)
        return types.Hover(text, self.range(snapshot, hover.start, hover.end))

    def item(self, item: Item, snapshot: Snapshot, start: int, offset: int) -> types.CompletionItem:
        able = self.documents.completion.completion_item if self.documents.completion else None
        extra = None
        if item.extra is not None:
            place = self.range(snapshot, item.extra.offset, item.extra.offset)
            extra = [types.TextEdit(place, item.extra.text)]
        return types.CompletionItem(
            label=item.label,
            kind=_ITEMS[item.kind],
            detail=item.detail or None,
            documentation=self._markup(item.doc, able.documentation_format if able else None) if item.doc else None,
            sort_text=f"{item.order + 500:04d} {item.label}",
            filter_text=item.label,
            text_edit=types.TextEdit(self.range(snapshot, start, offset), item.insert or item.label),
            additional_text_edits=extra,
        )

    def signature(self, active: ActiveSignature) -> types.SignatureHelp:
        found = active.signature
        able = self.documents.signature_help.signature_information if self.documents.signature_help else None
        doc = self._markup(found.doc, able.documentation_format if able else None) if found.doc else None
        # The protocol has no word for "none of them": a number behind the last parameter is none.
        number = active.active if active.active is not None else len(found.arguments)
        arguments = [types.ParameterInformation(a.text, a.type or None) for a in found.arguments]
        own = number if able is not None and able.active_parameter_support else None
        return types.SignatureHelp([types.SignatureInformation(found.label, doc, arguments, own)], 0, number)

    def entry(self, entry: Entry, snapshot: Snapshot) -> types.DocumentSymbol:
        return types.DocumentSymbol(
            name=entry.name,
            kind=_SYMBOLS[entry.kind],
            detail=entry.detail or None,
            range=self.range(snapshot, entry.span.start, entry.span.end),
            selection_range=self.range(snapshot, entry.name_span.start, entry.name_span.end),
            children=[self.entry(child, snapshot) for child in entry.children] or None,
        )

    def inlay(self, inlay: Inlay, snapshot: Snapshot) -> types.InlayHint:
        return types.InlayHint(
            position=self.range(snapshot, inlay.offset, inlay.offset).start,
            label=inlay.text,
            padding_left=True,
            tooltip=types.MarkupContent(types.MarkupKind.Markdown, inlay.tooltip),
        )

    def tokens(self, found: Sequence[Token], snapshot: Snapshot) -> types.SemanticTokens:
        """Tokens as numbers, each relative to the one before."""
        positions = snapshot.positions(self.workspace.encoding)
        data: list[int] = []
        last_line = last_column = 0
        for token in found:
            line, column = positions.position(token.start)
            length = positions.units(snapshot.text[token.start : token.end])
            flags = sum(1 << MODIFIERS.index(modifier) for modifier in token.modifiers)
            from_last = column - last_column if line == last_line else column
            data += [line - last_line, from_last, length, TYPES.index(token.type), flags]
            last_line, last_column = line, column
        return types.SemanticTokens(data)


def _range(positions: Positions, start: int, end: int) -> types.Range:
    return types.Range(types.Position(*positions.position(start)), types.Position(*positions.position(end)))


def fold(fold: Fold) -> types.FoldingRange:
    return types.FoldingRange(fold.first, fold.last, kind=_FOLDS[fold.kind] if fold.kind is not None else None)
