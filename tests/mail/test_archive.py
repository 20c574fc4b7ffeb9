"""The folder of fetched mail: whatever stops it, a message is in it whole or not at all, and never twice."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from popsim.mail import archive_disk
from popsim.mail.archive import Archive, ArchiveError
from popsim.mail.archive_disk import escaped

ACCOUNT = "alice@mail.example.org"
MAIL = {"uid-a": b"Subject: a\r\n\r\n\x00\xff\r\n", "uid-b": b"", "uid-c": b".\r\n" * 1000}
SECOND = 10**9


def now() -> int:
    return 1_700_000_000 * SECOND + 5


def opened(folder: Path, account: str = ACCOUNT) -> Archive:
    return Archive(folder, account, now)


def stored(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.glob("*.eml"))]


def log(folder: Path) -> list[str]:
    return (folder / f"{ACCOUNT}.fetched").read_text(encoding="ascii").splitlines()


class Stopped(BaseException):
    """The machine is off."""


@pytest.fixture
def breaking(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, BaseException], list[str]]:
    """Lets the disk do so many things, and then breaks it: it raises, and nothing more is done."""

    def break_after(count: int, error: BaseException) -> list[str]:
        done: list[str] = []
        is_broken = [False]

        def guarded(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
            def call(*arguments: Any, **options: Any) -> Any:
                if is_broken[0] and isinstance(error, Stopped):
                    raise error  # nobody cleans up any more
                if len(done) == count and not is_broken[0]:
                    is_broken[0] = True
                    if name == "write" and isinstance(error, Stopped):
                        real(arguments[0], bytes(arguments[1][: len(arguments[1]) // 2]))
                    raise error
                done.append(name)
                return real(*arguments, **options)

            return call

        for name in ("write", "fsync", "rename", "ftruncate"):
            monkeypatch.setattr(os, name, guarded(name, getattr(os, name)))
        real_unlink = Path.unlink
        monkeypatch.setattr(Path, "unlink", guarded("unlink", lambda *a, **o: real_unlink(*a, **o)))
        return done

    return break_after


def fill(folder: Path) -> None:
    """One session: keep what is not held."""
    with opened(folder) as archive:
        for uid, octets in MAIL.items():
            if not archive.holds(uid):
                archive.keep(uid, octets)


POINTS = range(40)


@pytest.mark.parametrize("point", POINTS)
def test_stopped_anywhere(
    tmp_path: Path, point: int, breaking: Callable[[int, BaseException], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "mail"
    done = breaking(point, Stopped())
    was_stopped = False
    try:
        fill(folder)
    except Stopped:
        was_stopped = True
    assert len(done) == point if was_stopped else len(done) <= point
    monkeypatch.undo()
    assert set(stored(folder)) <= set(MAIL.values())
    assert len(stored(folder)) == len(set(stored(folder)))
    fill(folder)
    assert sorted(stored(folder)) == sorted(MAIL.values())
    fill(folder)
    assert sorted(stored(folder)) == sorted(MAIL.values())
    assert {path.suffix for path in folder.iterdir()} == {".eml", ".fetched"}
    with opened(folder) as archive:
        assert all(archive.holds(uid) and not archive.holds(uid, 2) for uid in MAIL)


def test_the_points_reach_to_the_end(tmp_path: Path, breaking: Callable[[int, BaseException], list[str]]) -> None:
    done = breaking(10_000, Stopped())
    fill(tmp_path / "mail")
    assert 20 < len(done) < max(POINTS) and {"write", "fsync", "rename"} <= set(done)


@pytest.mark.parametrize("point", POINTS)
def test_a_full_disk_anywhere(
    tmp_path: Path, point: int, breaking: Callable[[int, BaseException], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "mail"
    breaking(point, OSError(errno.ENOSPC, "No space left on device"))
    kept = 0
    try:
        with opened(folder) as archive:
            for uid, octets in MAIL.items():
                try:
                    archive.keep(uid, octets)
                    kept += 1
                except OSError as error:
                    assert error.errno == errno.ENOSPC
    except OSError:
        pass
    monkeypatch.undo()
    assert len(stored(folder)) >= kept  # what was said to be kept is
    assert set(stored(folder)) <= set(MAIL.values())
    fill(folder)
    assert sorted(stored(folder)) == sorted(MAIL.values())


# What it knows


def test_the_file_beside_the_mail_is_plain(tmp_path: Path) -> None:
    with opened(tmp_path) as archive:
        archive.keep("u/../1", b"x\r\n")
        archive.keep(None, b"y\r\n")
        archive.removed("u/../1")
    digest = "73cb3858a687a8494ca3323053016282f3dad39d42cf62ca4e79dda2aac7d9ac"
    lines = log(tmp_path)
    assert lines[0] == f"popsim-fetch 1 {ACCOUNT}"
    assert lines[1].split() == ["storing", "000001.eml", "3", lines[1].split()[3], "1700000000", "u/../1"]
    assert len(lines[1].split()[3]) == len(digest)
    assert [line.split()[0] for line in lines[1:]] == ["storing", "stored", "storing", "stored", "removed"]
    assert lines[-1] == "removed 000001.eml"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["000001.eml", "000002.eml", f"{ACCOUNT}.fetched"]
    if os.name == "posix":
        assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_what_was_kept_is_known_in_the_next_session(tmp_path: Path) -> None:
    fill(tmp_path)
    for path in tmp_path.glob("*.eml"):
        path.unlink()  # it was read, and is somewhere else now
    with opened(tmp_path) as archive:
        assert all(archive.holds(uid) for uid in MAIL)
        assert archive.kept_at("uid-a") == now() // SECOND * SECOND and archive.kept_at("other") is None
        archive.keep("uid-d", b"new\r\n")
    assert [path.name for path in tmp_path.glob("*.eml")] == ["000004.eml"]


def test_after_a_removal_the_unique_id_may_come_again(tmp_path: Path) -> None:
    fill(tmp_path)
    with opened(tmp_path) as archive:
        archive.removed("uid-a")
        assert not archive.holds("uid-a")
    with opened(tmp_path) as archive:
        assert not archive.holds("uid-a") and archive.holds("uid-b")
        archive.keep("uid-a", b"another\r\n")
        archive.settle(["uid-a", "uid-b"], True)  # uid-c was deleted by somebody else
        assert archive.holds("uid-a") and not archive.holds("uid-c")
    with opened(tmp_path) as archive:
        assert [archive.holds(uid) for uid in MAIL] == [True, True, False]


def test_equal_unique_ids(tmp_path: Path) -> None:
    for copies in (2, 3):
        with opened(tmp_path) as archive:
            for copy in range(1, copies + 1):
                if not archive.holds("same", copy):
                    archive.keep("same", b"x\r\n")
            archive.settle(["same"] * copies, True)
    assert stored(tmp_path) == [b"x\r\n"] * 3
    with opened(tmp_path) as archive:
        archive.settle(["same"], True)
        assert archive.holds("same") and not archive.holds("same", 2)


def test_messages_without_a_unique_id_are_known_by_what_is_in_them(tmp_path: Path) -> None:
    for session in (1, 2):
        with opened(tmp_path) as archive:
            for octets in (b"x\r\n", b"y\r\n", b"x\r\n"):
                archive.keep(None, octets)
                assert archive.last
            archive.settle([], True)
            assert len(archive.stored) == (3 if session == 1 else 0)
    with opened(tmp_path) as archive:
        archive.keep(None, b"x\r\n")
        assert archive.last and archive.last.name == "000001.eml"
        archive.gone(archive.last)  # the server has deleted it
        archive.settle([], True)  # and lists none of the others
        archive.keep(None, b"x\r\n")
        assert archive.last.name == "000004.eml"
    assert stored(tmp_path) == [b"x\r\n", b"y\r\n", b"x\r\n", b"x\r\n"]


@pytest.mark.parametrize("uid", ["\\", "\\n", "a\\x41", "\n", "a\tb", "\xe9", "/../..", "-", "%41", "\x00", "storing"])
def test_any_unique_id_comes_back(tmp_path: Path, uid: str) -> None:
    with opened(tmp_path) as archive:
        archive.keep(uid, b"x\r\n")
    with opened(tmp_path) as archive:
        assert archive.holds(uid)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["000001.eml", f"{ACCOUNT}.fetched"]


def test_two_accounts_share_a_folder(tmp_path: Path) -> None:
    fill(tmp_path)
    with opened(tmp_path, "bob@mail.example.org") as archive:
        assert not archive.holds("uid-a")
        archive.keep("uid-a", b"bob's\r\n")
    assert stored(tmp_path)[3] == b"bob's\r\n" and len(stored(tmp_path)) == 4


def test_no_file_is_written_over(tmp_path: Path) -> None:
    tmp_path.joinpath("000007.eml").write_bytes(b"somebody's own")
    fill(tmp_path)
    assert sorted(path.name for path in tmp_path.glob("*.eml")) == [f"00000{n}.eml" for n in (7, 8, 9)] + ["000010.eml"]
    assert stored(tmp_path)[0] == b"somebody's own"


def test_a_folder_in_use(tmp_path: Path) -> None:
    pytest.importorskip("fcntl")
    with opened(tmp_path), pytest.raises(ArchiveError, match="another popsim fetch writes there"):
        opened(tmp_path)
    opened(tmp_path).close()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"something else\n", "expected 'popsim-fetch 1 alice@mail.example.org' as its first line"),
        (b"popsim-fetch 1 bob@mail.example.org\n", "as its first line"),
        (b"popsim-fetch 1 alice@mail.example.org\nstoring what\n", "line 2 is none of popsim fetch"),
        (b"popsim-fetch 1 alice@mail.example.org\nstored 000001.eml\n", "line 2"),
        (b"popsim-fetch 1 alice@mail.example.org\n\xff\n", "line 2"),
        (b"popsim-fetch 1 alice@mail.example.org\nstoring 000001.eml 1 " + b"0" * 64 + b" 1 \\x\n", "line 2"),
    ],
)
def test_a_file_that_is_not_ours(tmp_path: Path, text: bytes, words: str) -> None:
    path = tmp_path / f"{ACCOUNT}.fetched"
    path.write_bytes(text)
    with pytest.raises(ArchiveError, match=words):
        opened(tmp_path)
    assert path.read_bytes() == text
    path.unlink()
    opened(tmp_path).close()  # it holds no lock


@pytest.mark.parametrize(
    ("account", "name"),
    [
        ("alice@host", "alice@host"),
        ("../../etc/passwd@host", "%2E.%2F..%2Fetc%2Fpasswd@host"),
        ("a b\\c:d@host", "a%20b%5Cc%3Ad@host"),
        ("ä@host", "%C3%A4@host"),
    ],
)
def test_an_account_as_a_file_name(account: str, name: str) -> None:
    assert escaped(account) == name
    assert len(escaped(account * 200)) < 200 and escaped("a" * 300) != escaped("a" * 301)


def test_closed_is_closed(tmp_path: Path) -> None:
    archive = opened(tmp_path)
    archive.close()
    archive.close()
    with pytest.raises(ArchiveError, match="closed"):
        archive.keep("uid", b"")
    assert archive_disk.ArchiveError is ArchiveError
