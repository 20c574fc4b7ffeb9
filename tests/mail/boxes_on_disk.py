"""Three messages on the disk in each of the three kinds, and what can be said of a disk."""

from __future__ import annotations

from pathlib import Path

from popsim.mail.boxes import box
from popsim.mail.store import Account, User

ALICE = User("alice", "secret")
KINDS = ("mbox", "eml", "Maildir")
FIRST = [b"Subject: %d\n\nx\n" % number for number in (1, 2, 3)]
DATES = [1709532900, 1709532901, 1709532902]
STAMP = b"From ana Mon Mar  4 06:15:%02d 2024\n"


def made(folder: Path, kind: str) -> Path:
    """Three messages of one kind."""
    place = folder / kind
    if kind == "mbox":
        place.write_bytes(b"".join(STAMP % n + text + b"\n" for n, text in enumerate(FIRST)))
        return place
    for part in ("cur", "new", "tmp") if kind == "Maildir" else (".",):
        (place / part).mkdir(parents=True)
    for number, text in enumerate(FIRST):
        name = f"new/{DATES[number]}.{number}.host" if kind == "Maildir" else f"{number + 1:04}.eml"
        (place / name).write_bytes(text)
    return place


def opened(place: Path, writes: bool = True) -> Account:
    return Account(ALICE, box(place, lambda _: None), writes)


def octets(account: Account, name: str = "INBOX") -> list[bytes]:
    return [item.message.octets for item in account.mailboxes[name].items]


def disk(folder: Path) -> dict[str, object]:
    """Everything below a folder that could have been changed."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        state = path.lstat()
        content = path.read_bytes() if path.is_file() else b""
        found[str(path)] = (content, state.st_ino, state.st_mtime_ns, state.st_mode, state.st_nlink)
    return found


def subjects(account: Account) -> list[str]:
    return [item.message.header("Subject") for mailbox in account.mailboxes.values() for item in mailbox.items]
