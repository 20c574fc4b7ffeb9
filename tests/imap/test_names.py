"""The names of mailboxes as a client writes them, whatever it writes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popsim.mail import names as mail_names
from popsim.protocols.imap import names

# RFC 3501 §5.1.3 has this one, and those that follow are not allowed by it.
EXAMPLE = "~peter/mail/台北/日本語"
ENCODED = b"~peter/mail/&U,BTFw-/&ZeVnLIqe-"
FORBIDDEN = [
    b"&Jjo!",
    b"&U,BTFw-&ZeVnLIqe-",
    b"&U,BTFw",
    b"&AGE-",
    b"a&",
    b"&U/BTFw-",
    b"&U,BTF-",
    b"&2D0-",
    b"\xc3\xa9",
    b"a\xff",
]


def test_there_is_one_implementation() -> None:
    assert names.encode is mail_names.encode and names.decode is mail_names.decode


def test_the_example_of_the_rfc() -> None:
    assert names.encode(EXAMPLE) == ENCODED and names.decode(ENCODED) == EXAMPLE


@pytest.mark.parametrize("octets", FORBIDDEN)
def test_what_is_no_name_is_kept_as_one_that_no_mailbox_has(octets: bytes) -> None:
    with pytest.raises(ValueError, match="modified UTF-7"):
        names.decode(octets)
    name = names.heard(octets)
    assert not names.is_name(name) and names.spoken(name) == octets
    with pytest.raises(ValueError, match="expected|control"):
        mail_names.checked(name)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=20))
def test_every_name_is_heard_as_it_was_spoken(name: str) -> None:
    for is_utf8 in (False, True):
        octets = names.spoken(name, is_utf8)
        assert names.heard(octets, is_utf8) == name and names.is_name(name)
    assert names.encode(name).isascii()


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.one_of(st.binary(max_size=16), st.text("&-AOk,U/Bab\xe9", max_size=16).map(lambda t: t.encode("latin-1"))))
def test_whatever_is_heard_goes_back_as_it_came(octets: bytes) -> None:
    for is_utf8 in (False, True):
        name = names.heard(octets, is_utf8)
        if names.is_name(name) and not is_utf8 and not octets.isascii():
            raise AssertionError(f"{octets!r} is no modified UTF-7")
        if is_utf8 or not any(c < 32 or c == 127 for c in octets):  # modified UTF-7 has no control characters as such
            assert names.spoken(name, is_utf8) == octets


def test_names_in_utf_8_have_no_shift() -> None:
    assert names.heard(b"a&b \xc3\xa9", is_utf8=True) == "a&b é"
    assert names.spoken("a&b é", is_utf8=True) == b"a&b \xc3\xa9"
    assert not names.is_name(names.heard(b"\xff&", is_utf8=True))
