"""The rows of a table that are words: codes in a reply's text, data that nobody asked for, words inside arguments."""

from __future__ import annotations

from dataclasses import dataclass

from popsim.protocols.citation import Row, cite


@dataclass(frozen=True, eq=False)
class Code(Row):
    """What a program reads in the text of a reply: the code in square brackets that goes with a condition.

    Args:
        mark: the code without its brackets.
        condition: the condition whose replies open with it; the empty text where it goes with none of them, but stands
            in a line of data, or wherever the server has a word of that kind to say.
        meaning: what it tells the client.
        cites: RFC and section.
    """

    mark: str
    condition: str
    meaning: str
    cites: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "references", cite(self.cites))

    def __str__(self) -> str:
        return f"[{self.mark}]"


@dataclass(frozen=True, eq=False)
class Datum(Row):
    """What a server may send without a tag: the word by which a line of data is known.

    Args:
        mark: the word, such as EXISTS.
        meaning: what it tells the client.
        cites: RFC and section.
        numbered: whether a number stands before the word: of a message, or of all messages.
    """

    mark: str
    meaning: str
    cites: str
    numbered: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "references", cite(self.cites))

    def __str__(self) -> str:
        return self.mark


@dataclass(frozen=True, eq=False)
class Word(Row):
    """A word inside a command's arguments that means something by itself: an item to fetch, a key to search by.

    Args:
        mark: the word.
        group: what it is one of, such as ``search key``.
        meaning: what it asks for.
        cites: RFC and section.
        takes: what follows it, such as ``date``, or nothing.
    """

    mark: str
    group: str
    meaning: str
    cites: str
    takes: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "references", cite(self.cites))

    def __str__(self) -> str:
        return self.mark
