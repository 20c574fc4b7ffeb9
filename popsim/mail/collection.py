"""`Mail`: messages in order, under a name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from popsim.mail.message import Message


@dataclass(frozen=True, slots=True, init=False, repr=False)
class Mail:
    """Messages in a fixed order under a name.  `mail[0]` is the one that a session calls number 1.

    It never changes: sessions read and delete from a maildrop that is made from it.

    Args:
        name: "inbox", say, or "mbox:archive".
        messages: in any iterable.

    Raises:
        TypeError: one of them is not a `Message`.
    """

    name: str
    messages: tuple[Message, ...]
    _digest: str | None = field(compare=False)

    def __init__(self, name: str, messages: Iterable[Message]) -> None:
        content = tuple(messages)
        for message in content:
            if not isinstance(message, Message):
                raise TypeError(f"mail holds Messages, not {type(message).__name__}: use Message.of(data)")
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "messages", content)
        object.__setattr__(self, "_digest", None)

    @property
    def digest(self) -> str:
        """SHA-256 over the messages in order, each with its unique-id and exact octets.

        It has 64 hexadecimal digits.  The name does not enter into it.
        """
        if self._digest is None:
            import hashlib  # loads OpenSSL: not before it is needed

            # One line for each message; no unique-id is empty, and none holds a space.
            lines = (f"{m.uid or ''} {m.size} {m.digest}\n" for m in self.messages)
            digest = hashlib.sha256("".join(lines).encode()).hexdigest()
            object.__setattr__(self, "_digest", digest)
            return digest
        return self._digest

    @property
    def size(self) -> int:
        """Octets of all messages together."""
        return sum(message.size for message in self.messages)

    def __len__(self) -> int:
        return len(self.messages)

    def __getitem__(self, index: int) -> Message:
        return self.messages[index]

    def __iter__(self) -> Iterator[Message]:
        return iter(self.messages)

    def __repr__(self) -> str:
        return f"<Mail {self.name!r}: {_messages(len(self))}, {self.size} octets>"

    def __str__(self) -> str:
        """A table: number, size, sender and subject of each message."""
        lines = [f"{self.name}: {_messages(len(self))}, {self.size} octets"]
        for number, message in enumerate(self.messages, 1):
            sender, subject = message.header("From"), message.header("Subject")
            lines.append(f"{number:>4} {message.size:>8}  {sender:<38.38}  {subject:.56}".rstrip())
        return "\n".join(lines)


def _messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count} messages"
