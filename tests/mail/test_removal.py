"""Removal from the disk: locked, written aside, renamed; whatever fails, and whenever, no message is lost."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import mailbox
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from popsim.mail import lock
from popsim.mail.box import Box
from popsim.mail.boxes import box
from popsim.mail.store import Account, User

LETTERS = [
    b"From ana@example.org Mon Mar  4 08:15:00 2024\nSubject: 1\n\nbody\n>From here\n\n",
    b"From bob@example.org  odd   spaces\r\nSubject: 2\r\n\r\nCR LF\r\n\r\n",
    b"From c\nSubject: 3\n\n\x00\xff\r\n\n\n\n",
    b"From d\nSubject: 4\n\nlast, without a line end",
]


SECONDS = (lock.TRIES - 1) * lock.BETWEEN


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "TRIES", 3)


def opened(path: Path) -> tuple[Box, list[str]]:
    found = box(path, lambda _: None)
    return found, [message.uid or "" for message in found.read()]


def write(folder: Path, data: bytes | None = None) -> Path:
    path = folder / "box"
    path.write_bytes(b"".join(LETTERS) if data is None else data)
    return path


def names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


# --- mbox: what stays is not touched


@pytest.mark.parametrize("gone", [[0], [1], [3], [0, 1], [1, 3], [0, 1, 2, 3], []], ids=str)
def test_what_stays_is_the_same_to_the_octet(tmp_path: Path, gone: list[int]) -> None:
    path = write(tmp_path)
    found, uids = opened(path)
    assert found.remove([uids[n] for n in gone]) == frozenset()
    assert path.read_bytes() == b"".join(letter for n, letter in enumerate(LETTERS) if n not in gone)
    assert names(tmp_path) == ["box"]
    again = found.news()
    assert [m.uid for m in (again or [])] == [uid for n, uid in enumerate(uids) if n not in gone]


def test_mail_that_came_meanwhile_stays(tmp_path: Path) -> None:
    path = write(tmp_path)
    found, uids = opened(path)
    late = b"\n\nFrom e\nSubject: late\n\nx\n\nFrom f\n\n"
    with path.open("ab") as file:
        file.write(late)
    assert found.remove([uids[0], uids[3]]) == frozenset()
    assert path.read_bytes() == LETTERS[1] + LETTERS[2] + late.lstrip(b"\n")
    assert [m.uid for m in found.read()][:2] == [uids[1], uids[2]]


def test_blank_lines_at_the_beginning_stay(tmp_path: Path) -> None:
    path = write(tmp_path, b"\n\n" + LETTERS[0] + LETTERS[2])
    found, uids = opened(path)
    found.remove(uids[:1])
    assert path.read_bytes() == b"\n\n" + LETTERS[2]


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b"body", b"BODY"),
        lambda data: data[:-3],
        lambda data: data[len(LETTERS[0]) :],
        lambda data: data + b", and goes on\n",
        lambda data: data + b"From x\n",  # no line of its own
        lambda data: b"",
        lambda data: b"From new\n\n" + data,
    ],
)
def test_a_file_that_was_changed_in_another_way_is_left_alone(tmp_path: Path, change: Callable[[bytes], bytes]) -> None:
    path = write(tmp_path)
    found, uids = opened(path)
    changed = change(path.read_bytes())
    path.write_bytes(changed)
    assert found.remove(uids[:1]) == frozenset(uids[:1])
    assert path.read_bytes() == changed and names(tmp_path) == ["box"]
    assert "has changed" in found.trouble


def test_owner_and_mode_stay(tmp_path: Path) -> None:
    path = write(tmp_path)
    path.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(path, 12345, 54321)
    before = path.stat()
    found, uids = opened(path)
    assert not found.remove(uids[:1])
    after = path.stat()
    assert after.st_ino != before.st_ino
    for what in ("st_mode", "st_uid", "st_gid"):
        assert getattr(after, what) == getattr(before, what), what


def test_an_owner_that_cannot_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid():
        pytest.skip("only the administrator can give a file to somebody else")
    path = write(tmp_path)
    os.chown(path, 12345, 54321)
    found, uids = opened(path)

    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "fchown", refuse)
    assert found.remove(uids[:1]) == frozenset(uids[:1])
    assert "Operation not permitted" in found.trouble
    assert path.read_bytes() == OLD and names(tmp_path) == ["box"]


def test_a_link_is_followed_and_stays(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    path = write(tmp_path / "real")
    link = tmp_path / "link"
    link.symlink_to(path)
    found, uids = opened(link)
    assert not found.remove(uids[:3])
    assert link.is_symlink() and path.read_bytes() == LETTERS[3]
    os.link(path, tmp_path / "hard")
    assert found.news() is not None
    assert found.remove(uids[3:]) and "another name (a hard link)" in found.trouble


# --- mbox: locks


@contextmanager
def held(path: Path, how: str) -> Iterator[None]:
    """Another process has the lock."""
    code = {
        "mailbox": "import mailbox; b = mailbox.mbox(p, create=False); b.lock()",
        "fcntl": "import fcntl; f = open(p, 'r+b'); fcntl.lockf(f, fcntl.LOCK_EX)",
        "dotlock": "open(p + '.lock', 'x').close()",
    }[how]
    program = f"import sys; p = sys.argv[1]; {code}; print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin and process.stdout
        assert process.stdout.readline() == b"held\n"
        try:
            yield
        finally:
            process.stdin.close()
            process.wait(20)
            Path(f"{path}.lock").unlink(missing_ok=True)


@pytest.mark.parametrize("how", ["mailbox", "fcntl", "dotlock"])
def test_a_lock_that_cannot_be_had(tmp_path: Path, how: str) -> None:
    path = write(tmp_path)
    waits: list[float] = []
    found = box(path, waits.append)
    uids = [m.uid or "" for m in found.read()]
    with held(path, how):
        before = names(tmp_path)
        assert found.remove(uids[:1]) == frozenset(uids[:1])
        assert path.read_bytes() == b"".join(LETTERS) and names(tmp_path) == before
        assert "is in use: another program has locked it" in found.trouble
    assert len(waits) == lock.TRIES - 1 and set(waits) == {lock.BETWEEN}
    assert not found.remove(uids[:1]) and found.trouble == ""


def test_the_lock_is_waited_for_some_seconds() -> None:
    assert 2 <= SECONDS <= 10


def test_while_it_writes_others_are_locked_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path)
    found, uids = opened(path)
    seen = []
    real = os.replace

    def replace(aside: str, place: str) -> None:
        code = (
            "import fcntl, sys\nf = open(sys.argv[1], 'r+b')\n"
            "try: fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB); print('free')\nexcept OSError: print('locked')"
        )
        done = subprocess.run([sys.executable, "-c", code, place], capture_output=True, text=True, timeout=20)
        with pytest.raises(mailbox.ExternalClashError):
            mailbox.mbox(place, create=False).lock()
        seen.append((done.stdout, names(tmp_path)))
        real(aside, place)

    monkeypatch.setattr(os, "replace", replace)
    assert not found.remove(uids[:1])
    assert seen == [("locked\n", [".box.popsim", "box", "box.lock"])]


def test_a_file_that_is_replaced_between_opening_and_locking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path)
    found, uids = opened(path)
    real, late = lock._lock, [b"\n\nFrom e\nSubject: late\n\n"]

    def replaced(file: int) -> None:
        if late:
            (tmp_path / "new").write_bytes(OLD + late.pop())
            os.replace(tmp_path / "new", path)
        real(file)

    monkeypatch.setattr(lock, "_lock", replaced)
    assert not found.remove(uids[:1])
    assert path.read_bytes() == OLD.removeprefix(LETTERS[0]) + b"\n\nFrom e\nSubject: late\n\n"


def test_a_lock_that_a_killed_server_left_is_broken_and_no_other(tmp_path: Path) -> None:
    path = write(tmp_path)
    found, uids = opened(path)
    dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    beside = tmp_path / "box.lock"
    for text, breaks in (
        (lock._signature(os.getpid()), False),
        (b"%d\n" % int(dead.stdout), False),
        (b"", False),
        (b"popsim x y\n", False),
        (b"popsim %d another.machine\n" % int(dead.stdout), False),
        (lock._signature(int(dead.stdout)), True),
    ):
        beside.write_bytes(text)
        assert bool(found.remove(uids[:1])) != breaks, text
        assert beside.exists() != breaks


# --- mbox: whatever fails, and whenever

STEPS = ("open", "write", "fsync", "fchmod", "replace", "unlink", "stat", "fstat", "close", "link")


@contextmanager
def failing(at: int, fail: Callable[[str], None]) -> Iterator[list[str]]:
    """Let the call number ``at`` of what changes or reads a disk fail; yields the calls."""
    calls: list[str] = []
    real = {name: getattr(os, name) for name in STEPS}
    real["lockf"] = fcntl.lockf

    def instead(name: str) -> Callable[..., object]:
        def call(*arguments: object, **more: object) -> object:
            calls.append(name)
            if len(calls) == at:
                fail(name)
            return real[name](*arguments, **more)

        return call

    for name in STEPS:
        setattr(os, name, instead(name))
    fcntl.lockf = instead("lockf")
    try:
        yield calls
    finally:
        for name in STEPS:
            setattr(os, name, real[name])
        fcntl.lockf = real["lockf"]


OLD, NEW = b"".join(LETTERS), LETTERS[1] + LETTERS[2]


def test_a_failure_at_every_step(tmp_path: Path) -> None:
    def fail(_: str) -> None:
        raise OSError(errno.EIO, "Input/output error")

    results = []
    for at in range(1, 100):
        folder = tmp_path / str(at)
        folder.mkdir()
        path = write(folder)
        found, uids = opened(path)
        with failing(at, fail) as calls:
            failed = found.remove([uids[0], uids[3]])
        left = path.read_bytes()
        assert left == (OLD if failed else NEW), (at, calls)
        assert bool(failed) == bool(found.trouble)
        if failed:
            Path(f"{path}.lock").unlink(missing_ok=True)  # whose removal may have been what failed
            assert not found.remove([uids[0], uids[3]]), "and the next time it works"
        results.append(bool(failed))
        if len(calls) < at:
            break
    assert len(results) > 15 and 8 < sum(results) < len(results) - 3
    assert results[-1] is False


def test_a_kill_at_every_step(tmp_path: Path) -> None:
    seen = []
    for at in range(1, 100):
        folder = tmp_path / str(at)
        folder.mkdir()
        path = write(folder)
        child = os.fork()
        if not child:
            try:
                found, uids = opened(path)
                with failing(at, lambda _: os.kill(os.getpid(), signal.SIGKILL)):
                    found.remove([uids[0], uids[3]])
            finally:
                os._exit(0)
        _, status = os.waitpid(child, 0)
        assert path.read_bytes() in (OLD, NEW), at
        seen.append(path.read_bytes() == NEW)
        found, uids = opened(path)
        assert not found.remove(uids[:1]), f"what the kill at step {at} left behind is in the way: {found.trouble}"
        assert names(folder) == ["box"]
        if not status:
            break
    assert len(seen) > 15 and seen == sorted(seen) and seen[-1] and not seen[0]


def test_a_disk_that_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path)
    found, uids = opened(path)
    real = os.write

    def short(file: int, data: bytes) -> int:
        if len(data) < 30:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(file, bytes(data)[:20])

    monkeypatch.setattr(os, "write", lambda file, data: real(file, data) if b"popsim" in data else short(file, data))
    assert found.remove(uids[1:2])
    assert "No space left on device; nothing was removed" in found.trouble
    assert path.read_bytes() == OLD and names(tmp_path) == ["box"]


# --- one file for each message


def folder_of(tmp_path: Path, kind: str) -> tuple[Path, Callable[[int], Path]]:
    place = tmp_path / "mail"
    for part in ("cur", "new", "tmp") if kind == "Maildir" else (".",):
        (place / part).mkdir(parents=True, exist_ok=True)

    def path(number: int) -> Path:
        if kind == "eml":
            return place / f"{number}.eml"
        return place / ("cur" if number % 2 else "new") / (f"{number}:2,S" if number % 2 else str(number))

    for number in range(1, 5):
        path(number).write_bytes(b"Subject: %d\n\nx\r\n" % number)
    return place, path


@pytest.mark.parametrize("kind", ["Maildir", "eml"])
def test_files_of_removed_messages_are_gone_and_no_others(tmp_path: Path, kind: str) -> None:
    place, path = folder_of(tmp_path, kind)
    found, uids = opened(place)
    before = {n: (path(n).read_bytes(), path(n).stat().st_mtime_ns) for n in (1, 4)}
    assert found.remove(uids[1:3]) == frozenset() and found.trouble == ""
    assert [path(n).exists() for n in (1, 2, 3, 4)] == [True, False, False, True]
    assert {n: (path(n).read_bytes(), path(n).stat().st_mtime_ns) for n in (1, 4)} == before
    assert [m.uid for m in found.news() or []] == [uids[0], uids[3]]


def test_a_file_that_got_flags_meanwhile_is_found(tmp_path: Path) -> None:
    place, path = folder_of(tmp_path, "Maildir")
    found, uids = opened(place)
    path(2).rename(place / "cur" / "2:2,RS")
    path(4).unlink()  # somebody else was quicker
    assert found.remove([uids[1], uids[3]]) == frozenset()
    assert sorted(os.listdir(place / "cur")) == ["1:2,S", "3:2,S"] and os.listdir(place / "new") == []


@pytest.mark.parametrize("kind", ["Maildir", "eml"])
def test_a_file_that_was_changed_or_cannot_be_removed_stays(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, path = folder_of(tmp_path, kind)
    found, uids = opened(place)
    path(1).write_bytes(b"another letter\n")
    real = os.unlink

    def unlink(name: str) -> None:
        if os.fspath(name) == str(path(2)):
            raise PermissionError(errno.EACCES, "Permission denied")
        real(name)

    monkeypatch.setattr(os, "unlink", unlink)
    assert found.remove(uids[:3]) == {uids[0], uids[1]}
    assert [path(n).exists() for n in (1, 2, 3, 4)] == [True, True, False, True]
    assert "Permission denied" in found.trouble or "was changed" in found.trouble


# --- through a maildrop


@pytest.mark.parametrize("writes", [False, True])
def test_an_account_removes_from_the_disk_where_it_may(tmp_path: Path, writes: bool) -> None:
    path = write(tmp_path)
    digest = hashlib.sha256(OLD).hexdigest()
    account = Account(User("alice", "secret"), box(path, lambda _: None), writes)
    session, _ = account.open(0)
    session.delete(1)
    session.release()  # no commit
    assert hashlib.sha256(path.read_bytes()).hexdigest() == digest
    session, _ = account.open(1)
    session.delete(1)
    session.delete(4)
    session.prepare()
    assert path.read_bytes() == (NEW if writes else OLD)
    assert session.commit() == ((1, 4), ())
    session.release()
    assert path.read_bytes() == (NEW if writes else OLD)
    assert account.open(2)[0].count == 2


def test_what_could_not_be_removed_is_still_there(tmp_path: Path) -> None:
    path = write(tmp_path)
    account = Account(User("alice", "secret"), box(path, lambda _: None), writes=True)
    account.maildrop.refuse_removal.add(account.maildrop.messages[1].uid or "")
    session, _ = account.open(0)
    session.delete(1)
    session.delete(2)
    with held(path, "dotlock"):
        assert session.commit() == ((), (1, 2))
    assert session.count == 4
    session.release()
    session, changed = account.open(1)
    assert (session.count, changed) == (4, {})
    session.delete(1)
    session.delete(2)
    assert session.commit() == ((1,), (2,))
    assert path.read_bytes() == b"".join(LETTERS[1:])
