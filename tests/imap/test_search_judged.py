"""The same searches over the same messages: popsim and a Dovecot find the same ones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from popsim.mail.item import Item
from popsim.mail.message import Message
from popsim.protocols.imap.items import SearchKey
from popsim.protocols.imap.search_syntax import SEARCH_KEYS
from popsim.protocols.imap.server_search import View, search
from tests.imap.judged import judge
from tests.imap.mime_deviations import SEARCHES
from tests.imap.nasty import NASTY
from tests.imap.said import Session
from tests.judges.dovecot import dovecot

TEXTS = [
    *[
        ("SUBJECT", text)
        for text in ("parts", "PARTS", "", "café", "CAFÉ", "folded twice", "a letter", "folded  twice")
    ],
    *[
        ("FROM", text)
        for text in ("gray", "Terry Gray", "Terry Gray <gray@", "andré pirard", "Joe Q", "MISSING", "josé")
    ],
    *[("FROM", text) for text in ("joe@three.example", "three.example", "inner@example.org", "")],
    *[("TO", text) for text in ("friends", "c d <c@d>", "bob", "", "one", "a@b", "c@d")],
    *[("CC", text) for text in ("klensin", "minutes@", "g@h", "")],
    *[("BCC", text) for text in ("x@y", "X@Y", "zzz")],
    *[("BODY", text) for text in ("one", "<p>", "é", "alternative", "inside", "content-type", "subject", "--b", "GIF")],
    *[("BODY", text) for text in ("old readers", "comes after", "café", "", "first", "one\r\nand", "one and", "two")],
    *[("BODY", text) for text in ("dot.png", "phantom", "iVBOR", "Reporting-MTA", "DEEP", "this is in no message")],
    *[
        ("TEXT", text)
        for text in ("subject: plain", "parts", "charset", "minutes", "one", "", "example.org", "1.0\r\n")
    ],
    *[("TEXT", text) for text in ("mime-version", "inside", "MIME-Version: 1.0", "this is in no message")],
    *[("HEADER Subject", text) for text in ("parts", "folded  twice", "café", "")],
    *[
        ("HEADER Message-ID", ""),
        ("HEADER X-1", "1"),
        ("HEADER X-1", ""),
        ("HEADER X-1", "2"),
        ("HEADER From", "<p@x>"),
    ],
    *[("HEADER Content-Type", "multipart"), ("HEADER Date", "1996"), ("HEADER Content-Language", "german")],
]

LETTERS = [
    (r"\Seen", "01-Jan-2001 10:00:00 +0000", "Date: Mon, 1 Jan 2001 23:30:00 -0800\n"
        "Subject: =?utf-8?q?caf=C3=A9?= a\n\none\n"),
    (r"\Seen \Answered", "02-Jan-2001 00:00:00 +0000", "Date: Tue, 2 Jan 2001 00:30:00 +0900\n"
        "Subject: two\n\n" + "x" * 990),
    (r"\Flagged $Forwarded", "02-Jan-2001 23:59:59 +0000", "Date: 3 Jan 01 01:00 GMT\n"
        "From: smith@example.org\n\nbody\n"),
    (r"\Draft", "03-Jan-2001 00:00:00 +0000", "Subject: no date\n\nbody two\n"),
    (r"\Deleted", "31-Dec-1999 23:00:00 +0000", "Date: nonsense\nTo: SMITH@example.org\n\n" + "y" * 2000 + "\n"),
    ("", "29-Feb-2004 12:00:00 +0000", "Date: Sun, 29 Feb 2004 12:00:00 +0000 (comment)\nCc: a@b\n\n"
        "=?utf-8?q?caf=C3=A9?=\n"),
    (r"\Seen Junk", "01-Mar-2004 12:00:00 +0000",
     "Date: Mon, 1 Mar 2004 12:00:00 +0000\nContent-Type: text/plain; charset=utf-8\n"
     "Content-Transfer-Encoding: quoted-printable\nMIME-Version: 1.0\n\ncaf=C3=A9 soft=\n break\n"),
    (r"\Answered \Flagged", "01-Jan-1970 00:00:00 +0000",
     "MIME-Version: 1.0\nContent-Type: text/plain; charset=iso-8859-2\n"
         "Content-Transfer-Encoding: base64\n\nv/PzZOY=\n"),
]  # fmt: skip
"""Flags, internal date and text of messages that are put into both mailboxes; the last half is recent."""

KEYS = """
ALL | ANSWERED | DELETED | DRAFT | FLAGGED | SEEN | NEW | OLD | RECENT
UNANSWERED | UNDELETED | UNDRAFT | UNFLAGGED | UNSEEN
KEYWORD $Forwarded | KEYWORD junk | KEYWORD none | UNKEYWORD $FORWARDED | UNKEYWORD none
BEFORE 2-Jan-2001 | ON 2-Jan-2001 | SINCE 2-Jan-2001 | ON 29-Feb-2004 | BEFORE 1-Jan-1971 | SINCE 1-Jan-2030
SENTBEFORE 2-Jan-2001 | SENTON 1-Jan-2001 | SENTON 2-Jan-2001 | SENTSINCE 2-Jan-2001 | SENTON "3-Jan-2001"
LARGER 1000 | SMALLER 200 | LARGER 0 | SMALLER 0 | LARGER 4294967295
1 | 2:4 | 4:2 | * | 1,3,5:* | 7:* | 1:8 | UID 1:3 | UID 100:* | UID 100 | UID 2,4,6:7
NOT SEEN | NOT NOT SEEN | OR SEEN DRAFT | OR (SEEN ANSWERED) (NOT SEEN FLAGGED) | NOT (SEEN ANSWERED)
SEEN 1:2 | UNSEEN SINCE 2-Jan-2001 NOT KEYWORD junk | (ALL) | ((1:4) (3:*)) | NOT 1:7 | OR 1 OR 2 3
FROM smith | TO smith | OR FROM smith TO smith | HEADER Date "" | HEADER date 2001 | NOT HEADER DATE ""
SUBJECT "caf" | BODY body | TEXT smith | BODY "softbreak" | BODY "soft break" | SUBJECT two NOT BODY two
CHARSET US-ASCII SUBJECT two | CHARSET UTF-8 TEXT two
"""

KNOWN = {
    "NOT (SEEN ANSWERED)": "RFC 3501 §6.4.4: NOT finds what the key does not match; this one takes both flags",
    "SENTBEFORE 2-Jan-2001": "RFC 3501 §6.4.4: without a Date field that can be read there is no day to compare",
}
"""Where Dovecot finds other messages among LETTERS, and what decides."""


def test_texts() -> None:
    messages = [Message(octets) for octets in NASTY.values()]
    met = set()
    with judge(NASTY.values()) as session:
        for key, text in TEXTS:
            octets = text.encode()
            theirs = session.search(b"CHARSET UTF-8 %b {%d}" % (key.encode(), len(octets)), octets)
            mine = _found(b"%b {%d}\r\n%b" % (key.encode(), len(octets), octets), _items(messages))
            if mine != theirs:
                met.add((key, text))
                assert (key, text) in SEARCHES, f"{key} {text!r}: popsim {mine}, Dovecot {theirs}"
    assert met == set(SEARCHES)


@pytest.fixture(scope="module")
def letters() -> Iterator[Session]:
    with dovecot({"alice": "secret"}, imap=True) as server:
        for half in (LETTERS[:4], LETTERS[4:]):
            session = Session(server.imap_port)
            assert session.ask(b"LOGIN alice secret")[0].startswith(b"OK")
            for flags, date, text in half:
                octets = _octets(text)
                status, _ = session.ask(f'APPEND INBOX ({flags}) "{date}" {{{len(octets)}}}'.encode(), octets)
                assert status.startswith(b"OK"), status
            assert session.ask(b"SELECT INBOX")[0].startswith(b"OK")
            if half == LETTERS[4:]:
                yield session
            session.close()


def test_keys(letters: Session) -> None:
    items = [
        Item(number, Message(_octets(text)), number, flags=frozenset(flags.split()), date=_seconds(date))
        for number, (flags, date, text) in enumerate(LETTERS, 1)
    ]
    met = set()
    for criteria in (one.strip() for line in KEYS.strip().splitlines() for one in line.split("|")):
        theirs = letters.search(criteria.encode())
        _, _, bare = criteria.rpartition("US-ASCII " if "US-ASCII" in criteria else "CHARSET UTF-8 ")
        mine = _found(bare.encode(), items, recent=range(5, 9))
        if mine != theirs:
            met.add(criteria)
            assert criteria in KNOWN, f"{criteria}: popsim {mine}, Dovecot {theirs}"
    assert met == set(KNOWN)


def test_texts_in_utf_8(letters: Session) -> None:
    items = [Item(n, Message(_octets(text)), n) for n, (_, _, text) in enumerate(LETTERS, 1)]
    for key, text in (("SUBJECT", "CAFÉ"), ("BODY", "café"), ("BODY", "żóód"), ("TEXT", "ŻÓÓDĆ"), ("BODY", "=?utf")):
        octets = text.encode()
        theirs = letters.search(b"CHARSET UTF-8 %b {%d}" % (key.encode(), len(octets)), octets)
        assert theirs == _found(b"%b {%d}\r\n%b" % (key.encode(), len(octets), octets), items), (key, text)
        assert theirs


def _items(messages: list[Message]) -> list[Item]:
    return [Item(number, message, number) for number, message in enumerate(messages, 1)]


def _found(criteria: bytes, items: list[Item], recent: range = range(0)) -> list[int]:
    key, place = SEARCH_KEYS.read(criteria, 0)
    assert isinstance(key, SearchKey) and place == len(criteria)
    finds = search((key,), View(len(items), items[-1].uid, recent))
    return [number for number, item in enumerate(items, 1) if finds(item, number)]


def _octets(text: str) -> bytes:
    return Message.of(text.encode()).octets


def _seconds(text: str) -> int:
    at = datetime.strptime(text, "%d-%b-%Y %H:%M:%S %z")
    return int(at.timestamp())
