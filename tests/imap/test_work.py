"""What a stranger can make a server do has its bounds, whatever he asks for, and they are told."""

from __future__ import annotations

import email.header
import random
from typing import Any

import pytest

from popsim.mail import header
from popsim.mail.mailbox import MailboxError
from popsim.mail.names import is_inferior
from tests.imap.mailroom import Mailroom
from tests.imap.view import View


def last(view: View, octets: bytes) -> bytes:
    """The last line that answers some octets."""
    return view._feed(octets).split(b"\r\n")[-2]


def test_behind_a_large_literal_come_few_others() -> None:
    """With each the server would look at all the octets again."""
    view = Mailroom(1).client("a")
    large = b"x APPEND INBOX {9000000+}\r\n" + b"a" * 9_000_000
    assert b"x BAD APPEND: too many literals in one command: at most 7" in last(
        view, large + b" {0+}\r\n" * 300 + b"\r\n"
    )
    many = b"x SEARCH" + b" SUBJECT {1+}\r\na" * 257 + b"\r\n"
    assert b"x BAD SEARCH: too many literals in one command: at most 256" in last(view, many)
    assert last(view, b"x SEARCH" + b" SUBJECT {1+}\r\na" * 256 + b"\r\n").startswith(b"x OK")


@pytest.mark.parametrize(
    ("within", "beyond", "words"),
    [
        (b"SEARCH " + b"SEEN " * 499 + b"ALL", b"SEARCH " + b"SEEN " * 500 + b"ALL", b"at most 500 keys"),
        (b"SEARCH " + b"NOT SEEN " * 250, b"SEARCH " + b"NOT SEEN " * 251, b"at most 500 keys"),
    ],
)
def test_how_many_keys_a_search_may_have(within: bytes, beyond: bytes, words: bytes) -> None:
    view = Mailroom(1).client("a")
    assert last(view, b"x " + within.rstrip() + b"\r\n").startswith(b"x OK")
    answer = last(view, b"x " + beyond.rstrip() + b"\r\n")
    assert answer.startswith(b"x BAD") and words in answer


def test_how_much_of_each_message_may_be_asked_for() -> None:
    view = Mailroom(1).client("a")
    for count, word in ((100, b"x OK"), (101, b"x BAD")):
        parts = b" ".join(b"BODY.PEEK[]<%d.9>" % n for n in range(count))
        assert last(view, b"x FETCH 1 (" + parts + b")\r\n").startswith(word)


def test_long_fields_are_decoded_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """The standard library's time grows with the square of what it is given."""
    given: list[str] = []
    right = email.header.decode_header

    def counted(text: Any) -> Any:
        given.append(text)
        return right(text)

    monkeypatch.setattr(email.header, "decode_header", counted)
    for octets in (b"=?utf-8?q?a?= " * 5000, b"=?x?q?a?=" * 5000, b"x" * 30_000 + b" =?utf-8?q?b?="):
        text = header.decoded(octets)
        assert set(text) <= set("axb =?qutf-8")
    assert given and max(map(len, given)) <= 10_000
    assert header.decoded(b"=?utf-8?q?a?= " * 700).replace(" ", "") == "a" * 700


def test_what_is_below_a_name_is_known_at_once() -> None:
    """As a look at all the names tells it, in whatever order they come and go."""
    account, chance = Mailroom(1).account, random.Random(3)
    names = [f"{a}{b}" for a in ("a", "ab", "a-", "B") for b in ("", "/x", "/x/y", "/x-", "/")]
    for _ in range(400):
        name, other = chance.choice(names), chance.choice(names)
        try:
            match chance.randrange(3):
                case 0:
                    account.create(name)
                case 1:
                    account.delete(name)
                case _:
                    account.rename(name, other)
        except MailboxError:
            pass
        for one in names:
            assert account.has_inferiors(one) is any(is_inferior(n, one) for n in account.mailboxes), one
