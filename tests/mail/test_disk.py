"""Mailboxes on the disk: what is added, flagged, moved and named is there for the next, or nothing is touched."""

from __future__ import annotations

import mailbox
import os
from pathlib import Path

import pytest

from popsim.mail import lock
from popsim.mail.mailbox import MailboxError
from popsim.mail.message import Message
from popsim.mail.store import Account
from tests.mail.boxes_on_disk import DATES, KINDS, disk, made, octets, opened, subjects


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "TRIES", 3)


def work(account: Account) -> None:
    """A bit of everything."""
    inbox = account.inbox
    inbox.append(Message.of(b"Subject: new\n\nFrom here\n"), ["\\Seen", "$Forwarded", "later"], date=1_000_000_000)
    account.deliver(Message.of(b"Subject: smtp\n\n\n"), date=1_000_000_001)
    inbox.set_flags(1, ["\\Flagged", "\\Answered"])
    old = account.create("Work/Entwürfe")
    inbox.copy([2], old)
    inbox.move([3], old)
    account.rename("Work", "Fun")
    account.create("Gone")
    account.delete("Gone")
    inbox.expunge([2])


@pytest.mark.parametrize("kind", KINDS)
def test_without_writes_nothing_on_the_disk_ever_changes(tmp_path: Path, kind: str) -> None:
    place = made(tmp_path, kind)
    before = disk(tmp_path)
    account = opened(place, writes=False)
    work(account)
    assert len(account.inbox) == 3 and len(account.mailboxes["Fun/Entwürfe"]) == 2
    assert disk(tmp_path) == before
    (place / "new/2000000000.x.host").write_bytes(b"x") if kind == "Maildir" else None
    account.inbox.refresh()
    assert b"Subject: smtp\r\n\r\n\r\n" in octets(account), "what came here only is still here"
    assert len(account.inbox) == 3 + (kind == "Maildir")


@pytest.mark.parametrize("kind", KINDS)
def test_with_writes_the_next_server_finds_it(tmp_path: Path, kind: str) -> None:
    place = made(tmp_path, kind)
    account = opened(place)
    work(account)
    again = opened(place)
    new = b"Subject: new\r\n\r\n>From here\r\n" if kind == "mbox" else b"Subject: new\r\n\r\nFrom here\r\n"
    assert (
        sorted(octets(again))
        == sorted(octets(account))
        == sorted([b"Subject: 1\r\n\r\nx\r\n", new, b"Subject: smtp\r\n\r\n\r\n"])
    )
    assert account.inbox.refresh() == {} and len(account.inbox) == 3
    if kind != "eml":
        assert {i.message.octets: i.date for i in again.inbox.items} == {
            i.message.octets: i.date for i in account.inbox.items
        }
    if kind != "Maildir":
        assert list(again.mailboxes) == ["INBOX"], "these kinds have no folders"
        return
    assert (
        octets(again, "Fun/Entwürfe")
        == octets(account, "Fun/Entwürfe")
        == [b"Subject: 2\r\n\r\nx\r\n", b"Subject: 3\r\n\r\nx\r\n"]
    )
    assert [item.date for item in again.mailboxes["Fun/Entwürfe"].items] == DATES[1:]
    flags = {i.message.octets: set(i.flags) for i in again.inbox.items}
    assert flags == {
        b"Subject: 1\r\n\r\nx\r\n": {"\\Flagged", "\\Answered"},
        new: {"\\Seen", "$Forwarded"},
        b"Subject: smtp\r\n\r\n\r\n": set(),
    }
    assert again.inbox.recent == 1, "what is in new was seen by nobody"
    assert sorted(again.hierarchy()) == ["Fun", "Fun/Entwürfe", "INBOX"]
    assert (place / ".Fun.Entw&APw-rfe" / "maildirfolder").exists()


def test_the_standard_library_reads_what_is_written(tmp_path: Path) -> None:
    account = opened(made(tmp_path, "Maildir"))
    work(account)
    found = mailbox.Maildir(str(tmp_path / "Maildir"), create=False)
    assert sorted(message.get_flags() for message in found) == ["", "FR", "PS"]
    assert found.list_folders() == ["Fun", "Fun.Entw&APw-rfe"]
    assert len(found.get_folder("Fun.Entw&APw-rfe")) == 2
    place = made(tmp_path, "mbox")
    work(opened(place))
    letters = list(mailbox.mbox(str(place), create=False))
    assert [letter["Subject"] for letter in letters] == ["1", "new", "smtp"]
    assert letters[1].get_from() == "MAILER-DAEMON Sun Sep  9 01:46:40 2001"


def test_flags_that_other_programs_change_are_seen(tmp_path: Path) -> None:
    place = made(tmp_path, "Maildir")
    account = opened(place)
    view = account.inbox.open(0)
    files = sorted((place / "new").iterdir())
    files[0].rename(place / "cur" / f"{files[0].name}:2,RSa")
    files[1].unlink()
    (place / "new" / "1800000000.x.host").write_bytes(b"x")
    assert account.inbox.refresh() == {2: False, 4: True}
    assert [type(one).__name__ for one in view.news(True)] == ["Expunged", "Exists", "Recent", "Flagged"]
    assert view.item(1).flags == {"\\Answered", "\\Seen"}
    account.inbox.set_flags(1, ["\\Draft", "only-here"])
    assert (place / "cur" / f"{files[0].name}:2,Da").exists(), "letters that others gave a meaning stay"
    assert account.inbox.refresh() == {} and view.item(1).flags == {"\\Draft", "only-here"}
    files[2].rename(place / "cur" / f"{files[2].name}:2,F")  # and popsim does not know yet
    account.inbox.set_flags(3, ["\\Seen"])
    assert (place / "cur" / f"{files[2].name}:2,S").exists()
    (place / "cur" / f"{files[2].name}:2,S").unlink()
    with pytest.raises(MailboxError, match="cannot rename"):
        account.inbox.set_flags(3, [])
    assert account.inbox.item(3).flags == {"\\Seen"}  # type: ignore[union-attr]


def test_a_keyword_alone_renames_no_file(tmp_path: Path) -> None:
    place = made(tmp_path, "Maildir")
    account = opened(place)
    before = disk(tmp_path)
    account.inbox.set_flags(1, ["later"])
    assert disk(tmp_path) == before


def test_another_file_of_the_name_is_not_overwritten(tmp_path: Path) -> None:
    place = made(tmp_path, "Maildir")
    account = opened(place)
    name = f"{DATES[0]}.0.host"
    (place / "cur" / f"{name}:2,S").write_bytes(b"somebody else's")
    before = disk(tmp_path)
    with pytest.raises(MailboxError, match="there is another file"):
        account.inbox.set_flags(1, ["\\Seen"])
    assert disk(tmp_path) == before


def test_folders_that_cannot_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = made(tmp_path, "Maildir")
    account = opened(place)
    with pytest.raises(MailboxError, match="dots between their levels"):
        account.create("a.b")
    for name in ("a", "a/b", "a/c"):
        account.create(name)
    (place / ".x.b" / "cur").mkdir(parents=True)
    with pytest.raises(MailboxError, match="another program has made it"):
        account.rename("a", "x")
    assert sorted(path.name for path in place.iterdir() if path.name.startswith(".")) == [".a", ".a.b", ".a.c", ".x.b"]
    assert "a/b" in account.mailboxes and "x" not in account.mailboxes
    (place / ".a.b" / "new" / "1800000000.x.host").write_bytes(b"x")
    with pytest.raises(MailboxError, match="nobody has seen"):
        account.delete("a/b")
    account.mailboxes["a/b"].refresh()
    account.delete("a/b")
    assert not (place / ".a.b").exists() and not (place / "..popsim-removed").exists()
    account.rename("a", "z")
    account.mailboxes["z/c"].append(Message.of(b"x"), ["\\Seen"])
    assert octets(opened(place), "z/c") == [b"x\r\n"] and account.mailboxes["z/c"].refresh() == {}


def test_names_of_folders(tmp_path: Path) -> None:
    place = made(tmp_path, "Maildir")
    for name in (".Sent", ".A.B", ".&AGE-", ".Entw\u00fcrfe", ".INBOX", "..x", ".a..b", ".no", ".INBOX.Sub"):
        for part in ("cur", "new"):
            (place / name / part).mkdir(parents=True)
    (place / ".no" / "new").rmdir()
    account = opened(place)
    assert sorted(account.mailboxes) == ["&AGE-", "A/B", "Entwürfe", "INBOX", "INBOX/Sub", "Sent"]
    assert account.mailboxes["Sent"].special_use == "\\Sent" and account.hollow == {"A"}
    assert account.subscribed == set(account.mailboxes)


# --- .eml


def test_the_names_of_new_eml_files_come_last(tmp_path: Path) -> None:
    for first, then in (
        ("0009.eml", "0010.eml"), ("a.eml", "a_000001.eml"), ("a99.EML", "a99_000001.eml"), ("", "000001.eml"),
        ("z_000001.eml", "z_000002.eml"),
    ):  # fmt: skip
        place = tmp_path / f"of-{first}"
        place.mkdir()
        if first:
            (place / first).write_bytes(b"first")
        account = opened(place)
        account.inbox.append(Message.of(b"second"))
        assert sorted(os.listdir(place)) == [first, then][not first :]
        assert octets(opened(place)) == [b"first\r\n", b"second\r\n"][not first :]


def test_what_others_put_into_a_folder_meanwhile_is_news(tmp_path: Path) -> None:
    for kind in ("eml", "Maildir"):
        place = made(tmp_path, kind)
        account = opened(place)
        (place / ("0003a.eml" if kind == "eml" else "new/1800000000.x.host")).write_bytes(b"Subject: other\n\n")
        account.inbox.append(Message.of(b"Subject: mine\n\n"), date=1_900_000_000)
        assert subjects(account) == ["1", "2", "3", "mine"]
        assert list(account.inbox.refresh().values()) == [True]
        assert subjects(account) == ["1", "2", "3", "mine", "other"]
        assert subjects(opened(place)) == ["1", "2", "3", "other", "mine"]
