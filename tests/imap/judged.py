"""A Dovecot with messages in it, and what it says of each beside what popsim says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from popsim.mail.message import Message
from popsim.protocols.imap.items import Section
from popsim.protocols.imap.server_envelope import envelope
from popsim.protocols.imap.server_section import section
from popsim.protocols.imap.server_structure import bodystructure
from tests.imap.said import Session, Value, read
from tests.judges.dovecot import dovecot

ENVELOPE, STRUCTURE, BODY = "ENVELOPE", "BODYSTRUCTURE", "BODY"


@contextmanager
def judge(messages: Iterable[bytes] = ()) -> Iterator[Session]:
    """A session with a Dovecot whose INBOX has these messages and is selected."""
    with dovecot({"alice": "secret"}, imap=True) as server:
        for octets in messages:
            server.deliver("alice", octets)
        session = Session(server.imap_port)
        try:
            assert session.ask(b"LOGIN alice secret")[0].startswith(b"OK")
            assert session.ask(b"SELECT INBOX")[0].startswith(b"OK")
            yield session
        finally:
            session.close()


def append(session: Session, octets: bytes) -> None:
    """Put one more message into the INBOX."""
    status, _ = session.ask(b"APPEND INBOX {%d}" % len(octets), octets)
    assert status.startswith(b"OK"), status


def ours(octets: bytes) -> dict[str, Value]:
    """What popsim says of a message."""
    message = Message(octets)
    return {
        ENVELOPE: read(envelope(message))[0],
        STRUCTURE: read(bodystructure(message, True))[0],
        BODY: read(bodystructure(message, False))[0],
    }


def our_section(octets: bytes, text: str) -> bytes | None:
    """The octets of a section as popsim sees it; the text is what stands between the square brackets."""
    name, _, listed = text.partition(" (")
    words = name.split(".") if name else []
    numbers = []
    while words and words[0].isdigit():
        numbers.append(int(words.pop(0)))
    fields = tuple(field.encode() for field in listed.removesuffix(")").split())
    return section(Message(octets), Section(tuple(numbers), ".".join(words), fields))


def sections(session: Session, text: str) -> list[bytes | None]:
    """What Dovecot says of a section of every message."""
    found: list[bytes | None] = []
    for row in session.fetch(f"BODY.PEEK[{text}]"):
        (value,) = row.values()
        assert value is None or isinstance(value, bytes)
        found.append(value)
    return found


INVENTED = (b"MISSING_MAILBOX", b"MISSING_DOMAIN", b"SYNTAX_ERROR")
"""What Dovecot puts in the place of what an address has not."""


def without_invented(value: Value) -> Value:
    """An envelope in which what an address has not is empty."""
    if isinstance(value, list):
        return [without_invented(one) for one in value]
    return b"" if value in INVENTED else value


def is_there(structure: Value, text: str) -> bool:
    """Whether a message with this structure has the section (RFC 3501 §6.4.5)."""
    words = text.partition(" (")[0].split(".") if text else []
    part: list[Value] | None = None
    assert isinstance(structure, list)
    container = structure
    while words and words[0].isdigit():
        number = int(words.pop(0))
        if part is not None:
            inner = part if _is_multipart(part) else part[8] if _is_message(part) else None
            if not isinstance(inner, list):
                return False
            container = inner
        parts = [one for one in container if isinstance(one, list)] if _is_multipart(container) else [container]
        if number > len(parts):
            return False
        part = parts[number - 1]
    if part is None:
        return words != ["MIME"]
    return not words or words == ["MIME"] or _is_message(part)


def _is_multipart(structure: list[Value]) -> bool:
    return isinstance(structure[0], list)


def _is_message(structure: list[Value]) -> bool:
    return [one.lower() for one in structure[:2] if isinstance(one, bytes)] == [b"message", b"rfc822"]
