"""Modified UTF-7 both ways, by RFC 3501 §5.1.3."""

from __future__ import annotations

import re
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from popsim.mail.names import canonical, decode, encode, superiors

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def by_hand(name: str) -> bytes:
    """The same, run by run: printable ASCII as it is, anything else as UTF-16 in base64 with "," for "/"."""
    written = b""
    for plain, run in re.findall(r"([ -~]+)|([^ -~]+)", name):
        coded = b64encode(run.encode("utf-16-be"), b"+,").rstrip(b"=")
        written += b"&" + coded + b"-" if run else plain.replace("&", "&-").encode()
    return written


@pytest.mark.parametrize(
    ("name", "octets"),
    [
        ("INBOX", b"INBOX"),
        ("~peter/mail/台北/日本語", b"~peter/mail/&U,BTFw-/&ZeVnLIqe-"),  # RFC 3501 §5.1.3
        ("Entwürfe", b"Entw&APw-rfe"),
        ("a&b", b"a&-b"),
        ("&", b"&-"),
        ("&-", b"&--"),
        ("\U0001f600", b"&2D3eAA-"),
        ("", b""),
    ],
)
def test_examples(name: str, octets: bytes) -> None:
    assert encode(name) == octets and decode(octets) == name


@given(TEXT)
def test_there_and_back(name: str) -> None:
    octets = encode(name)
    assert octets == by_hand(name)
    assert decode(octets) == name
    assert all(32 <= octet < 127 for octet in octets)


@given(st.binary(max_size=20) | st.text("&-ABUw,BTFw+/=", max_size=12).map(str.encode))
def test_a_name_has_one_form_only(octets: bytes) -> None:
    try:
        name = decode(octets)
    except ValueError:
        return
    assert encode(name) == octets


@pytest.mark.parametrize(
    "octets",
    [
        b"a&b", b"&AGE-", b"&U,BTFw-&ZeVnLIqe-", b"&U/BTFw-", b"&U,BTFw", b"&U,BTF-", b"&2D3e-", b"\x80", b"&APw=-",
        b"a\tb", b"&*-",
    ],
)  # fmt: skip
def test_what_is_no_such_name(octets: bytes) -> None:
    with pytest.raises(ValueError, match="expected a name in modified UTF-7"):
        decode(octets)


def test_half_a_surrogate_pair_is_no_text() -> None:
    with pytest.raises(ValueError):
        encode("\ud800")


def test_levels() -> None:
    assert canonical("iNBoX") == "INBOX" and canonical("inbox/a") == "INBOX/a" and canonical("inboxes") == "inboxes"
    assert superiors("a/b/c") == ["a", "a/b"] and superiors("a") == []
