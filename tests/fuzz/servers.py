"""The servers of POP2, IMAP and SMTP: a client sends anything, and every answer is one that the protocol has.

The first octet of an input says which edition and extensions are spoken; the rest is what a stranger sends.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from popsim.mail.message import Message
from popsim.mail.store import User
from popsim.protocols import find
from popsim.protocols.model import CLOSED
from popsim.protocols.protocol import Protocol
from tests.fuzz.inputs import LOST, SECURED, SILENT, whole_and_cut
from tests.imap.heard import Heard, heard
from tests.transcripts.stage import Session, Stage

IMAP, POP2, SMTP = find("imap"), find("pop2"), find("smtp")
SPOKEN: dict[str, tuple[Protocol, ...]] = {
    "imap": (IMAP.extended(), IMAP, IMAP.edition(9051), IMAP.edition(9051).extended()),
    "pop2": (POP2,),
    "smtp": (SMTP.extended(), SMTP, SMTP.edition(821), SMTP.extended(1870, 6152)),
}
PLAIN = b"From: Fred <fred@example.org>\r\nTo: alice@popsim.example\r\nSubject: one\r\n\r\nfirst\r\n"
FORKED = (
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n.text\r\n--b\r\n"
    b"Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\n..\r\n--b--\r\nend"
)
MOST_SAID = 2_000_000
"""Octets that a server says at most to an input of some hundred."""
_TAGGED = re.compile(rb"[^\x00-\x20\x7f-\xff(){%*\"\\+]+ (?:OK|NO|BAD|PREAUTH|BYE)(?: |\Z)")
_STATUS = re.compile(rb"[245][0-9]{2}|354|334")
_REMOVED_BY = {"pop2": (b"QUIT", b"FOLD", b"ACKD"), "smtp": (), "imap": (b"EXPUNGE", b"CLOSE", b"MOVE", b"RENAME")}


def stage(protocol: Protocol) -> Stage:
    """A server of alice and bob, each with three messages and one more mailbox."""
    made = Stage(
        protocol,
        [User("alice", "secret"), User("bob", "secret")],
        [Message.of(octets) for octets in (PLAIN, FORKED, b"")],
        timestamp="<1@popsim.example>",
    )
    for account in made.store.accounts.values():
        account.create("Entwürfe/alt")
        account.mailboxes["Entwürfe/alt"].append(Message.of(PLAIN), ("\\Seen",))
    return made


def play(name: str, protocol: Protocol, parts: list[int | bytes], looks: bool = True) -> bytes:
    """Give the parts of an input to a fresh server, and look at it all the time; all that it said."""
    server = stage(protocol)
    session = server.connect()
    said, sent = session.take(), bytearray()
    for part in parts:
        if isinstance(part, bytes):
            sent += part
            said += session.send(part)
        else:
            _happen(session, part)
            said += session.take()
        if looks:
            _look(name, server, session, bytes(sent).upper())
    assert len(said) < MOST_SAID
    ANSWERS[name](bytes(said), bytes(sent))
    return said


def _happen(session: Session, what: int) -> None:
    """Something that is no octet: the handshake is done, the client is silent for too long, or it is gone."""
    if what == SECURED and session.engine._awaits:
        session.engine.secured()
    elif what == SECURED:
        session.engine.news()
    elif what == SILENT:
        session.engine.expired()
    elif what == LOST:
        session.engine.lost()


def _look(name: str, server: Stage, session: Session, sent: bytes) -> None:
    assert session.engine.state in server.protocol.states
    assert len(session.engine._buffer._octets) <= 66_000 + len(sent)
    left = [len(account.inbox.items) for account in server.store.accounts.values()]
    assert min(left) >= 3 or any(word in sent for word in _REMOVED_BY[name])
    if name == "imap" and b"APPEND" not in sent and b"COPY" not in sent and b"MOVE" not in sent:
        assert max(left) <= 3
    if session.engine.state is CLOSED:
        assert server.locks() == []
    for account in server.store.accounts.values():
        uids = [item.uid for item in account.inbox.items]
        assert uids == sorted(set(uids)) and all(0 < uid < account.inbox.uid_next for uid in uids)


# What may be said


def _imap_answers(said: bytes, sent: bytes) -> None:
    """Every response is whole; a tag is one that was sent; numbers are those of messages that there are."""
    count = 0
    opens = re.search(rb"SELECT|EXAMINE", sent.upper()) is not None
    for one in heard(said):
        if one.tag == "*":
            count = _untagged(one, count, opens)
        elif one.tag != "+":
            assert one.tag.encode() in sent and one.word in ("OK", "NO", "BAD"), one


def _untagged(one: Heard, count: int, opens: bool) -> int:
    """How many messages there are after this response."""
    number = one.number
    if number is None:
        assert one.word.isascii() and one.word.isalnum(), one
    elif one.word == "EXISTS":
        assert opens
        return number
    elif one.word in ("FETCH", "EXPUNGE"):
        assert 1 <= number <= count, f"{one.word} {number} of {count}"
        if one.word == "FETCH":
            assert one.data
        return count - (one.word == "EXPUNGE")
    else:
        assert one.word == "RECENT" and number <= count, one
    return count


def _smtp_answers(said: bytes, sent: bytes) -> None:
    """Every line has a status of RFC 5321 §4.2, the same in all lines of one reply."""
    assert said.endswith(b"\r\n") and b"\n" not in said.replace(b"\r\n", b"")
    before = b""
    for line in said.split(b"\r\n")[:-1]:
        assert _STATUS.match(line) and line[3:4] in (b" ", b"-", b""), line
        assert before in (b"", line[:3]), line
        before = line[:3] if line[3:4] == b"-" else b""
        assert len(line) <= 510 or line.startswith(b"334")
    assert before == b""
    assert said.count(b"\r\n") <= 20 * (sent.count(b"\n") + 3)


def _pop2_answers(said: bytes, sent: bytes) -> None:
    """Every line that is no message's opens with a status of RFC 937; a message has the octets that were told."""
    place, announced = 0, 0
    while place < len(said):
        if said[place : place + 1] not in (b"+", b"-", b"#", b"="):
            assert announced and len(said) >= place + announced, said[place:]
            place += announced
            continue
        if said[place : place + 1] == b"=":
            announced = int(re.match(rb"=([0-9]+)", said[place:])[1])  # type: ignore[index]
        assert (end := said.find(b"\r\n", place)) >= 0
        place = end + 2


ANSWERS: dict[str, Callable[[bytes, bytes], None]] = {
    "imap": _imap_answers,
    "pop2": _pop2_answers,
    "smtp": _smtp_answers,
}


def target(name: str) -> Callable[[bytes], None]:
    """The target of a protocol's server."""

    def server(data: bytes) -> None:
        protocol = SPOKEN[name][data[0] % len(SPOKEN[name])] if data else SPOKEN[name][0]
        parts, cut = whole_and_cut(data[1:])
        whole = play(name, protocol, parts)
        assert play(name, protocol, cut, looks=False) == whole

    return server


TARGETS = {f"{name}-server": target(name) for name in SPOKEN}
