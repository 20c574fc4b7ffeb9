"""The maildrop: lock, numbers, marks, unique-ids, LAST, removal."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from functools import partial

import pytest

from popsim.mail.maildrop import Maildrop, MaildropLocked, MaildropReleased, NoSuchMessage, RemovalResult
from popsim.mail.message import Message


def mail(*sizes: int) -> list[Message]:
    return [Message(bytes([65 + index]) * (size - 2) + b"\r\n") for index, size in enumerate(sizes)]


def uids(drop: Maildrop) -> list[str]:
    return [message.uid or "" for message in drop.messages]


# --- the lock


def test_one_session_at_a_time() -> None:
    drop = Maildrop(mail(10))
    assert drop.owner is None
    first = drop.open("first")
    assert drop.owner == first.owner == "first"
    for owner in ("second", "first"):
        with pytest.raises(MaildropLocked, match="first.*RFC 1939 §4") as error:
            drop.open(owner)
        assert error.value.owner == "first"
    first.release()
    assert drop.owner is None
    second = drop.open(2)
    first.release()  # a second release must not take the lock from the next session
    assert drop.owner == 2
    second.release()


def test_two_maildrops_do_not_feel_each_other() -> None:
    one, two = Maildrop(mail(10)), Maildrop(mail(10))
    one.open(1)
    assert two.open(1).count == 1


def test_commit_keeps_the_lock_until_release() -> None:
    drop = Maildrop(mail(10))
    session = drop.open(0)
    session.commit()
    with pytest.raises(MaildropLocked):
        drop.open(1)
    session.release()
    drop.open(1)


def test_a_finished_session_changes_nothing() -> None:
    drop = Maildrop(mail(10, 20))
    released = drop.open(0)
    released.release()
    committed = drop.open(1)
    committed.commit()
    for session in (released, committed):
        changes: list[Callable[[], object]] = [
            partial(session.delete, 1),
            partial(session.retrieved, 1),
            session.reset,
            session.commit,
        ]
        for change in changes:
            with pytest.raises(MaildropReleased, match="open it again"):
                change()
        assert session.message(1).size == 10
    assert len(drop) == 2


# --- numbers and marks


def test_numbers_stat_and_marks() -> None:
    drop = Maildrop(mail(120, 200, 50))
    session = drop.open(0)
    assert (session.opened, session.count, session.total) == (3, 3, 370)
    assert session.numbers() == [1, 2, 3]
    session.delete(2)
    assert (session.opened, session.count, session.total) == (3, 2, 170)
    assert session.numbers() == [1, 3] and session.marked() == (2,)
    assert [(number, message.size) for number, message in session.listed()] == [(1, 120), (3, 50)]
    assert len(drop) == 3 and drop.octets == 370, "a mark removes nothing"
    session.reset()
    assert (session.count, session.total, session.marked()) == (3, 370, ())


@pytest.mark.parametrize("number", [0, -1, 3, 10**30])
def test_a_number_that_was_not_given(number: int) -> None:
    session = Maildrop(mail(10, 10)).open(0)
    for use in (session.message, session.delete, session.retrieved):
        with pytest.raises(NoSuchMessage, match=f"no message {number}: the numbers here are 1 to 2") as error:
            use(number)
        assert (error.value.number, error.value.count, error.value.deleted) == (number, 2, False)


def test_a_marked_number_is_an_error_and_does_not_change_others() -> None:
    drop = Maildrop(mail(10, 10))
    session = drop.open(0)
    session.delete(1)
    for use in (session.message, session.delete, session.retrieved):
        with pytest.raises(NoSuchMessage, match="message 1 is marked as deleted") as error:
            use(1)
        assert (error.value.number, error.value.count, error.value.deleted) == (1, 2, True)
    assert session.message(2).octets == b"BBBBBBBB\r\n"
    assert (session.count, session.total) == (1, 10)
    assert [session.uid(1), session.uid(2)] == [message.uid for message in drop.messages], "marked or not"
    for number in (0, 3):
        with pytest.raises(NoSuchMessage, match=f"no message {number}"):
            session.uid(number)


def test_an_empty_maildrop() -> None:
    session = Maildrop().open(0)
    assert (session.count, session.total, session.last, session.numbers()) == (0, 0, 0, [])
    assert list(session.listed()) == []
    with pytest.raises(NoSuchMessage, match="the maildrop is empty"):
        session.message(1)
    assert session.commit() == RemovalResult((), ())


# --- removal


def test_commit_removes_the_marked_ones_only() -> None:
    drop = Maildrop(mail(10, 20, 30, 40))
    session = drop.open(0)
    session.delete(3)
    session.delete(1)
    assert session.commit() == ((1, 3), ())
    session.release()
    assert [message.size for message in drop.messages] == [20, 40] and drop.octets == 60
    again = drop.open(1)
    assert [again.message(number).size for number in again.numbers()] == [20, 40]
    assert (again.count, again.total) == (2, 60)


def test_release_without_commit_leaves_every_message() -> None:
    drop = Maildrop(mail(10, 20))
    session = drop.open(0)
    session.delete(1)
    session.delete(2)
    session.release()
    assert drop.open(1).numbers() == [1, 2], "no mark outlives its session"


def test_a_removal_that_fails() -> None:
    drop = Maildrop(mail(10, 20, 30))
    drop.refuse_removal.add(drop.messages[1].uid or "")
    session = drop.open(0)
    session.delete(1)
    session.delete(2)
    result = session.commit()
    assert (result.removed, result.failed) == ((1,), (2,))
    assert (session.count, session.total, session.marked()) == (2, 50, (1,))
    with pytest.raises(NoSuchMessage):
        session.message(1)
    session.release()
    assert [message.size for message in drop.messages] == [20, 30]
    assert Maildrop(mail(10), refuse_removal=["x"]).refuse_removal == {"x"}


# --- delivery


def test_a_message_delivered_meanwhile_appears_at_the_next_opening() -> None:
    drop = Maildrop(mail(10, 20))
    session = drop.open(0)
    late = drop.deliver(Message(b"late\r\n"))
    assert late.uid and len(drop) == 3 and drop.octets == 36
    assert (session.count, session.total, session.numbers()) == (2, 30, [1, 2])
    assert [number for number, _ in session.listed()] == [1, 2]
    with pytest.raises(NoSuchMessage):
        session.message(3)
    session.delete(1)
    session.commit()
    session.release()
    again = drop.open(1)
    assert [again.message(number).octets for number in again.numbers()] == [b"B" * 18 + b"\r\n", b"late\r\n"]


# --- unique-ids


def test_unique_ids_are_well_formed_unique_and_depend_on_the_octets_alone() -> None:
    drop = Maildrop(mail(10, 20, 30))
    assert len(set(uids(drop))) == 3
    assert all(1 <= len(uid) <= 70 and all("!" <= c <= "~" for c in uid) for uid in uids(drop))
    assert uids(drop) == uids(Maildrop(mail(10, 20, 30)))
    assert uids(Maildrop(mail(10, 20, 30)[1:])) == uids(drop)[1:]
    assert uids(drop)[0] == hashlib.sha256(b"A" * 8 + b"\r\n").hexdigest()[:24]


def test_identical_copies_get_a_suffix() -> None:
    drop = Maildrop([Message(b"same\r\n")] * 3)
    stem = uids(drop)[0]
    assert uids(drop) == [stem, f"{stem}-2", f"{stem}-3"]


def test_unique_ids_persist_however_sessions_end() -> None:
    drop = Maildrop(mail(10, 20, 30))
    before = uids(drop)
    session = drop.open(0)
    session.delete(1)
    session.release()
    assert uids(drop) == before
    session = drop.open(1)
    assert [message.uid for _, message in session.listed()] == before
    session.delete(1)
    session.commit()
    session.release()
    assert uids(drop) == before[1:]


def test_a_unique_id_is_never_used_again() -> None:
    drop = Maildrop([Message(b"same\r\n"), Message(b"named\r\n", "name")])
    stem = uids(drop)[0]
    session = drop.open(0)
    session.delete(1)
    session.delete(2)
    session.commit()
    session.release()
    assert drop.deliver(Message(b"same\r\n")).uid == f"{stem}-2"
    with pytest.raises(ValueError, match="name: it is given once"):
        drop.deliver(Message(b"other\r\n", "name"))
    assert len(drop) == 1 and drop.octets == 6, "a refused message is not delivered"


def test_given_unique_ids_are_kept_and_avoided() -> None:
    stem = uids(Maildrop([Message(b"same\r\n")]))[0]
    named = [Message(b"x\r\n", f"{stem}-2"), Message(b"y\r\n", stem)]
    drop = Maildrop([Message(b"same\r\n"), Message(b"same\r\n"), *named])
    assert uids(drop) == [f"{stem}-3", f"{stem}-4", f"{stem}-2", stem]
    with pytest.raises(ValueError, match="unique-id a: it is given once"):
        Maildrop([Message(b"x\r\n", "a"), Message(b"y\r\n", "a")])


def test_what_was_stuffed_for_one_maildrop_serves_all() -> None:
    message = Message(b".\r\n")
    one, two = Maildrop([message]).open(0), Maildrop([message]).open(0)
    assert one.message(1).dot_stuffed is two.message(1).dot_stuffed is message.dot_stuffed


# --- LAST (RFC 1460 §4, §5)


def test_last_rises_with_retr_and_dele_and_never_falls() -> None:
    session = Maildrop(mail(10, 10, 10, 10)).open(0)
    seen = [session.last]
    for act, number in ((session.retrieved, 2), (session.delete, 3), (session.retrieved, 1)):
        act(number)
        seen.append(session.last)
    assert seen == [0, 2, 3, 3]


def test_the_example_of_rfc_1460() -> None:
    drop = Maildrop(mail(66, 67, 120, 67))
    earlier = drop.open(0)
    earlier.retrieved(1)
    earlier.release()
    session = drop.open(1)
    assert (session.count, session.total, session.last, session.last_at_opening) == (4, 320, 1, 1)
    session.retrieved(3)
    assert session.last == 3
    session.delete(2)
    assert session.last == 3
    session.reset()
    assert (session.last, session.last_at_opening) == (0, 1)
    session.reset(last=session.last_at_opening)
    assert session.last == 1, "as in RFC 1081"


def test_last_at_opening_is_of_messages_that_are_still_there() -> None:
    drop = Maildrop(mail(10, 20, 30, 40))
    session = drop.open(0)
    session.retrieved(2)
    session.retrieved(4)
    session.delete(4)
    session.delete(1)
    session.commit()
    session.release()
    again = drop.open(1)
    assert again.last == 1, "message 2 of then is message 1 now; a deleted one leaves no trace"
    again.delete(1)
    again.commit()
    again.release()
    assert drop.open(2).last == 0


def test_dele_alone_leaves_no_trace_for_later_sessions() -> None:
    drop = Maildrop(mail(10, 10))
    session = drop.open(0)
    session.delete(2)
    session.release()
    assert drop.open(1).last == 0


def test_reset_does_not_undo_what_later_sessions_know() -> None:
    drop = Maildrop(mail(10, 10))
    session = drop.open(0)
    session.retrieved(2)
    session.reset()
    session.release()
    assert drop.open(1).last_at_opening == 2


# --- what it costs


def test_opening_and_stat_take_the_same_time_for_any_number_of_messages() -> None:
    drop = Maildrop([Message(b"Subject: x\r\n\r\nbody\r\n")] * 100_000)
    started = time.process_time()
    for _ in range(1000):
        session = drop.open(0)
        session.delete(50_000)
        assert (session.count, session.total) == (99_999, 99_999 * 20)
        session.reset()
        session.release()
    assert time.process_time() - started < 0.5, "each would take 0.3 ms if it looked at 100,000 messages"
