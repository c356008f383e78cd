"""What fixes do to a text, and what they must never do."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st

from resdsl.diagnostics import Diagnostic, Edit, Fix, Label, Report
from resdsl.diagnostics.fixes import Mended, admissible, compatible, edited, mend
from resdsl.records import Record
from resdsl.source import Source, Span

TEXT = "one twoo thre four\n"


class Found(Record):
    report: Report


def fault(source: Source, old: str, new: str, *, safe: bool = True, code: str = "E101") -> Diagnostic:
    start = source.text.index(old)
    span = Span(source, start, start + len(old))
    return Diagnostic(code, f"no {old}", Label(span), fixes=(Fix(f"write {new}", (Edit(span, new),), safe),))


def reported(diagnostics: Iterable[Diagnostic]) -> Found:
    report = Report()
    report.extend(diagnostics)
    return Found(report)


def speller(source: Source) -> Found:
    """A language with four words."""
    right = {"one": "one", "twoo": "two", "thre": "three", "four": "four"}
    return reported(
        fault(source, word, right[word]) for word in source.text.split() if word in right and word != right[word]
    )


def test_edits_in_any_order() -> None:
    source = Source("t", TEXT)
    edits = [fault(source, "thre", "three").fixes[0].edits[0], fault(source, "twoo", "two").fixes[0].edits[0]]
    assert edited(source, edits).text == edited(source, edits[::-1]).text == "one two three four\n"


def test_newlines_are_those_of_the_text() -> None:
    source = Source("t", "a\r\nb\r\n")
    assert edited(source, [Edit(Span(source, 0, 0), "x\n\n")]).text == "x\r\n\r\na\r\nb\r\n"


def test_only_what_may_be_changed_is() -> None:
    source, other = Source("t", TEXT), Source("t", TEXT)
    assert admissible(fault(source, "twoo", "two", safe=False), source) is None
    assert admissible(fault(source, "twoo", "two", safe=False), source, unsafe=True) is not None
    assert admissible(fault(other, "twoo", "two"), source, unsafe=True) is None
    assert (
        admissible(Diagnostic("E101", "no", Label(Span(source, 0, 3)), fixes=(Fix("look", (), True),)), source) is None
    )


def test_the_likeliest_that_may_be_carried_out_is() -> None:
    source = Source("t", TEXT)
    first, second = fault(source, "twoo", "too", safe=False), fault(source, "twoo", "two")
    both = Diagnostic("E101", "no", first.primary, fixes=first.fixes + second.fixes)
    assert admissible(both, source) == second.fixes[0]
    assert admissible(both, source, unsafe=True) == first.fixes[0]


def test_what_overlaps_or_touches_waits_and_what_is_the_same_goes_along() -> None:
    source = Source("t", TEXT)
    whole, part, same = fault(source, "twoo thre", "2 3"), fault(source, "thre", "3"), fault(source, "twoo thre", "2 3")
    touching, apart = fault(source, " four", " 4"), fault(source, "one", "1")
    chosen = [d for d, _ in compatible([whole, part, same, touching, apart], source)]
    assert chosen == [whole, same, apart]


def test_rounds_until_nothing_is_left() -> None:
    """Each fix here brings the next fault to light."""

    def chain(source: Source) -> Found:
        letter = source.text[0]
        return reported([fault(source, letter, chr(ord(letter) + 1))] if letter < "k" else [])

    mended = mend(Source("t", "a"), chain)
    assert mended.source.text == "k"
    assert len(mended.done) == 10
    assert not list(mended.found.report)


def test_what_makes_it_worse_is_left_out_and_the_rest_is_not() -> None:
    def look(source: Source) -> Found:
        found = list(speller(source).report)
        if "three" in source.text:
            found += [fault(source, word, word.upper(), safe=False) for word in ("one", "three", "four")]
        return reported(found)

    mended = mend(Source("t", "one twoo thre four\n"), look)
    assert mended.source.text == "one two thre four\n"
    assert [d.message for d, _ in mended.done] == ["no twoo"]
    assert [d.message for d, _ in mended.refused] == ["no thre"]


def test_errors_that_make_others_unseen_are_no_mend() -> None:
    """One syntax error is not better than two of meaning."""

    def look(source: Source) -> Found:
        if "(" in source.text:
            return reported([fault(source, "(", "", code="E010", safe=False)])
        return reported([fault(source, "twoo", "two("), fault(source, "thre", "three(")])

    assert mend(Source("t", TEXT), look).source.text == TEXT


def test_fixes_that_undo_each_other_end() -> None:
    def look(source: Source) -> Found:
        return reported([fault(source, *("a", "b") if "a" in source.text else ("b", "a"))])

    assert mend(Source("t", "a"), look).source.text in {"a", "b"}


WORDS = st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 5), st.integers(0, 3), st.booleans()), max_size=8)


@settings(max_examples=60, deadline=None)  # a shared machine is slow at times
@given(WORDS)
def test_never_more_errors_than_before(changes: list[tuple[str, int, int, bool]]) -> None:
    """Faults and fixes drawn at random: whatever the fixes write, the count of errors does not grow."""

    def look(source: Source) -> Found:
        found = []
        for at, char in enumerate(source.text):
            for old, start, length, safe in changes:
                if char == old:
                    span = Span(source, min(start, at), min(min(start, at) + length, len(source.text)))
                    fix = Fix("", (Edit(span, chr(ord(old) + 1)),), safe)
                    found.append(Diagnostic("E101", "", Label(Span(source, at, at + 1)), fixes=(fix,)))
        return reported(found)

    source = Source("t", "abcabcdefa")
    mended: Mended[Found] = mend(source, look, unsafe=True)
    assert len(mended.found.report.errors) <= len(look(source).report.errors)
    assert [d.sort_key() for d in look(mended.source).report] == [d.sort_key() for d in mended.found.report]
