"""A Maildir, its flags and its folders.

A file's name has a unique part, which begins with the time of delivery, and behind a ":" the flags, a letter for each.
What others must never see in parts is written in ``tmp``, and gets its name in ``new`` or ``cur`` in one step. The
folders of a Maildir are Maildirs in it; their names begin with a dot and have dots between the levels: ``.Work.2026``.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Mapping
from contextlib import suppress

from popsim.mail.box import UNKNOWN, Box, Known, MailError, Names
from popsim.mail.dates import LAST_SECOND
from popsim.mail.files import Entry, FileBox, files, write_new
from popsim.mail.flags import ANSWERED, DELETED, DRAFT, FLAGGED, SEEN
from popsim.mail.message import Message
from popsim.mail.names import DELIMITER, INBOX, canonical, decode, encode
from popsim.mail.rewrite import sync_folder
from popsim.mail.unique_ids import fits

LETTERS = {"D": DRAFT, "F": FLAGGED, "P": "$Forwarded", "R": ANSWERED, "S": SEEN, "T": DELETED}
"""The flags that stand in a file's name; others last until the server stops."""

_PARTS = ("tmp", "new", "cur")
_INFO = ":2,"
_TIME = re.compile(r"\d{1,18}")
_NO_HOST = re.compile(r"[^A-Za-z0-9.-]")
_ASIDE = "..popsim-removed"


class Maildir(FileBox):
    """A Maildir: a folder with the folders ``cur`` and ``new``; what is in ``tmp`` is not delivered yet.

    A message's unique-id is the unique part of its file's name, before the ":" that flags follow, so that it is the
    same in every run (RFC 1939 §7); where that is no unique-id, one is made from the octets.
    """

    kind = "Maildir"

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self._names = Names()
        self._reflagged: dict[str, frozenset[str]] = {}
        self._appended = 0

    def entries(self) -> list[Entry]:
        """The files in ``cur`` and ``new``, by the time in their names."""
        found: dict[str, Entry] = {}
        for part in ("cur", "new"):
            for name, path, state in files(os.path.join(self.path, part)):
                key = name.partition(":")[0]
                # Two files should not have one unique part. Where they do, each is a message.
                key = key if key not in found else f"{key}:{part}/{name}"
                found[key] = Entry(key, path, state)
        return sorted(found.values(), key=_delivery)

    def named(self, entries: list[Entry], messages: list[Message]) -> list[Message]:
        """See :meth:`FileBox.named`."""
        nameless = [message for entry, message in zip(entries, messages, strict=True) if not fits(entry.key)]
        made = iter(self._names.of(nameless))
        return [
            message.with_uid(entry.key) if fits(entry.key) else next(made)
            for entry, message in zip(entries, messages, strict=True)
        ]

    # Flags

    def known(self, uid: str) -> Known:
        """See :meth:`popsim.mail.box.Box.known`."""
        if uid not in self._entries:
            return UNKNOWN  # it came while nothing may be written
        path = self._entries[uid].path
        folder, name = os.path.split(path)
        seconds = _TIME.match(name)
        date = int(seconds[0]) if seconds else None
        return Known(_flags(path), date if date is None or date <= LAST_SECOND else None, folder.endswith("new"))

    def reflagged(self) -> dict[str, frozenset[str]]:
        """See :meth:`popsim.mail.box.Box.reflagged`."""
        changed, self._reflagged = self._reflagged, {}
        return changed

    def set_flags(self, uid: str, flags: frozenset[str]) -> None:
        """Write the flags into the name; letters of other programs stay."""
        entry = self._entries[uid]
        try:
            try:
                place = self._renamed(entry, flags)
            except FileNotFoundError:  # another program has given it another name
                entry = next((other for other in self._listed() if other.key == entry.key), entry)
                place = self._renamed(entry, flags)
        except OSError as error:
            raise MailError(f"cannot rename {entry.path!r}: {error.strerror or error}") from None
        self._is_at(uid, entry._replace(path=place))

    def _renamed(self, entry: Entry, flags: frozenset[str]) -> str:
        name = os.path.basename(entry.path)
        unique, _, before = name.partition(_INFO)
        letters = _letters(flags, before)
        if letters == before:
            return entry.path
        place = os.path.join(self.path, "cur", unique.partition(":")[0] + _INFO + letters)
        if os.path.lexists(place):
            raise FileExistsError(errno.EEXIST, f"there is another file {place!r}")
        os.rename(entry.path, place)
        return place

    def _messages(self, entries: list[Entry]) -> list[Message]:
        before = self._entries
        messages = super()._messages(entries)
        for uid, entry in self._entries.items():
            known = before.get(uid)
            if known and known.path != entry.path and _flags(known.path) != (now := _flags(entry.path)):
                self._reflagged[uid] = now
        return messages

    # Arrivals

    def append(self, message: Message, flags: frozenset[str], date: int) -> Message:
        """Write a file: in ``new``, or in ``cur`` where it has flags; the time in its name is when it came."""
        self._appended += 1
        host = _NO_HOST.sub("-", os.uname().nodename if hasattr(os, "uname") else "")[:16] or "popsim"
        key = f"{date}.P{os.getpid()}Q{self._appended:06}R{os.urandom(5).hex()}.{host}"
        letters = _letters(flags)
        name = os.path.join("cur", key + _INFO + letters) if letters else os.path.join("new", key)
        place, aside = os.path.join(self.path, name), os.path.join(self.path, "tmp", key)
        # Other programs expect lines that end in LF; where that would not come back the same, CR LF is kept.
        plain = message.octets.replace(b"\r\n", b"\n")
        octets = plain if Message.of(plain).octets == message.octets else message.octets
        try:
            os.makedirs(os.path.dirname(aside), exist_ok=True)
            state = write_new(aside, octets, place, date)
        except OSError as error:
            raise MailError(f"cannot write {place!r}: {error.strerror or error}; nothing was added") from None
        named = message.with_uid(key)
        self._read[key] = (Entry(key, place, state), named)
        self._entries[key] = Entry(key, place, state)
        return named

    # Folders

    def folders(self) -> dict[str, Box]:
        """The Maildirs in this one, by the names that people read."""
        found: dict[str, Box] = {}
        try:
            with os.scandir(self.path) as listing:
                places = sorted(entry.path for entry in listing if entry.name.startswith(".") and entry.is_dir())
        except OSError as error:
            raise MailError(f"cannot read {self.path!r}: {error.strerror or error}") from None
        for place in places:
            name = _name(os.path.basename(place)[1:])
            if name and name != INBOX and name not in found and _is_maildir(place):
                found[name] = Maildir(place)
        return found

    def make_folder(self, name: str) -> Box | None:
        """Make a Maildir in this one."""
        place = self._place(name)
        if _is_maildir(place):
            raise MailError(f"there is a folder {place!r} already: another program has made it")
        try:
            for part in _PARTS:
                os.makedirs(os.path.join(place, part), mode=0o700, exist_ok=True)
            with open(os.path.join(place, "maildirfolder"), "ab"):
                pass  # says to programs that deliver that it is a folder of another Maildir
        except OSError as error:
            raise MailError(f"cannot make {place!r}: {error.strerror or error}") from None
        sync_folder(self.path)
        made = Maildir(place)
        made.read()
        return made

    def remove_folder(self, name: str, folder: Box) -> None:
        """Take a Maildir away, in one step, and then its files; mail that came since it was read keeps it there."""
        assert isinstance(folder, Maildir)
        try:
            if {entry.key for entry in folder._listed()} - set(folder._read):
                raise MailError(f"mail has come into {name} that nobody has seen: it is not deleted")
            aside = os.path.join(self.path, _ASIDE)
            _clear(aside)  # what a server that was killed has left
            os.rename(folder.path, aside)
        except OSError as error:
            raise MailError(f"cannot remove {folder.path!r}: {error.strerror or error}") from None
        _clear(aside)
        sync_folder(self.path)

    def rename_folders(self, folders: Mapping[str, Box]) -> None:
        """Rename Maildirs in this one, each in one step; where one can't be, those before it get their names back."""
        places = {name: (self._place(name), box) for name, box in folders.items() if isinstance(box, Maildir)}
        done: list[tuple[str, str]] = []
        try:
            for place, box in places.values():
                if os.path.lexists(place):
                    raise MailError(f"there is a folder {place!r} already: another program has made it")
                os.rename(box.path, place)
                done.append((box.path, place))
        except (OSError, MailError) as error:
            for before, place in reversed(done):
                os.rename(place, before)
            text = f"cannot rename: {error.strerror or error}" if isinstance(error, OSError) else str(error)
            raise MailError(text) from None
        for place, box in places.values():
            box._is_in(place)
        sync_folder(self.path)

    def _place(self, name: str) -> str:
        if "." in name:
            raise MailError(f"a Maildir's folders have dots between their levels: {name!r} can't have one in its name")
        return os.path.join(self.path, "." + encode(name).decode().replace(DELIMITER, "."))


def _flags(path: str) -> frozenset[str]:
    info = os.path.basename(path).partition(_INFO)[2]
    return frozenset(LETTERS[letter] for letter in info if letter in LETTERS)


def _letters(flags: frozenset[str], there: str = "") -> str:
    """The letters for these flags; of those that are there, the ones that other programs gave a meaning stay."""
    unknown = {letter for letter in there if letter not in LETTERS}
    return "".join(sorted({*unknown, *(letter for letter, flag in LETTERS.items() if flag in flags)}))


def _delivery(entry: Entry) -> tuple[int, str]:
    """The time of delivery, which a Maildir's names begin with, and the name itself."""
    seconds = _TIME.match(entry.key)
    return int(seconds[0]) if seconds else 10**18, entry.key


def _name(folder: str) -> str:
    """The name that people read for a folder such as ``Work.2026``; "" for what is none."""
    octets = os.fsencode(folder)
    try:
        text = decode(octets)
    except ValueError:
        text = octets.decode(errors="replace")  # other programs write UTF-8
    levels = text.split(".")
    return canonical(DELIMITER.join(levels)) if all(levels) and DELIMITER not in text and text.isprintable() else ""


def _clear(path: str) -> None:
    """Remove a folder with all that is in it, as far as that succeeds."""
    from shutil import rmtree

    with suppress(OSError):
        rmtree(path, ignore_errors=True)


def _is_maildir(path: str) -> bool:
    return os.path.isdir(os.path.join(path, "cur")) and os.path.isdir(os.path.join(path, "new"))
