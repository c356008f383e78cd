"""Records behave as frozen, slotted dataclasses do: those are the oracle."""

from __future__ import annotations

import copy
import dataclasses
import pickle

import pytest

from resdsl.records import Record, Unique


class Base(Record):
    span: int


class Word(Base):
    """A word."""

    name: str
    """As written."""

    loud: bool = False

    def shouted(self) -> str:
        return self.name.upper()


class Other(Base):
    name: str
    loud: bool = False


class Only(Unique):
    name: str


@dataclasses.dataclass(frozen=True, slots=True)
class Plain:
    span: int
    name: str
    loud: bool = False


def test_made_as_a_dataclass_is() -> None:
    word, plain = Word(1, name="a"), Plain(1, name="a")
    assert (word.span, word.name, word.loud) == (plain.span, plain.name, plain.loud)
    assert Word.__match_args__ == Plain.__match_args__
    assert repr(word) == repr(plain).replace("Plain", "Word")
    assert word.shouted() == "A"
    assert not hasattr(word, "__dict__")


@pytest.mark.parametrize("arguments", [(), (1,), (1, "a", True, 2)])
def test_wrong_arguments_raise_as_for_a_function(arguments: tuple[object, ...]) -> None:
    for made in (Word, Plain):
        with pytest.raises(TypeError, match="argument"):
            made(*arguments)


def test_equal_by_class_and_fields() -> None:
    assert Word(1, "a") == Word(1, "a")
    assert hash(Word(1, "a")) == hash(Word(1, "a"))
    assert Word(1, "a") != Word(1, "b")
    assert Word(1, "a") != Other(1, "a")
    assert Base(1) == Base(1)
    assert len({Word(1, "a"), Word(1, "a"), Other(1, "a")}) == 2


def test_unique_ones_equal_themselves_alone() -> None:
    one = Only("a")
    assert one == one  # noqa: PLR0124 - that is what is tested
    assert one != Only("a")
    assert len({one, one, Only("a")}) == 2


def test_frozen() -> None:
    word = Word(1, "a")
    for name in ("name", "unknown"):
        with pytest.raises(AttributeError):
            setattr(word, name, "b")
        with pytest.raises(AttributeError):
            delattr(word, name)
    assert word.name == "a"


def test_matched_by_place() -> None:
    match Word(1, "a", loud=True):
        case Word(span, name, loud):
            assert (span, name, loud) == (1, "a", True)


def test_copied_and_pickled() -> None:
    word = Word(1, "a", loud=True)
    for other in (copy.copy(word), copy.deepcopy([word])[0], pickle.loads(pickle.dumps(word))):
        assert other == word
