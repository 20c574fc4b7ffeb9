"""An mbox with one more message: the others stay what they are, whoever else writes to it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from popsim.mail import lock
from popsim.mail.boxes import box, read_mail
from popsim.mail.mailbox import MailboxError
from popsim.mail.mbox_text import date_in, found_in, is_mbox, with_message
from popsim.mail.message import Message
from popsim.mail.store import Account
from tests.mail.boxes_on_disk import ALICE, made, opened


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "TRIES", 3)


LINES = st.sampled_from([b"From x", b">From y", b"From", b"", b"\r", b"\x00\xff", b"text", b"."])
MESSAGES = st.lists(LINES, max_size=5).map(b"\n".join).map(Message.of)
BOXES = st.lists(LINES, max_size=8).map(lambda lines: b"\n".join([b"From z", *lines])) | st.sampled_from(
    [b"", b"\n\r\n"]
)
ENDS = st.sampled_from([b"", b"\n", b"\n\n", b"\r\n", b"\r\n\r\n", b"\n\r\n"])


@given(BOXES, ENDS, st.booleans(), MESSAGES, st.integers(0, 2**34))
def test_what_is_added_to_an_mbox_changes_no_other_message(
    data: bytes, end: bytes, crlf: bool, message: Message, date: int
) -> None:
    data = (data.replace(b"\n", b"\r\n") if crlf else data) + end
    pieces = with_message(data, message, date)
    before = [m.octets for _, m in found_in(data)]
    whole = b"".join(pieces)
    assert whole.startswith(data) and is_mbox(whole)
    *others, (line, added) = found_in(whole)
    assert [m.octets for _, m in others] == before
    assert added.octets.replace(b"\n>From ", b"\nFrom ") == message.octets.replace(b"\n>From ", b"\nFrom ") or (
        added.octets == b">" + message.octets.replace(b"\nFrom ", b"\n>From ")
    )
    assert date_in(line) == date


def test_dates_in_an_mbox() -> None:
    for line, date in (
        (b"From ana Mon Mar  4 08:15:00 2024\n", 1709540100),
        (b"From ana Mon Mar  4 08:15 2024\r\n", 1709540100),
        (b"From ana Mon Mar  4 08:15:00 EET 2024\n", 1709540100),
        (b"From ana Mon Mar  4 08:15:00 2024 +0200\n", 1709532900),
        (b"From ana Mon Mar  4 08:15:00 2024 -0130\n", 1709545500),
        (b"From ana Mon Foo  4 08:15:00 2024\n", None),
        (b"From ana\n", None),
        (b"From ana Mon Mar  4 08:15:00 0000\n", None),
        (b"From ana Thu Jan  1 00:00:00 1903\n", 0),
    ):
        assert date_in(line) == date, line


def test_an_mbox_that_others_write_to_meanwhile(tmp_path: Path) -> None:
    place = made(tmp_path, "mbox")
    account = opened(place)
    with place.open("ab") as file:
        file.write(b"From other\nSubject: other\n\n\n")
    item = account.inbox.append(Message.of(b"Subject: mine\n\n"))
    assert [m.header("Subject") for m in read_mail(place)] == ["1", "2", "3", "other", "mine"]
    assert [i.message.header("Subject") for i in account.inbox.items] == ["1", "2", "3", "mine"]
    assert len(account.inbox.refresh()) == 1
    assert [i.message.header("Subject") for i in account.inbox.items] == ["1", "2", "3", "mine", "other"]
    account.inbox.expunge([1, item.uid])
    assert [m.header("Subject") for m in read_mail(place)] == ["2", "3", "other"]
    place.write_bytes(b"no mbox any more\n")
    with pytest.raises(MailboxError, match="nothing was added"):
        account.inbox.append(Message.of(b"x"))
    assert place.read_bytes() == b"no mbox any more\n"
    with pytest.raises(MailboxError, match="nothing was added"):
        Path(f"{place}.lock").write_bytes(b"1")
        account.inbox.append(Message.of(b"x"))


def test_an_append_while_a_session_removes_waits_for_its_turn(tmp_path: Path) -> None:
    """A POP session's removal may run in a thread of its own, and IMAP adds meanwhile."""
    import threading

    place = made(tmp_path, "mbox")
    account = Account(ALICE, box(place, lambda _: waited.wait(0.01)), writes=True)
    waited, entered, goes_on = threading.Event(), threading.Event(), threading.Event()
    session, _ = account.open(0)
    session.delete(1)
    real = os.replace

    def replace(aside: str, to: str) -> None:
        entered.set()
        assert goes_on.wait(20)
        real(aside, to)

    os.replace = replace  # type: ignore[assignment]
    try:
        thread = threading.Thread(target=session.prepare)
        thread.start()
        assert entered.wait(20)
        adder = threading.Thread(target=lambda: account.inbox.append(Message.of(b"Subject: new\n\n")))
        adder.start()
        adder.join(0.2)
        assert adder.is_alive()
        goes_on.set()
        thread.join(20)
        adder.join(20)
    finally:
        os.replace = real
    session.commit()
    session.release()
    assert [m.header("Subject") for m in read_mail(place)] == ["2", "3", "new"]
    assert [m.header("Subject") for m in account.maildrop.messages] == ["2", "3", "new"]
