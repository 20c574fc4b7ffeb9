"""What the judge knows besides the table: rules of the RFCs that no row holds, and faults against any rule."""

from __future__ import annotations

from dataclasses import dataclass

from popsim.capture.dissect_said import Message
from popsim.protocols.citation import cite
from popsim.protocols.model import Row
from popsim.protocols.protocol import Protocol


@dataclass(frozen=True, eq=False)
class Law(Row):
    """A rule of an RFC that is no row of a table.

    Args:
        name: what it speaks of.
        expected: what it asks for.
        cites: RFC and section, for each edition or extension that has it.
    """

    name: str
    expected: str
    cites: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "references", cite(self.cites))


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with a message.

    Args:
        message: which one.
        found: what is wrong, in words that hold nothing of what was said.
        expected: what the rule asks for.
        rule: the rule's name: the id of a row, or what the RFC speaks of.
        row: where the rule is written.
        start: where in the message the line begins that breaks it.
    """

    message: Message
    found: str
    expected: str
    rule: str
    row: Row
    start: int = 0

    @classmethod
    def of(cls, law: Law, message: Message, found: str, start: int = 0) -> Fault:
        """A fault against a law."""
        return cls(message, found, law.expected, law.name, law, start)

    def reference(self, protocol: Protocol) -> str:
        """RFC and section in this protocol; empty where the rule is not part of it."""
        return str(protocol.reference(self.row) or "")

    def sentence(self, protocol: Protocol) -> str:
        """What is wrong and what was expected, in words, with RFC and section."""
        return f"{self.found}; expected: {self.expected} ({self.reference(protocol)})"
