"""Mailboxes, their names and what POP and IMAP see of one another: the rules one by one."""

from __future__ import annotations

import pytest

from popsim.mail.account import Account
from popsim.mail.collection import Mail
from popsim.mail.flags import MOST_KEYWORDS
from popsim.mail.item import Item
from popsim.mail.ledger import LAST_UID, Changes, Ledger
from popsim.mail.mailbox import (
    Exists,
    Expunged,
    Flagged,
    Mailbox,
    MailboxError,
    MailboxLocked,
    NoSuchMailbox,
    Recent,
)
from popsim.mail.maildrop import MaildropLocked
from popsim.mail.message import Message
from popsim.mail.store import User

ALICE = User("alice", "secret")


def account(count: int = 3) -> Account:
    return Account(ALICE, Mail("m", [Message.of(b"%d" % number, f"u{number}") for number in range(1, count + 1)]))


def uids(mailbox: Mailbox) -> list[int]:
    return [item.uid for item in mailbox.items]


# --- POP and IMAP on one mailbox


def test_what_pop_deletes_is_gone_in_imap_and_the_other_way_round() -> None:
    alice = account()
    view = alice.inbox.open(0)
    session, _ = alice.open(1)
    session.delete(2)
    assert view.news(True) == () and len(alice.inbox.items) == 3, "a mark is the session's own"
    session.commit()
    session.release()
    assert view.news(True) == (Expunged(2, 2),)
    alice.inbox.expunge([3])
    assert [message.uid for message in alice.maildrop.messages] == ["u1"]
    assert alice.open(2)[0].count == 1


def test_while_a_pop_session_has_the_lock_nothing_is_removed_and_the_rest_goes_on() -> None:
    alice = account()
    session, _ = alice.open(1)
    with pytest.raises(MailboxLocked, match="INBOX is open in a POP session"):
        alice.inbox.expunge([1])
    with pytest.raises(MailboxLocked):
        alice.inbox.move([1], alice.create("Old"))
    assert len(alice.mailboxes["Old"]) == 0
    with pytest.raises(MailboxLocked):
        alice.rename("INBOX", "Older")
    assert "Older" not in alice.mailboxes
    item = alice.inbox.append(Message.of(b"new"), ["\\Seen"], date=7)
    alice.inbox.set_flags(1, ["\\Deleted"])
    assert (item.uid, item.date, set(item.flags)) == (4, 7, {"\\Seen"})
    assert session.count == 3 and session.opened == 3
    session.delete(1)
    session.commit()
    session.release()
    assert uids(alice.inbox) == [2, 3, 4]
    alice.inbox.expunge([2])
    assert uids(alice.inbox) == [3, 4]


def test_a_folder_is_a_maildrop_too() -> None:
    alice = account()
    old = alice.create("Old")
    alice.inbox.move([1, 2], old)
    drop = alice.drop("Old")
    assert drop is old.maildrop and alice.drop("nowhere") is None
    session, _ = alice.open(3, "Old")
    assert session.count == 2 and old.is_locked and not alice.inbox.is_locked
    with pytest.raises(MailboxLocked):
        alice.delete("Old")
    with pytest.raises(MaildropLocked):
        alice.open(4, "Old")
    with pytest.raises(NoSuchMailbox):
        alice.open(4, "Young")
    assert [old.rows[session.uid(n)] for n in (1, 2)] == [1, 2]


def test_last_is_the_inboxs_own_whatever_imap_removes() -> None:
    alice = account(4)
    session, _ = alice.open(0)
    session.retrieved(3)
    session.release()
    alice.inbox.expunge([1])
    assert alice.open(1)[0].last == 2


# --- Numbers and news


def test_many_removals_at_once_and_one_each_are_told_the_same() -> None:
    for size in (8, 9, 30):
        alice = account(40)
        view = alice.inbox.open(0)
        gone = list(range(3, 3 + 2 * size // 2))
        alice.inbox.expunge(gone)
        assert view.news(True) == tuple(Expunged(3, uid) for uid in gone)
        assert [item.uid for item in view.items] == [uid for uid in range(1, 41) if uid not in gone]


def test_a_removal_that_may_not_be_told_keeps_its_number_and_its_octets() -> None:
    alice = account()
    view = alice.inbox.open(0)
    alice.inbox.expunge([2])
    alice.inbox.append(Message.of(b"new"))
    assert view.news(False) == (Exists(4), Recent(4)) and view.has_news
    assert (view.item(2).uid, view.item(2).is_gone, view.item(2).message.octets) == (2, True, b"2\r\n")
    assert view.number_of(4) == 4
    assert view.news(True) == (Expunged(2, 2),) and not view.has_news
    assert view.number_of(4) == 3 and view.number_of(2) == 0
    with pytest.raises(LookupError, match="no message 4: the numbers here are 1 to 3"):
        view.item(4)


def test_what_came_and_went_unnoticed_has_never_been() -> None:
    alice = account()
    view = alice.inbox.open(0)
    item = alice.inbox.append(Message.of(b"new"))
    alice.inbox.set_flags(item.uid, ["\\Seen"])
    alice.inbox.expunge([item.uid])
    assert view.news(True) == ()
    assert alice.inbox.recent == 0


def test_flags_are_told_to_the_others() -> None:
    alice = account()
    mine, others = alice.inbox.open(0), alice.inbox.open(1)
    item = alice.inbox.set_flags(2, ["\\seen", "later"], by=mine)
    assert mine.news(True) == ()
    assert others.news(True) == (Flagged(2, item),)
    version = alice.inbox.highest_modseq
    assert item.modseq == version > 1
    alice.inbox.set_flags(2, ["LATER", "\\Seen"])
    assert others.news(True) == () and alice.inbox.highest_modseq == version, "nothing has changed"
    alice.inbox.set_flags(2, [])
    others.told(2)
    assert others.news(True) == ()
    late = alice.inbox.append(Message.of(b"new"))
    alice.inbox.set_flags(late.uid, ["\\Seen"])
    assert others.news(True) == (Exists(4), Recent(1)), "the client will ask for what is new to it"
    others.close()
    others.close()
    alice.inbox.expunge([1])
    assert not others.has_news


def test_recent_is_for_the_first_session_that_may_write() -> None:
    alice = account()
    reader = alice.inbox.open(0, read_only=True)
    assert reader.recent == {1, 2, 3} and alice.inbox.recent == 3
    first, second = alice.inbox.open(1), alice.inbox.open(2)
    assert (first.recent, second.recent, alice.inbox.recent) == ({1, 2, 3}, set(), 0)
    alice.inbox.append(Message.of(b"new"))
    assert second.news(False) == (Exists(4), Recent(1))
    assert first.news(False) == (Exists(4), Recent(3))


def test_keywords() -> None:
    alice = account()
    inbox = alice.inbox
    inbox.set_flags(1, ["$Work", "\\RECENT", "\\draft"])
    inbox.set_flags(2, ["$WORK"])
    assert inbox.item(1).flags == {"$Work", "\\Draft"} and inbox.item(2).flags == {"$Work"}  # type: ignore[union-attr]
    assert list(inbox.keywords) == ["$Work"]
    with pytest.raises(MailboxError, match=r"no flag .Foo: with"):
        inbox.set_flags(1, ["\\Foo"])
    with pytest.raises(MailboxError, match="which is the most"):
        for number in range(MOST_KEYWORDS + 1):
            inbox.set_flags(1, [f"k{number}"])
    assert len(inbox.keywords) == MOST_KEYWORDS
    with pytest.raises(MailboxError, match="UID 9 is gone"):
        inbox.set_flags(9, [])


def test_uids_end_at_32_bits() -> None:
    alice = account()
    assert alice.inbox.uid_next == 4
    alice.inbox._uid_next = LAST_UID
    assert alice.inbox.append(Message.of(b"last")).uid == LAST_UID
    with pytest.raises(MailboxError, match="has given all UIDs"):
        alice.inbox.append(Message.of(b"one more"))
    with pytest.raises(ValueError, match="UIDVALIDITY"):
        Ledger(0, Changes())


# --- COPY and MOVE


def test_a_copy_has_flags_and_date_and_a_row_of_its_own_and_what_moves_keeps_it() -> None:
    alice = account()
    old = alice.create("Old")
    source = alice.inbox.append(Message.of(b"x"), ["\\Flagged", "k"], date=12345)
    ((_, copy),) = alice.inbox.copy([source.uid], old)
    assert (copy.uid, copy.flags, copy.date, copy.number) == (1, source.flags, 12345, source.number + 1)
    ((gone, moved),) = alice.inbox.move([source.uid], old)
    assert gone is source and source.is_gone
    assert (moved.uid, moved.flags, moved.date, moved.number) == (2, source.flags, 12345, source.number)
    assert copy.message.uid != moved.message.uid
    there_and_back = alice.inbox
    for _ in range(3):
        ((_, moved),) = old.move([moved.uid], there_and_back)
        ((_, moved),) = there_and_back.move([moved.uid], old)
    assert moved.number == source.number


def test_copy_is_all_or_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    alice = account()
    old = alice.create("Old")
    with pytest.raises(MailboxError, match="nothing was copied"):
        alice.inbox.copy([1, 7], old)
    real, calls = Mailbox.take, []

    def full(self: Mailbox, *arguments: object, **more: object) -> Item:
        calls.append(1)
        if len(calls) == 3:
            raise MailboxError("the disk is full")
        return real(self, *arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Mailbox, "take", full)
    with pytest.raises(MailboxError, match="full"):
        alice.inbox.move([1, 2, 3], old)
    assert len(old) == 0 and uids(alice.inbox) == [1, 2, 3]


def test_what_the_disk_does_not_let_go_is_not_moved() -> None:
    alice = account()
    alice.maildrop.refuse_removal.add("u2")
    old = alice.create("Old")
    pairs = alice.inbox.move([1, 2], old)
    assert [item.uid for item, _ in pairs] == [1]
    assert uids(alice.inbox) == [2, 3] and len(old) == 1
    assert alice.inbox.expunge([2, 3]) != () and uids(alice.inbox) == [2]
