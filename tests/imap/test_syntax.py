"""How the arguments of IMAP's commands are read: what they say, what is none, and noise."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popsim.protocols import find
from popsim.protocols.imap.items import LAST, Choices, FetchItem, FlagChange, Numbers, SearchKey, Section
from popsim.protocols.model import Form, Occurrence
from popsim.protocols.request import Request

OLD = find("imap").edition(3501)
EVERY = OLD.extended()
NEW = OLD.edition(9051)
NEWEST = NEW.extended()
PROTOCOLS = [OLD, EVERY, NEW, NEWEST]


def read(command: bytes, protocol: Any = EVERY) -> tuple[object, ...]:
    """What a command's arguments say."""
    request = protocol.parse(b"a1 " + command)
    assert isinstance(request.trigger, Form), request.problem
    assert request.trigger.keyword.encode() in command.upper()
    return tuple(request.arguments)


def problem(command: bytes, protocol: Any = EVERY) -> str:
    """What is wrong with a command."""
    request: Request = protocol.parse(b"a1 " + command)
    assert request.trigger is Occurrence.MALFORMED, request
    return request.problem


ALL = SearchKey("ALL")


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (b"LOGIN alice secret", (b"alice", b"secret")),
        (b'LOGIN "al ice" "se\\"cr\\\\et"', (b"al ice", b'se"cr\\et')),
        (b'LOGIN "" {4}\r\na\r\nb', (b"", b"a\r\nb")),
        (b"LOGIN {5+}\r\nalice {0}\r\n", (b"alice", b"")),
        (b"LOGIN al]ice p]w", (b"al]ice", b"p]w")),
        (b"login NIL nil", (b"NIL", b"nil")),
        (b"AUTHENTICATE SCRAM-SHA-1", (b"SCRAM-SHA-1",)),
        (b"AUTHENTICATE PLAIN AGFsaWNlAHNlY3JldA==", (b"PLAIN", b"AGFsaWNlAHNlY3JldA==")),
        (b"AUTHENTICATE PLAIN =", (b"PLAIN", b"=")),
        (b"SELECT iNbOx", ("INBOX",)),
        (b"SELECT inbox/Old", ("INBOX/Old",)),
        (b'SELECT "Sent Mail"', ("Sent Mail",)),
        (b"SELECT Entw&APw-rfe", ("Entwürfe",)),
        (b"SELECT a&-b", ("a&b",)),
        (b"SELECT INBOX (CONDSTORE)", ("INBOX", ("CONDSTORE",))),
        (b"RENAME a {1}\r\nb", ("a", "b")),
        (b'LIST "" %', ("", "%")),
        (b'LIST ~/Mail/ "*&APw-*"', ("~/Mail/", "*ü*")),
        (b"LIST (subscribed) {0}\r\n *]", None),
        (b"STATUS blurdybloop (UIDNEXT messages UIDNEXT)", ("blurdybloop", ("UIDNEXT", "MESSAGES"))),
        (b"STATUS x (HIGHESTMODSEQ)", ("x", ("HIGHESTMODSEQ",))),
        (b"APPEND inbox {3}\r\na\r\n", ("INBOX", None, None, b"a\r\n")),
        (b"APPEND x (\\seen $Forwarded) {1+}\r\nz", ("x", ("\\Seen", "$Forwarded"), None, b"z")),
        (b'APPEND x () " 7-Feb-1994 21:52:25 -0800" {0}\r\n', ("x", (), 760686745, b"")),
        (b'APPEND x "17-Jul-1996 02:44:25 +0000" {0}\r\n', ("x", None, 837571465, b"")),
        (b"COPY 2:4 MEETING", (Numbers(((2, 4),)), "MEETING")),
        (b"UID MOVE 4294967295 x", (Numbers(((4294967295, 4294967295),)), "x")),
        (b"EXPUNGE", ()),
        (b"UID EXPUNGE 3000:3002", (Numbers(((3000, 3002),)),)),
        (b"ID nil", ((),)),
        (b'ID ("name" "popsim" "version" NIL)', (((b"name", b"popsim"), (b"version", None)),)),
        (b"ENABLE condstore X-GOOD-IDEA", (("CONDSTORE", "X-GOOD-IDEA"),)),
        (b"STORE 2:4 +FLAGS (\\Deleted)", (Numbers(((2, 4),)), FlagChange("+", False, ("\\Deleted",)))),
        (b"STORE * -flags.silent \\DELETED Old old", (Numbers(((LAST, LAST),)), FlagChange("-", True,
        ("\\Deleted", "Old", "old")))),
        (b"STORE 1 FLAGS ()", (Numbers(((1, 1),)), FlagChange("", False, ()))),
        (b"UID STORE 1 (unchangedsince 0) FLAGS ()", (Numbers(((1, 1),)), 0, FlagChange("", False, ()))),
    ],
)  # fmt: skip
def test_commands_say_what_they_say(command: bytes, says: tuple[object, ...] | None) -> None:
    if says is None:
        assert problem(command)  # choices of a list are RFC 9051's
    else:
        assert read(command) == says


HEADER = FetchItem("BODY", Section((), "HEADER"), None, True)


@pytest.mark.parametrize(
    ("items", "says"),
    [
        (b"flags", [FetchItem("FLAGS")]),
        (b"FAST", [FetchItem("FLAGS"), FetchItem("INTERNALDATE"), FetchItem("RFC822.SIZE")]),
        (b"(BODY BODYSTRUCTURE UID BODY)", [FetchItem("BODY"), FetchItem("BODYSTRUCTURE"), FetchItem("UID")]),
        (b"BODY[]", [FetchItem("BODY", Section())]),
        (b"BODY.PEEK[header]", [HEADER]),
        (b"BODY[TEXT]<0.2048>", [FetchItem("BODY", Section((), "TEXT"), (0, 2048))]),
        (b"BODY[4.2.2.1]", [FetchItem("BODY", Section((4, 2, 2, 1)))]),
        (b"BODY[4.1.MIME]", [FetchItem("BODY", Section((4, 1), "MIME"))]),
        (b"BODY[3.HEADER.FIELDS (DATE {4}\r\nFROM)]", [FetchItem("BODY", Section((3,), "HEADER.FIELDS", (b"DATE",
        b"FROM")))]),
        (b'(BODY[HEADER.FIELDS.NOT ("To")]<5.1> RFC822)', [FetchItem("BODY", Section((), "HEADER.FIELDS.NOT",
        (b"To",)), (5, 1)), FetchItem("RFC822")]),
        (b"(MODSEQ)", [FetchItem("MODSEQ")]),
    ],
)  # fmt: skip
def test_what_is_to_be_fetched(items: bytes, says: list[FetchItem]) -> None:
    assert read(b"FETCH 1 " + items) == (Numbers(((1, 1),)), tuple(says))
    assert read(b"UID FETCH 1:* " + items + b" (CHANGEDSINCE 12345)")[1:] == (tuple(says), 12345)


@pytest.mark.parametrize(
    "items",
    b"|()|(FLAGS|FLAGS)|(FLAGS  UID)|(ALL)|ALL FAST|BODY[|BODY[]]|BODY[0]|BODY[1.]|BODY[.1]|BODY[1.0]|BODY[MIME]"
    b"|BODY[HEADER.FIELDS]|BODY[HEADER.FIELDS ()]|BODY[]<0>|BODY[]<0.0>|BODY[]<-1.5>|BODY.PEEK|FLAGS[]|RFC822.PEEK"
    b"|FLAGS.PEEK|BODYSTRUCTURE[1]|BODY[1 ]|BINARY[1]|UID.PEEK[]|YZ|\xff|BODY[HEADER.FIELDS (a{1}\r\nb)]".split(b"|"),
)  # fmt: skip
def test_what_cannot_be_fetched(items: bytes) -> None:
    assert "FETCH numbers items" in problem(b"FETCH 1 " + items)


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        (b"ALL", ALL),
        (b"1:3,7", SearchKey("sequence-set", (Numbers(((1, 3), (7, 7))),))),
        (b"uid *", SearchKey("UID", (Numbers(((LAST, LAST),)),))),
        (
            b"FLAGGED SINCE 1-Feb-1994",
            SearchKey("(...)", (SearchKey("FLAGGED"), SearchKey("SINCE", (date(1994, 2, 1),)))),
        ),
        (b'BEFORE "11-jan-2005"', SearchKey("BEFORE", (date(2005, 1, 11),))),
        (b'NOT FROM "Smith"', SearchKey("NOT", (SearchKey("FROM", (b"Smith",)),))),
        (b"OR SEEN (ALL DRAFT)", SearchKey("OR", (SearchKey("SEEN"), SearchKey("(...)", (ALL, SearchKey("DRAFT")))))),
        (b"HEADER Message-ID {3}\r\n<a>", SearchKey("HEADER", (b"Message-ID", b"<a>"))),
        (b"SUBJECT {3}\r\n\xc3\xa9x", SearchKey("SUBJECT", (b"\xc3\xa9x",))),
        (b"KEYWORD $Junk", SearchKey("KEYWORD", ("$Junk",))),
        (b"SMALLER 0", SearchKey("SMALLER", (0,))),
        (b"MODSEQ 620162338", SearchKey("MODSEQ", (620162338,))),
        (b'MODSEQ "/flags/\\\\draft" all 620162338', SearchKey("MODSEQ", (620162338,))),
    ],
)
def test_what_is_searched_by(keys: bytes, says: SearchKey) -> None:
    assert read(b"SEARCH " + keys) == (None, says)
    assert read(b"UID SEARCH CHARSET utf-8 " + keys) == ("UTF-8", says)
    assert read(b'SEARCH RETURN (MIN count) CHARSET "us-ascii" ' + keys) == (("MIN", "COUNT"), "US-ASCII", says)
    assert read(b"SEARCH RETURN () " + keys) == (("ALL",), None, says)


@pytest.mark.parametrize(
    "keys",
    b"|()|(ALL|ALL)|ALL  SEEN|NOT|NOT NOT|OR ALL|FROM|SINCE 31-Feb-1994|SINCE 1-Foo-1994|SINCE tomorrow|LARGER x"
    b'|LARGER -1|LARGER 4294967296|KEYWORD \\Seen|UID x|0|1:|:1|1,,2|1,|4294967296|HEADER Subject|FROM "\xc3\xa9"'
    b'|FROM "a|FROM {5}\r\nab|FROM {1}\r\n\0|$|XYZZY|ALLES|CHARSET UTF-8|RETURN (MIN)|RETURN (SAVE) ALL|(ALL) )'
    b'|BEFORE "1-Feb-1994|1-Feb-1994'.split(b"|"),
)  # fmt: skip
def test_what_cannot_be_searched_by(keys: bytes) -> None:
    assert "SEARCH [charset] keys" in problem(b"SEARCH " + keys)


@pytest.mark.parametrize(
    "command",
    [
        b"LOGIN alice", b"LOGIN alice secret more", b"LOGIN alice  secret", b'LOGIN "alice" "sec\nret"',
        b"LOGIN al(ice x",
        b"LOGIN alice {6}\r\nsecre", b"SELECT", b"SELECT a b", b"SELECT *", b"SELECT x (y)", b"EXPUNGE 1",
        b"UID FETCH 0 FLAGS",
        b"APPEND x (\\Recent) {0}\r\n", b'APPEND x "7-Feb-1994 21:52:25 -0800" {0}\r\n', b"APPEND x y",
        b'APPEND x "31-Feb-1994 21:52:25 -0800" {0}\r\n', b'APPEND x "01-Feb-1994 24:52:25 -0800" {0}\r\n',
        b'APPEND x "y"',
        b'APPEND x " 7-Feb-1994 21:52:25 -2500" {0}\r\n', b"STATUS x ()", b"STATUS x MESSAGES", b"STATUS x (SIZE)",
        b"ENABLE",
        b"STORE 1 FLAGS", b"STORE 1 FLAGS (\\Seen", b"STORE 1 FLAG x", b"STORE 1 FLAGS.LOUD x", b"STORE 1 +-FLAGS x",
        b"STORE 1 FLAGS \\Recent", b"STORE 1 (UNCHANGEDSINCE x) FLAGS x", b"FETCH 1 FLAGS (CHANGEDSINCE 0)", b"ID",
        b"ID ()x",
        b'ID ("a")', b'ID ("a" b)', b"ID (" + b" ".join([b'"a" "b"'] * 31) + b")", b'ID ("' + b"x" * 31 + b'" NIL)',
        b"COPY 1", b"COPY x y", b"COPY 1 %", b"AUTHENTICATE", b"AUTHENTICATE PLAIN x y", b'LIST "" ', b"LIST x",
        b"NOOP x",
    ],
)  # fmt: skip
def test_what_is_not_written_like_this(command: bytes) -> None:
    assert problem(command).startswith(f"expected {command.split(b' ')[0].decode()}")


def test_a_secret_is_in_no_word_about_what_is_wrong() -> None:
    for command in (b"LOGIN alice hunter2 x", b'LOGIN alice "hunter2', b"LOGIN hunter2", b'LOGIN a "hunter2"x'):
        assert "hunter2" not in problem(command)


def test_choices_of_a_list() -> None:
    says = read(b'LIST (SUBSCRIBED recursivematch) "" * RETURN (CHILDREN STATUS (MESSAGES SIZE))', NEW)
    chosen, wanted = Choices(("SUBSCRIBED", "RECURSIVEMATCH")), Choices(("CHILDREN", "STATUS"), ("MESSAGES", "SIZE"))
    assert says == (chosen, "", ("*",), wanted)
    assert read(b'LIST "" (%)', NEW) == (None, "", ("%",), None) and read(b'LIST "" (a "b c")', NEW)[2] == ("a", "b c")
    assert read(b'LIST () "" * RETURN ()', NEW) == (Choices(), "", ("*",), Choices())
    assert read(b'LIST "" * RETURN (SUBSCRIBED)', NEW) == (None, "", ("*",), Choices(("SUBSCRIBED",)))
    assert read(b'LIST "" *', NEW) == ("", "*")
    for wrong in (
        b'(XYZZY) "" *',
        b'(RECURSIVEMATCH) "" *',
        b'"" * RETURN',
        b'"" * RETURN (STATUS)',
        b'"" * RETURN (STATUS ())',
        b'"" (a',
        b'"" ()',
        b'"" (a  b)',
        b'(SPECIAL-USE) "" *',  # an extension's
    ):
        assert problem(b"LIST " + wrong, NEW)


# What differs from one edition and extension to another


@pytest.mark.parametrize(
    ("command", "known"),
    [
        (b"FETCH 1 RFC822", (OLD, EVERY)),
        (b"FETCH 1 MODSEQ", (EVERY, NEWEST)),
        (b"FETCH 1 BINARY.PEEK[1]<0.5>", (NEW, NEWEST)),
        (b"FETCH 1 BINARY.SIZE[2]", (NEW, NEWEST)),
        (b"FETCH $ FLAGS", (NEW, NEWEST)),
        (b"SEARCH RECENT", (OLD, EVERY)),
        (b"SEARCH NEW", (OLD, EVERY)),
        (b"SEARCH $", (NEW, NEWEST)),
        (b"SEARCH LARGER 4294967296", (NEW, NEWEST)),
        (b"SEARCH RETURN (MIN) ALL", (EVERY, NEW, NEWEST)),
        (b"SEARCH RETURN (SAVE) ALL", (NEW, NEWEST)),
        (b"STATUS x (RECENT)", (OLD, EVERY)),
        (b"STATUS x (SIZE DELETED)", (NEW, NEWEST)),
        (b"STATUS x (HIGHESTMODSEQ)", (EVERY, NEWEST)),
        (b"SELECT x (CONDSTORE)", (EVERY, NEWEST)),
        (b'SELECT "\xc3\xa9"', (NEW, NEWEST)),
    ],
)
def test_what_an_edition_or_an_extension_has(command: bytes, known: tuple[Any, ...]) -> None:
    found = [protocol for protocol in PROTOCOLS if isinstance(protocol.parse(b"a " + command).trigger, Form)]
    assert found == list(known)


def test_names_are_utf_8_in_the_new_edition() -> None:
    assert read(b'SELECT "Entw\xc3\xbcrfe &- co"', NEW) == ("Entwürfe &- co",)
    assert read(b'SELECT "Entw&APw-rfe &- co"', OLD) == ("Entwürfe & co",)
    assert problem(b'SELECT "\xff"', NEW)


# Sets of numbers


def test_numbers() -> None:
    (numbers, _) = read(b"COPY 2,4:7,9,12:* x")
    assert isinstance(numbers, Numbers)
    assert numbers.among(15) == (range(2, 3), range(4, 8), range(9, 10), range(12, 16))  # RFC 3501 §9, sequence-set
    assert Numbers(((LAST, 4), (5, 7))).among(10) == (range(4, 11),)
    assert Numbers(((3291, LAST),)).among(5) == (range(5, 3292),)  # RFC 3501 §9, seq-range: it has the last one
    assert Numbers(((1, 1), (2, 2), (1, 1))).among(9) == (range(1, 3),)
    assert Numbers(((1, LAST),)).fits(3) and not Numbers(((1, 4),)).fits(3)
    assert not Numbers(((LAST, LAST),)).fits(0) and Numbers(((LAST, LAST),)).fits(1)


@settings(derandomize=True, deadline=None, max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=8), st.integers(1, 30))
def test_numbers_are_those_that_the_ranges_have(ranges: list[tuple[int, int]], last: int) -> None:
    numbers = Numbers(tuple(ranges))
    wanted: set[int] = set()
    for pair in ranges:
        low, high = sorted(number or last for number in pair)
        wanted |= set(range(low, high + 1))
    assert [n for one in numbers.among(last) for n in one] == sorted(wanted)
    assert numbers.fits(last) == (max(wanted) <= last)
