"""Mail: a named, ordered collection that never changes."""

from __future__ import annotations

import pytest

from popsim.mail.collection import Mail
from popsim.mail.message import Message

ONE = Message(b"Subject: one\r\n\r\n1\r\n", "u1")
TWO = Message(b"Subject: two\r\n\r\n22\r\n")


def test_mail_is_a_sequence_with_a_name() -> None:
    mail = Mail("pair", iter([ONE, TWO]))
    assert (mail.name, len(mail), mail[0], mail[1], list(mail)) == ("pair", 2, ONE, TWO, [ONE, TWO])
    assert mail.messages == (ONE, TWO) and mail.size == ONE.size + TWO.size
    assert mail == Mail("pair", (ONE, TWO)) and mail != Mail("other", (ONE, TWO))
    assert hash(mail) == hash(Mail("pair", (ONE, TWO)))
    with pytest.raises(AttributeError):
        mail.name = "changed"  # type: ignore[misc]


def test_the_digest_depends_on_octets_order_and_unique_ids_alone() -> None:
    base = Mail("a", (ONE, TWO))
    assert base.digest == Mail("b", (ONE, TWO)).digest == base.digest
    others = [
        Mail("a", (TWO, ONE)),
        Mail("a", (ONE,)),
        Mail("a", (ONE, TWO, TWO)),
        Mail("a", (ONE, TWO.with_uid("u2"))),
        Mail("a", (ONE, Message(TWO.octets[:-3] + b"3\r\n"))),
        Mail("a", ()),
    ]
    digests = {mail.digest for mail in (base, *others)}
    assert len(digests) == 7
    assert all(len(digest) == 64 for digest in digests)


def test_the_text_lists_the_messages() -> None:
    assert str(Mail("pair", (ONE, TWO))).split("\n") == [
        "pair: 2 messages, 39 octets",
        "   1       19" + " " * 42 + "one",
        "   2       20" + " " * 42 + "two",
    ]
    assert repr(Mail("pair", (ONE,))) == "<Mail 'pair': 1 message, 19 octets>"


def test_raw_octets_are_refused() -> None:
    with pytest.raises(TypeError, match=r"Message\.of"):
        Mail("raw", [b"x\r\n"])  # type: ignore[list-item]
