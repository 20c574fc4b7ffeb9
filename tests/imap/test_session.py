"""The session itself: greeting, capabilities, news, the farewell, and what a timeline is told; in any pieces."""

from __future__ import annotations

import pytest

from popsim.engine.server import ServerEngine
from popsim.mail.policy import Policy
from popsim.mail.store import Store, User
from popsim.protocols.imap.table import IMAP
from popsim.protocols.protocol import Protocol
from popsim.protocols.services import service
from tests.imap.mailroom import MODERN, Mailroom, letter

NEWER = IMAP.edition(9051)
EDITIONS = pytest.mark.parametrize("protocol", [IMAP, MODERN, NEWER], ids=str)


def words(sent: bytes) -> list[str]:
    """The words of the one line of capabilities in what was sent."""
    (line,) = [line for line in sent.decode().split("\r\n") if line.startswith("* CAPABILITY ")]
    return line.removeprefix("* CAPABILITY ").split()


# What the server says of itself


@EDITIONS
def test_the_greeting_tells_what_the_server_can_do(protocol: Protocol) -> None:
    room = Mailroom(protocol=protocol)
    room.line("a", protocol)
    greeting = room.feed("a", b"")
    assert greeting.startswith(b"* OK [CAPABILITY ") and greeting.count(b"\r\n") == 1
    told = greeting.decode().partition("[CAPABILITY ")[2].partition("]")[0].split()
    assert told == words(room.feed("a", b"x CAPABILITY\r\n"))
    assert len(told) == len(set(told))
    assert ("IMAP4rev1" in told) == (protocol.number == 3501) and ("IMAP4rev2" in told) == (protocol.number == 9051)
    login = room.feed("a", b"y LOGIN alice secret\r\n")
    after = login.decode().partition("[CAPABILITY ")[2].partition("]")[0].split()
    assert login.startswith(b"y OK [CAPABILITY ") and after == words(room.feed("a", b"z CAPABILITY\r\n"))
    assert set(told) - set(after) == {"STARTTLS"}


@pytest.mark.parametrize(
    ("policy", "secured", "has", "lacks"),
    [
        ("", False, "STARTTLS AUTH=PLAIN AUTH=LOGIN AUTH=CRAM-MD5 AUTH=SCRAM-SHA-256", "LOGINDISABLED"),
        ("", True, "AUTH=PLAIN", "STARTTLS LOGINDISABLED"),
        ("no-plaintext", False, "STARTTLS LOGINDISABLED AUTH=CRAM-MD5", "AUTH=PLAIN AUTH=LOGIN"),
        ("no-plaintext", True, "AUTH=PLAIN", "STARTTLS LOGINDISABLED"),
        ("no-sasl", False, "STARTTLS", "AUTH=PLAIN AUTH=CRAM-MD5"),
        ("sasl:CRAM-MD5", False, "AUTH=CRAM-MD5", "AUTH=PLAIN AUTH=SCRAM-SHA-256"),
    ],
)
def test_what_is_announced_is_true(policy: str, secured: bool, has: str, lacks: str) -> None:
    store = Store([User("alice", "secret")], {})
    made = service(IMAP, store, session=1, timestamp="<1@a>", policy=Policy.parse(policy), secured=secured)
    engine = ServerEngine(IMAP, made)
    engine.opened()
    engine.receive(b"a CAPABILITY\r\nb LOGIN alice secret\r\nc CAPABILITY\r\n")
    sent = b"".join(engine.take())
    before, _, after = sent.partition(b"\r\na OK")
    assert set(has.split()) <= set(words(before + b"\r\n")) and not set(lacks.split()) & set(words(before + b"\r\n"))
    logged_in = b"b OK" in after
    assert logged_in == ("LOGINDISABLED" not in has)
    assert (engine.state.name == "Authenticated") == logged_in


def test_every_command_that_is_announced_is_there() -> None:
    """And none that is not: an extension's word is told with its commands only (RFC 3501 §6.1.1)."""
    for number in IMAP.table.extensions:
        one = IMAP.extended(number)
        tags = {row.tag for row in one.capabilities} - {row.tag for row in IMAP.capabilities}
        room = Mailroom(protocol=one)
        room.line("a", one)
        assert tags <= set(words(room.feed("a", b"x CAPABILITY\r\n"))), number
    room = Mailroom(protocol=IMAP)
    room.line("a", IMAP)
    for word in (b"IDLE", b"ENABLE CONDSTORE", b"NAMESPACE", b"ID NIL", b"UNSELECT"):
        assert b"x BAD" in room.feed("a", b"x %b\r\n" % word)


# TLS


def test_what_came_in_clear_counts_no_more_after_tls() -> None:
    """RFC 3501 §6.2.1; what was sent behind STARTTLS before the handshake is thrown away (RFC 2595 §4)."""
    room = Mailroom()
    engine = room.line("a", IMAP)
    sent = room.feed("a", b"a STARTTLS\r\nb LOGIN alice secret\r\nc NOOP\r\n")
    assert sent.split(b"\r\n")[1].startswith(b"a OK") and sent.count(b"\r\n") == 2
    assert engine.securing and room.feed("a", b"d NOOP\r\n") == b""
    engine.secured()
    assert engine.state.name == "Not Authenticated" and room.feed("a", b"") == b""
    assert room.feed("a", b"e NOOP\r\n").startswith(b"e OK")
    assert room.feed("a", b"f STARTTLS\r\n").startswith(b"f BAD")
    assert b"STARTTLS" not in room.feed("a", b"g CAPABILITY\r\nh FOO\r\n")


# News


@EDITIONS
def test_news_come_with_whatever_is_asked(protocol: Protocol) -> None:
    """RFC 3501 §7: a server sends what has changed with the answer to any command but three (§7.4.1)."""
    for command in ("NOOP", "CAPABILITY", 'LIST "" x', "STATUS INBOX (MESSAGES)", "CREATE y", "SUBSCRIBE INBOX"):
        room = Mailroom(3, protocol)
        view, other = room.client("a"), room.client("b")
        other.say("STORE 1,2 +FLAGS (\\Deleted)")
        other.say("EXPUNGE")
        room.deliver(letter("new"))
        told = [(answer.number, answer.word) for answer in view.say(command) if answer.number is not None]
        recent = [] if protocol.number == 9051 else [(2, "RECENT")]
        assert told[:3] == [(1, "EXPUNGE"), (1, "EXPUNGE"), (2, "EXISTS")], command
        assert [one for one in told if one[1] == "RECENT"] in (recent, [(n, w) for n, w in told if w == "RECENT"])
        assert view.say("NOOP")[:-1] == []


def test_nothing_is_told_of_a_mailbox_that_is_not_open() -> None:
    room = Mailroom(3)
    view = room.client("a", box="")
    room.deliver(letter("new"))
    assert [answer.word for answer in view.say("NOOP")] == ["OK"]


@EDITIONS
def test_flags_that_another_session_has_changed(protocol: Protocol) -> None:
    """The newer edition wants the unique identifier with them (RFC 9051 §7.5.2)."""
    room = Mailroom(2, protocol)
    view, other = room.client("a"), room.client("b")
    other.say("STORE 2 +FLAGS (\\Flagged $Work)")
    (told,) = view.say("NOOP")[:-1]
    assert (told.number, told.word, told.flags) == (2, "FETCH", told.flags)
    assert told.flags - {"\\Recent"} == {"\\Flagged", "$Work"}
    assert ("UID" in told.data) == (protocol.number == 9051)


# The end


@EDITIONS
def test_logout_says_bye_first_and_removes_nothing(protocol: Protocol) -> None:
    room = Mailroom(3, protocol)
    view = room.client()
    view.say("STORE 1:2 +FLAGS (\\Deleted)")
    assert [(answer.tag == "*", answer.word) for answer in view.say("LOGOUT")] == [(True, "BYE"), (False, "OK")]
    assert room.engines["a"].closed and len(room.truth()) == 3


def test_logout_where_the_disk_takes_its_time() -> None:
    room = Mailroom()
    engine = room.line("a", IMAP)
    engine.commits_later = True
    room.feed("a", b"")
    assert room.feed("a", b"a LOGOUT\r\nb NOOP\r\n") == b"" and engine.committing
    engine.committed()
    sent = room.feed("a", b"")
    assert sent.startswith(b"* BYE ") and sent.split(b"\r\n")[1].startswith(b"a OK") and engine.closed


@pytest.mark.parametrize("end", ["lost", "expired", "LOGOUT", "SELECT nothing", "CLOSE"])
def test_who_leaves_a_mailbox_is_told_nothing_of_it_any_more(end: str) -> None:
    room = Mailroom(3)
    view = room.client()
    engine = room.engines["a"]
    if end in ("lost", "expired"):
        getattr(engine, end)()
        sent = room.feed("a", b"")
        assert engine.closed and (sent.startswith(b"* BYE ") if end == "expired" else sent == b"")
    else:
        view.say(end)
    assert room.account.inbox._views == []


# In any pieces, and several at once

SCRIPT = (
    b"a1 LOGIN {5}\r\nalice {6}\r\nsecret\r\n"
    b"a2 SELECT INBOX\r\na3 APPEND INBOX (\\Seen) {12}\r\nxy\r\n{3}\r\n.\r\n\r\n"
    b'a4 NOOP\r\na5 LIST "" {1}\r\n*\r\na6 CREATE "a b"\r\na7 STATUS {3}\r\na b (MESSAGES)\r\n'
    b"a8 FETCH 4 BODY[]\r\na9 NONSENSE {3}\r\na10 UNSELECT\r\na11 LOGOUT\r\n"
)


def held(octets: bytes, piece: int, protocol: Protocol = MODERN) -> bytes:
    room = Mailroom(3, protocol)
    room.line("a", protocol)
    return b"".join(room.feed("a", octets[place : place + piece]) for place in range(0, len(octets), piece))


@EDITIONS
def test_pieces_make_no_difference(protocol: Protocol) -> None:
    whole = held(SCRIPT, len(SCRIPT), protocol)
    answers = [line.split(b" ")[:2] for line in whole.split(b"\r\n") if line[:1] == b"a"]
    refused = {b"a9"} | ({b"a10"} if protocol is IMAP else set())
    assert answers == [[b"a%d" % n, b"BAD" if b"a%d" % n in refused else b"OK"] for n in range(1, 12)]
    assert whole.count(b"\r\n+ ") == 5 and b"BODY[] {12}\r\nxy\r\n{3}\r\n.\r\n)" in whole
    for piece in (1, 2, 3, 5, 11, 64):
        assert held(SCRIPT, piece, protocol) == whole


# What a timeline is told


def test_a_timeline_learns_what_changes_in_the_store() -> None:
    room = Mailroom(2)
    view = room.client()
    view.say("CREATE Work/Old")
    view.say("STORE 1 +FLAGS (\\Flagged)")
    view.say("COPY 1 Work/Old")
    view.say("RENAME Work Play")
    view.say("STORE 2 +FLAGS.SILENT (\\Deleted)")
    view.say("EXPUNGE")
    view.say("DELETE Play/Old")
    values: dict[str, object] = {}
    kinds = []
    for event in room.timeline("a"):
        if event.layer == "store":
            kinds.append(event.kind)
            values.update(event.values or {})
    assert kinds == ["Arranged", "Flagged", "Arrived", "Arranged", "Flagged", "Removed", "Removed", "Arranged"]
    assert values["mail.alice.mailboxes"] == ["Play"]
    assert values["mail.alice.1.flags"] == "\\Flagged" and values["mail.alice.2"] == "removed"
    assert values["mail.alice.3"] == "removed" and values["mail.alice.3.mailbox"] == "Play/Old"
