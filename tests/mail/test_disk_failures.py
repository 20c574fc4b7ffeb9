"""Changes of mail on the disk that fail or are killed, at every step: nothing is lost, and nothing is in the way."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from popsim.mail import lock
from popsim.mail.mailbox import MailboxError
from popsim.mail.message import Message
from popsim.mail.store import Account
from tests.mail.boxes_on_disk import KINDS, made, opened, subjects


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "TRIES", 3)


STEPS = ("open", "write", "fsync", "replace", "rename", "unlink", "stat", "fstat", "close", "link", "utime", "makedirs")


@contextmanager
def failing(at: int, fail: Callable[[], None]) -> Iterator[list[str]]:
    """Let the call number ``at`` of what changes or reads a disk fail; yields the calls."""
    calls: list[str] = []
    real = {name: getattr(os, name) for name in STEPS}

    def instead(name: str) -> Callable[..., object]:
        def call(*arguments: object, **more: object) -> object:
            calls.append(name)
            if len(calls) == at:
                fail()
            return real[name](*arguments, **more)

        return call

    for name in STEPS:
        setattr(os, name, instead(name))
    try:
        yield calls
    finally:
        for name in STEPS:
            setattr(os, name, real[name])


def broken() -> None:
    raise OSError(errno.EIO, "Input/output error")


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def add(account: Account) -> None:
    account.inbox.append(Message.of(b"Subject: 4\n\nnew\n"), ["\\Seen"], date=1_800_000_000)


def flag(account: Account) -> None:
    account.inbox.set_flags(2, ["\\Flagged"])


def move(account: Account) -> None:
    account.inbox.move([2], account.mailboxes.get("Old") or account.create("Old"))


def rename(account: Account) -> None:
    move(account)
    account.rename("Old", "Older")


def delete(account: Account) -> None:
    account.inbox.copy([2], account.create("Old"))
    account.delete("Old")


CHANGES = [
    *((kind, add, {"123", "1234"}) for kind in KINDS),
    ("Maildir", flag, {"123"}),
    ("Maildir", move, {"123", "1322", "132", "1232"}),
    ("Maildir", rename, {"123", "1322", "132", "1232"}),
    ("Maildir", delete, {"123", "1232"}),
]


@pytest.mark.parametrize("way", [broken, killed])
@pytest.mark.parametrize(("kind", "change", "may_be"), CHANGES)
def test_a_failure_or_a_kill_at_every_step(
    tmp_path: Path,
    kind: str,
    change: Callable[[Account], None],
    may_be: set[str],
    way: Callable[[], None],
) -> None:
    """No message is ever lost or seen in part, and the next server is not hindered."""
    seen = []
    for at in range(1, 200):
        folder = tmp_path / str(at)
        folder.mkdir()
        place = made(folder, kind)
        ended = True
        if way is broken:
            account = opened(place)
            with failing(at, way) as calls:
                try:
                    change(account)
                except MailboxError as error:
                    assert "\n" not in str(error)
                    ended = False
            ended = ended and len(calls) < at
            Path(f"{place}.lock").unlink(missing_ok=True)  # whose removal may have been what failed
            account.inbox.refresh()
            assert set(subjects(account)) >= {"1", "2", "3"}
        else:
            child = os.fork()
            if not child:
                try:
                    account = opened(place)
                    with failing(at, way):
                        change(account)
                finally:
                    os._exit(0)
            ended = not os.waitpid(child, 0)[1]
        after = "".join(subjects(opened(place)))
        seen.append(after)
        assert after in may_be, (at, after)
        assert all(m.octets.endswith((b"x\r\n", b"new\r\n")) for m in opened(place).maildrop.messages)
        again = opened(place)
        add(again)
        assert subjects(opened(place)).count("4") == subjects(again).count("4") > 0
        if kind != "Maildir":
            assert [name for name in os.listdir(place if kind == "eml" else folder) if name.startswith(".")] == []
        if ended:
            break
    assert ended and len(seen) > (1 if change is flag else 10)
    assert (len(set(seen)) > 1) == (change not in (flag, delete) or "1232" in seen)
