"""The names of mailboxes: patterns that they fit, and how they cross the wire."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from popsim.protocols.imap.server_patterns import Pattern
from tests.imap.heard import parsed
from tests.imap.mailroom import Mailroom
from tests.imap.test_mailboxes import NEWER, names, status

# Patterns


@given(
    st.text("aB/%*", max_size=7),
    st.text("aB/", max_size=7),
)
@example("%", "")
@example("*%", "a/B")
@example("%*", "a/B")
@settings(max_examples=400, deadline=None)
def test_a_pattern_is_what_a_regular_expression_would_be(pattern: str, name: str) -> None:
    wanted = "".join({"*": ".*", "%": "[^/]*"}.get(character, re.escape(character)) for character in pattern)
    assert Pattern(pattern).matches(name) == (re.fullmatch(wanted, name) is not None)
    if "/" not in name + pattern:
        assert Pattern(pattern).matches(name) == fnmatchcase(name, pattern.replace("%", "*"))


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("inbox", True), ("InBoX", True), ("i%x", True), ("*", True), ("%", True), ("inbo", False),
        ("inbox*", True), ("*x", True), ("y*", False), ("inbox/", False),
    ],
)  # fmt: skip
def test_the_inbox_is_meant_in_any_case(pattern: str, fits: bool) -> None:
    """RFC 3501 §6.3.8: INBOX is listed where the upper-case name fits."""
    assert Pattern(pattern).matches("INBOX") == fits


def test_a_hostile_pattern_takes_no_longer_than_its_length() -> None:
    assert not Pattern("*a%" * 20_000 + "b").matches("a" * 200)
    view = Mailroom().client(box="")
    assert names(view, 'LIST "" ' + "*a%" * 2000 + "b") == []


# Names on the wire


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Entw&APw-rfe", "Entw\u00fcrfe"), ("&U,BTFw-", "\u53f0\u5317"), ("a&-b", "a&b"),
        ("~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/\u53f0\u5317/\u65e5\u672c\u8a9e"),
    ],
)  # fmt: skip
def test_names_cross_in_modified_utf_7(written: str, name: str) -> None:
    """RFC 3501 §5.1.3, with its examples."""
    room = Mailroom()
    view = room.client(box="")
    assert status(view, f"CREATE {written}") == "OK" and name in room.account.mailboxes
    assert written in names(view, 'LIST "" *')
    assert names(view, f'LIST "" {written}') == [written]
    assert status(view, f"SELECT {written}") == "OK"
    assert view.say(f"STATUS {written} (MESSAGES)")[0].rest.startswith(written.encode())


@pytest.mark.parametrize("written", ["&Jjo!", "a&b", "&U,BTFw-&ZeVnLIqe-", "&AGE-"])
def test_what_is_no_modified_utf_7_is_no_name(written: str) -> None:
    """RFC 3501 §5.1.3: a shift must end; printable ASCII is never shifted; no two shifts in a row."""
    view = Mailroom().client(box="")
    assert status(view, f'CREATE "{written}"') == "NO" and names(view, 'LIST "" *') == ["INBOX"]
    assert status(view, f'SELECT "{written}"') == "NO"


def test_names_cross_in_utf_8_in_the_newer_edition() -> None:
    room = Mailroom(protocol=NEWER)
    view = room.client(box="", protocol=NEWER)
    assert status(view, 'CREATE "Entw\u00fcrfe"') == "OK" and "Entw\u00fcrfe" in room.account.mailboxes
    assert names(view, 'LIST "" E*') == ["Entw\u00fcrfe"]


@pytest.mark.parametrize("name", ["a b", "(x)", "back\\slash", 'quo"te', "per%cent", "st*r", "{3}", "NIL"])
def test_names_with_special_characters_are_quoted(name: str) -> None:
    room = Mailroom()
    view = room.client(box="")
    quoted = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    assert status(view, f"CREATE {quoted}") == "OK" and name in room.account.mailboxes
    lines = [answer.rest for answer in view.say('LIST "" *')[:-1]]
    assert len(lines) == 2 and all(line.startswith(b'() "/" ') for line in lines)
    assert [parsed(line)[2] for line in lines if b"INBOX" not in line] == [None if name == "NIL" else name.encode()]
