"""Mail on disk: the one door to it, Maildirs and folders of .eml, and what a box finds when it looks again."""

from __future__ import annotations

import mailbox
import os
import re
from pathlib import Path

import pytest

from popsim import read_mail
from popsim.mail.box import MailError
from popsim.mail.boxes import box
from popsim.mail.maildrop import Maildrop
from popsim.mail.store import Account, User

UNIQUE_ID = re.compile(r"[\x21-\x7e]{1,70}")
ODD = b"Subject: odd\r\n\r\n\x00\xff \r in the line\r\n.\r\n..\r\nlast line without an end"


def maildir(folder: Path, **files: bytes) -> Path:
    """A Maildir; the names of files are written with ``new__`` or ``cur__`` before them."""
    for part in ("cur", "new", "tmp"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        part, _, rest = name.partition("__")
        (folder / part / rest).write_bytes(data)
    return folder


def put(folder: Path, part: str, name: str, data: bytes = b"A: b\n\nx\n") -> None:
    (folder / part / name).write_bytes(data)


def state(folder: Path) -> list[tuple[str, int, int, bytes]]:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return [(str(p), p.stat().st_mtime_ns, p.stat().st_mode, p.read_bytes()) for p in found]


# --- the door


def test_the_door_says_which_it_is(tmp_path: Path) -> None:
    (tmp_path / "in.mbox").write_bytes(b"From x\nA: b\n\n")
    maildir(tmp_path / "inbox", new__1=b"A: c\n")
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "1.eml").write_bytes(b"A: d\r\n")
    for place, name, octets in (
        ("in.mbox", "mbox:in.mbox", b"A: b\r\n"),
        ("inbox", "Maildir:inbox", b"A: c\r\n"),
        ("letters/", "eml:letters", b"A: d\r\n"),
    ):
        mail = read_mail(f"{tmp_path}/{place}")
        assert mail.name == name and [m.octets for m in mail] == [octets]


def test_what_is_empty_has_no_message(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    maildir(tmp_path / "maildir")
    assert [len(read_mail(tmp_path / name)) for name in ("file", "folder", "maildir")] == [0, 0, 0]


def test_what_is_no_mail_gets_one_line(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("x", encoding="ascii")
    (tmp_path / "cur").mkdir()
    for place, words in (
        (tmp_path, "is a folder without mail: expected an mbox file, a Maildir"),
        (tmp_path / "one.txt", "is no mbox"),
        (tmp_path / "missing", "No such file"),
    ):
        with pytest.raises(MailError, match=words) as error:
            read_mail(place)
        assert "\n" not in str(error.value) and repr(str(place)) in str(error.value)


# --- Maildir


def test_a_maildir_is_read_as_the_library_reads_it(tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    library = mailbox.Maildir(folder)
    for number in range(5):
        key = library.add(b"Subject: %d\n\n.dot\nFrom here\n\xff\x00" % number + b"\r" * number + b"\n")
        library_message = library[key]
        library_message.set_subdir("cur" if number % 2 else "new")
        library_message.set_flags("SF" if number == 1 else "")
        library[key] = library_message
    put(folder, "tmp", "1.tmp", b"not delivered yet\n")
    before = state(folder)
    wanted = {key: library.get_bytes(key) for key in library.iterkeys()}
    mail = read_mail(folder)
    assert {m.uid: m.octets for m in mail} == {k: re.sub(rb"(?<!\r)\n", b"\r\n", v) for k, v in wanted.items()}
    assert state(folder) == before


def test_the_octets_of_a_file_are_the_message(tmp_path: Path) -> None:
    mail = read_mail(maildir(tmp_path / "a", new__1=ODD, new__2=ODD.replace(b"\r\n", b"\n"), new__3=b""))
    assert [m.octets for m in mail] == [ODD + b"\r\n", ODD + b"\r\n", b""]


def test_messages_come_by_the_time_in_their_names(tmp_path: Path) -> None:
    names = ["1000000000.M2P1.host:2,S", "999999999.M1P1.host", "1000000000.M1P1.host", "odd name"]
    folder = maildir(tmp_path / "a")
    for name in names:
        put(folder, "cur" if ":" in name else "new", name, name.encode() + b"\n")
    found = [m.octets.decode().strip() for m in read_mail(folder)]
    assert found == [names[1], names[2], names[0], names[3]]


def test_unique_ids_are_those_of_the_files_and_persist(tmp_path: Path) -> None:
    folder = maildir(tmp_path / "a")
    long = "9" * 71
    for name in ("1.good,name", "2.two:2,", "3 space", f"{long}", "4.é"):
        put(folder, "cur", name, name.encode() + b"\n")
    first = [m.uid or "" for m in read_mail(folder)]
    assert first[0] == "1.good,name" and first[1] == "2.two"
    assert len(set(first)) == 5 and all(UNIQUE_ID.fullmatch(uid) for uid in first)
    (folder / "cur" / "2.two:2,").rename(folder / "cur" / "2.two:2,RS")  # somebody has read it
    (folder / "cur" / "1.good,name").unlink()
    assert [m.uid for m in read_mail(folder)] == first[1:]


def test_two_files_with_one_unique_part_are_two_messages(tmp_path: Path) -> None:
    folder = maildir(tmp_path / "a", new__1=b"new\n", cur__1=b"cur\n")
    put(folder, "cur", "1:2,S", b"cur, too\n")
    mail = read_mail(folder)
    assert sorted(m.octets for m in mail) == [b"cur\r\n", b"cur, too\r\n", b"new\r\n"]
    assert len({m.uid for m in mail}) == 3 and len(Maildrop(mail)) == 3


def test_what_is_no_message_in_a_maildir(tmp_path: Path) -> None:
    folder = maildir(tmp_path / "a", new__1=b"A: b\n")
    put(folder, "cur", ".hidden")
    (folder / "cur" / "folder").mkdir()
    (folder / "new" / "2").symlink_to(tmp_path / "nowhere")
    (folder / "dovecot.index").write_bytes(b"x")
    assert [m.octets for m in read_mail(folder)] == [b"A: b\r\n"]


# --- .eml


def test_a_folder_of_eml(tmp_path: Path) -> None:
    for name, data in (
        ("b.eml", b"B\n"),
        ("a.EML", b"A\r\n"),
        ("c.txt", b"C\n"),
        (".d.eml", b"D\n"),
        ("e.eml", b"B\n"),
    ):
        (tmp_path / name).write_bytes(data)
    before = state(tmp_path)
    mail = read_mail(tmp_path)
    assert [m.octets for m in mail] == [b"A\r\n", b"B\r\n", b"B\r\n"]
    found = box(tmp_path, lambda _: None).read()
    assert [m.uid for m in found] == [m.uid for m in Maildrop(mail).messages]
    assert state(tmp_path) == before
    (tmp_path / "a.EML").rename(tmp_path / "z.eml")
    again = {m.octets: m.uid for m in box(tmp_path, lambda _: None).read()}
    assert again[b"A\r\n"] == found[0].uid


# --- looking again


@pytest.mark.parametrize("kind", ["mbox", "Maildir", "eml"])
def test_mail_that_comes_between_two_sessions_is_there_at_the_next(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "mail"
    bodies = [b"one\n", b"two\n", b"two\n"]

    def deliver(number: int, data: bytes) -> None:
        if kind == "mbox":
            with place.open("ab") as file:
                file.write(b"From x\n" + data + b"\n")
        elif kind == "Maildir":
            put(maildir(place), "new", str(number), data)
        else:
            place.mkdir(exist_ok=True)
            (place / f"{number}.eml").write_bytes(data)

    for number, data in enumerate(bodies):
        deliver(number, data)
    account = Account(User("alice", "secret"), box(place, lambda _: None))
    first, changed = account.open(0)
    uids = [first.uid(n) for n in first.numbers()]
    assert changed == {} and len(set(uids)) == 3
    first.delete(2)
    deliver(3, b"three\n")
    assert first.numbers() == [1, 3]
    first.commit()  # from memory alone
    first.release()
    second, changed = account.open(1)
    assert changed == {4: True}, "row 4 has come; row 2 was removed here, which is no news"
    assert [second.message(n).octets for n in second.numbers()] == [b"one\r\n", b"two\r\n", b"three\r\n"]
    assert [second.uid(1), second.uid(2)] == [uids[0], uids[2]]
    assert [row[0] for row in account.listing()] == [1, 2, 3, 4]
    second.release()
    third, changed = account.open(2)
    assert changed == {} and third.count == 3


def test_mail_that_somebody_else_removed_is_gone_at_the_next_session(tmp_path: Path) -> None:
    folder = maildir(tmp_path / "a", new__1=b"one\n", new__2=b"two\n")
    account = Account(User("alice", "secret"), box(folder, lambda _: None))
    (folder / "new" / "1").unlink()
    opened, changed = account.open(0)
    assert changed == {1: False} and [opened.uid(n) for n in opened.numbers()] == ["2"]


def test_a_box_that_can_no_longer_be_read_keeps_what_was_read(tmp_path: Path) -> None:
    place = tmp_path / "box"
    place.write_bytes(b"From x\none\n")
    found = box(place, lambda _: None)
    account = Account(User("alice", "secret"), found)
    place.write_bytes(b"no mail\n")
    opened, changed = account.open(0)
    assert (opened.count, changed) == (1, {}) and "is no mbox" in found.trouble
    opened.release()
    place.unlink()
    assert account.open(0)[0].count == 1


def test_only_files_that_changed_are_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = maildir(tmp_path / "a", new__1=b"one\n", new__2=b"two\n")
    found = box(folder, lambda _: None)
    first = found.read()
    assert found.news() is None
    os.rename(folder / "new" / "1", folder / "cur" / "1:2,S")
    put(folder, "new", "3", b"three\n")
    second = found.news() or []
    assert [m.uid for m in second] == ["1", "2", "3"]
    assert all(a._derived is b._derived for a, b in zip(first, second, strict=False))
