"""Searches, stated by hand; `test_search_judged.py` asks a Dovecot."""

from __future__ import annotations

from datetime import date

import pytest

from popsim.mail.item import Item
from popsim.mail.message import Message
from popsim.protocols.imap.item_table import SEARCH_KEYS as KEYS
from popsim.protocols.imap.items import Numbers, SearchKey
from popsim.protocols.imap.search_syntax import SEARCH_KEYS
from popsim.protocols.imap.server_search import View, is_known, matches, search

DAY = 86400
LETTER = Message.of(
    b"Date: Fri, 1 Feb 2002 23:59:00 -0800\nFrom: =?iso-8859-1?q?Andr=E9?= <andre@example.org>\nTo: friends: a@b;\n"
    b"Subject: =?utf-8?b?xYHDs2TFug==?= and\n more\nX-Spam: no\nMIME-Version: 1.0\n"
    b"Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nna=EFve te=\nxt\n"
)
ITEM = Item(
    7,
    LETTER,
    1,
    modseq=20,
    flags=frozenset({"\\Seen", "$Forwarded"}),
    date=(date(2002, 2, 3) - date(1970, 1, 1)).days * DAY,
)
VIEW = View(3, 9, recent={7}, saved={7})
NUMBER = 2

FITS = """
ALL; SEEN; NEW NOT ALL; RECENT; NOT OLD; KEYWORD $forwarded; UNKEYWORD $other; UNDELETED; NOT UNSEEN
2; 1:2; 2:*; NOT *; NOT 3:*; UID 7; UID 5:7; NOT UID 8:*; UID *; NOT UID *
ON 3-Feb-2002; SINCE 3-Feb-2002; BEFORE 4-Feb-2002; NOT BEFORE 3-Feb-2002
SENTON 1-Feb-2002; NOT SENTON 2-Feb-2002; SENTSINCE 1-Feb-2002; SENTBEFORE 2-Feb-2002
FROM andr; FROM ANDRE@EXAMPLE; TO friends; TO a@b; NOT TO c; NOT CC ""; SUBJECT "and more"; SUBJECT AND
BODY text; NOT BODY "te="; NOT BODY and; TEXT and; TEXT x-spam; HEADER X-SPAM no; HEADER x-spam ""; NOT HEADER y ""
LARGER 10; SMALLER 10000; NOT LARGER 10000; MODSEQ 20; NOT MODSEQ 21; (SEEN 2); OR 3 (SEEN (2)); NOT OR 3 1
"""
BUT = {"NEW NOT ALL", "UID *", "NOT UID *"}


@pytest.mark.parametrize(
    "criteria", sorted({one.strip() for row in FITS.split("\n") for one in row.split(";")} - BUT - {""})
)
def test_what_fits(criteria: str) -> None:
    key, place = SEARCH_KEYS.read(criteria.encode(), 0)
    assert isinstance(key, SearchKey) and place == len(criteria)
    assert matches(key, ITEM, NUMBER, VIEW)
    assert not matches(SearchKey("NOT", (key,)), ITEM, NUMBER, VIEW)


def test_every_key_is_known_to_the_search() -> None:
    arguments: dict[str, tuple[object, ...]] = {
        "": (), "text": (b"x",), "date": (date(2000, 1, 1),), "flag": ("x",), "number": (1,),
        "numbers": (Numbers(((1, 1),)),), "key": (SearchKey("ALL"),), "key key": (SearchKey("ALL"), SearchKey("ALL")),
        "field text": (b"x", b"y"),
    }  # fmt: skip
    for word in KEYS:
        assert matches(SearchKey(word.mark, arguments[word.takes]), ITEM, NUMBER, VIEW) in (True, False)


@pytest.mark.parametrize("text, fits", [("ŁÓDŹ", True), ("łódź", True), ("lódź", False), ("Ło\u0301dz\u0301", True)])
def test_case_and_composition_in_utf_8(text: str, fits: bool) -> None:
    assert matches(SearchKey("SUBJECT", (text.encode(),)), ITEM, NUMBER, VIEW) is fits


def test_charsets_of_parts() -> None:
    assert matches(SearchKey("BODY", ("NAÏVE".encode(),)), ITEM, NUMBER, VIEW)
    assert not matches(SearchKey("BODY", (b"na\xefve",)), ITEM, NUMBER, VIEW)
    odd = Message.of(b"Content-Type: text/plain; charset=zlib_codec\nMIME-Version: 1.0\n\nword\n")
    for charset in (b"zlib_codec", b"nothing-known", b"idna", b"punycode", b"utf-16", b'""', b"\xff"):
        message = Message(odd.octets.replace(b"zlib_codec", charset))
        matches(SearchKey("TEXT", (b"x",)), Item(1, message, 1), 1, VIEW)
    assert matches(SearchKey("BODY", (b"word",)), Item(1, odd, 1), 1, VIEW)
    assert is_known("utf-8") and is_known("US-ASCII") and not is_known("KOI8-R")


def test_the_saved_result() -> None:
    for name in ("UID", "sequence-set"):
        key = SearchKey(name, (Numbers(saved=True),))
        assert matches(key, ITEM, NUMBER, VIEW) and not matches(key, ITEM, NUMBER, View(3, 9))


def test_a_large_set_is_not_walked_for_every_message() -> None:
    """Quick enough to end: ten thousand ranges against ten thousand messages."""
    numbers = Numbers(tuple((3 * n + 1, 3 * n + 1) for n in range(10_000)))
    finds = search((SearchKey("UID", (numbers,)),), View(10_000, 30_000))
    items = [Item(n, LETTER, n) for n in range(1, 10_001)]
    assert sum(finds(item, item.uid) for item in items) == 3334


def test_the_body_is_looked_into_last() -> None:
    """What the flags exclude is not decoded."""

    class Unread:
        flags = frozenset[str]()

    finds = search((SearchKey("BODY", (b"x",)), SearchKey("SEEN")), VIEW)
    assert finds(Unread(), 1) is False  # type: ignore[arg-type]
