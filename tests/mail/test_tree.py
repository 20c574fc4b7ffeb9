"""The mailboxes of an account, their names, their rows in a timeline, and what counts as a change."""

from __future__ import annotations

import sys

import pytest

from popsim.mail import samples
from popsim.mail.account import Account
from popsim.mail.collection import Mail
from popsim.mail.item import written
from popsim.mail.mailbox import (
    Expunged,
    Mailbox,
    MailboxError,
    MailboxExists,
    NoSuchMailbox,
)
from popsim.mail.message import Message
from popsim.mail.store import Store, User

ALICE = User("alice", "secret")


def account(count: int = 3) -> Account:
    return Account(ALICE, Mail("m", [Message.of(b"%d" % number, f"u{number}") for number in range(1, count + 1)]))


def uids(mailbox: Mailbox) -> list[int]:
    return [item.uid for item in mailbox.items]


def test_names_are_made_with_those_above_them() -> None:
    alice = account()
    alice.create("a/b/c/")
    assert list(alice.hierarchy()) == ["INBOX", "a", "a/b", "a/b/c"]
    for name in ("inbox", "INBOX", "a", "a/"):
        with pytest.raises(MailboxExists):
            alice.create(name)
    for name in ("", "/", "a//b", "/x", "a\nb", "x" * 300):
        with pytest.raises(MailboxError):
            alice.create(name)
    assert alice.create("iNbOx/Lists").name == "INBOX/Lists"
    assert alice.mailbox("Inbox") is alice.inbox and alice.mailbox("A") is None


def test_a_deleted_name_above_others_stays_hollow() -> None:
    alice = account()
    alice.create("foo/bar").append(Message.of(b"x"))
    alice.mailboxes["foo"].append(Message.of(b"y"))
    view = alice.mailboxes["foo"].open(0)
    assert [item.message.octets for item in alice.delete("foo")] == [b"y\r\n"]
    assert alice.hierarchy()["foo"] is None and "foo" not in alice.mailboxes
    assert view.item(1).message.octets == b"y\r\n", "who reads it reads on"
    with pytest.raises(MailboxError, match="has mailboxes below it"):
        alice.delete("foo")
    with pytest.raises(NoSuchMailbox, match="holds no messages"):
        alice.open(1, "foo")
    alice.delete("foo/bar")
    assert list(alice.hierarchy()) == ["INBOX", "foo"]
    alice.delete("foo")
    assert list(alice.hierarchy()) == ["INBOX"]
    with pytest.raises(NoSuchMailbox):
        alice.delete("foo")
    with pytest.raises(MailboxError, match="always there"):
        alice.delete("inbox")


def test_a_mailbox_that_is_made_again_has_a_greater_uid_validity() -> None:
    alice = account()
    first = alice.create("x").uid_validity
    alice.create("y")
    alice.delete("x")
    second = alice.create("x").uid_validity
    assert second > first > 0
    alice.delete("x")
    y = alice.mailboxes["y"].uid_validity
    alice.rename("y", "x")
    assert alice.mailboxes["x"].uid_validity > second > y, "x was another mailbox before"
    kept = alice.create("z").uid_validity
    alice.rename("z", "new")
    assert alice.mailboxes["new"].uid_validity == kept


def test_renaming_takes_what_is_below_along() -> None:
    alice = account()
    alice.create("a/b/c").append(Message.of(b"x"))
    alice.create("ab")
    moved = alice.rename("a", "z/y")
    assert list(alice.hierarchy()) == ["INBOX", "ab", "z", "z/y", "z/y/b", "z/y/b/c"]
    assert [item.number for item in moved] == [4]
    with pytest.raises(MailboxError, match="below itself"):
        alice.rename("z", "z/q")
    with pytest.raises(MailboxExists):
        alice.rename("ab", "z/y")
    with pytest.raises(NoSuchMailbox):
        alice.rename("nothing", "q")
    alice.delete("z")
    alice.rename("z", "q")
    assert list(alice.hierarchy()) == ["INBOX", "ab", "q", "q/y", "q/y/b", "q/y/b/c"] and alice.hollow == {"q"}
    alice.rename("ab", "q")
    assert alice.hollow == set() and alice.mailboxes["q"].name == "q"


def test_renaming_the_inbox_moves_its_messages_alone() -> None:
    alice = account()
    alice.create("INBOX/below")
    view = alice.inbox.open(0)
    moved = alice.rename("inbox", "old")
    assert [(item.uid, item.number) for item in moved] == [(1, 1), (2, 2), (3, 3)]
    assert list(alice.hierarchy()) == ["INBOX", "INBOX/below", "old"]
    assert len(alice.inbox) == 0 and alice.inbox.uid_next == 4
    assert [type(one) for one in view.news(True)] == [Expunged] * 3


def test_special_uses() -> None:
    alice = account()
    assert alice.create("Sent").special_use == "\\Sent"
    assert alice.create("Gesendet", special_use="\\Sent").special_use == "\\Sent"
    alice.rename("Sent", "Elsewhere")
    alice.rename("Gesendet", "Trash")
    assert alice.mailboxes["Elsewhere"].special_use == "" and alice.mailboxes["Trash"].special_use == "\\Sent"
    assert alice.subscribed == {"INBOX"}


# --- Numbers in a timeline, and the store


def test_rows_of_a_timeline_have_one_home() -> None:
    store = Store([ALICE, User("bob", "x")], {"alice": samples.minimal(), "alice/Old/Older": samples.four()})
    alice = store.accounts["alice"]
    rows = alice.listing()
    assert [row[0] for row in rows] == [1, 2, 3, 4, 5, 6]
    assert [row[5:] for row in rows] == [[], [], *[["Old/Older"]] * 4]
    assert [item.number for item in alice.inbox.items] == [alice.rows[m.uid or ""] for m in alice.maildrop.messages]
    assert [item.number for item in alice.mailboxes["Old/Older"].items] == [3, 4, 5, 6]
    assert alice.deliver(Message.of(b"x")) == 7
    gone = alice.inbox.append(Message.of(b"y"))
    alice.inbox.expunge([gone.uid])
    assert alice.listing()[-1] == [8] and alice.listing()[:6] == rows
    session, _ = alice.open(0)
    session.delete(1)
    session.commit()
    assert alice.listing()[:6] == rows, "what was listed stays listed"


def test_the_version_grows_with_every_change_and_with_nothing_else() -> None:
    store = Store([ALICE], {"alice": samples.inbox()})
    alice = store.accounts["alice"]
    seen = [store.version]

    def same() -> bool:
        seen.append(store.version)
        return seen[-1] == seen[-2]

    view = alice.inbox.open(0)
    assert view.count == 8 and alice.inbox.unseen() == 8 and same()
    session, _ = alice.open(1)
    session.delete(1)
    session.reset()
    session.release()
    assert same()
    for change in (
        lambda: alice.inbox.set_flags(1, ["\\Seen"]),
        lambda: alice.inbox.append(Message.of(b"x")),
        lambda: alice.inbox.expunge([1]),
        lambda: alice.create("x"),
        lambda: alice.rename("x", "y"),
        lambda: alice.delete("y"),
        lambda: alice.deliver(Message.of(b"z")),
    ):
        change()
        assert not same() and same()


def test_dates() -> None:
    def dated(text: str) -> int:
        return written(Message.of(f"Date: {text}\n\n".encode()))

    assert dated("Mon, 4 Mar 2024 08:15:00 +0200") == 1709532900
    assert [dated(text) for text in ("", "soon", "Mon, 99 Foo 2024 08:15:00", "1 Jan 1900 00:00:00 +0000")] == [0] * 4
    assert dated("1 Jan 99999999999 00:00:00 +0000") in range(253_402_300_800)
    assert [item.date for item in account().inbox.items] == [0, 0, 0]
    inbox = Account(ALICE, samples.inbox()).inbox
    assert inbox.items[0].date == 1709532900
    alice = account()
    assert alice.deliver(Message.of(b"Date: 4 Mar 2024 08:15:00 +0200\n\nx"), date=99) == 4
    assert alice.inbox.items[-1].date == 99


# --- How much work it is


def test_one_change_in_a_large_mailbox_touches_one_message() -> None:
    """Counted, not timed: how many lines of this package run for a STORE does not grow with the mailbox."""

    def lines(count: int) -> int:
        inbox = account(count).inbox
        views = [inbox.open(number) for number in range(3)]
        ran = 0

        def trace(frame: object, event: str, _: object) -> object:
            nonlocal ran
            ran += event == "line"
            return trace

        sys.settrace(trace)  # type: ignore[arg-type]
        try:
            inbox.set_flags(count // 2, ["\\Seen"], views[0])
            views[1].news(True)
            views[2].news(False)
        finally:
            sys.settrace(None)
        return ran

    assert lines(4000) < lines(40) * 2


def test_opening_for_pop_makes_no_items() -> None:
    alice = account(50)
    session, _ = alice.open(0)
    assert list(session.listed()) and alice.inbox._items is None and alice.inbox._rows is None


def test_what_pop_removed_before_imap_came_has_had_its_uid_and_row() -> None:
    alice = account(5)
    for number in (2, 3):
        session, _ = alice.open(0)
        session.delete(number)
        session.commit()
        session.release()
    assert alice.inbox._items is None
    assert alice.rows == {f"u{number}": number for number in range(1, 6)}
    assert [(item.uid, item.number) for item in alice.inbox.items] == [(1, 1), (3, 3), (5, 5)]
    assert alice.inbox.uid_next == 6 and alice.deliver(Message.of(b"x")) == 6


@pytest.mark.parametrize("removes", [False, True])
def test_what_comes_into_the_maildrop_itself_is_in_the_mailbox(removes: bool) -> None:
    alice = account(2)
    if removes:
        session, _ = alice.open(0)
        session.delete(1)
        session.commit()
        session.release()
    named = alice.maildrop.deliver(Message.of(b"x"))
    assert uids(alice.inbox) == [1, 2, 3][removes:] and alice.rows[named.uid or ""] == 3
