"""A folder of .eml files on disk: mail that was fetched, kept safely, and known again.

Each message is a file of its own, with exactly the octets that came: ``000001.eml``, ``000002.eml`` and so on, in the
order in which they were kept. The names are never taken from a server. Beside them stands one text file for each
account, or for each mailbox of one, such as ``alice@mail.example.org.fetched``: what was kept from there, one line for
each step::

    popsim-fetch 1 alice@mail.example.org
    storing 000001.eml 1204 <SHA-256> 1795435200 <unique-id>
    stored 000001.eml
    removed 000001.eml

``storing`` has the size in octets, the SHA-256 of the octets, the time in seconds since 1970, and the unique-id under
which the server lists the message, if it gives one (a backslash in it is doubled; what is no printable ASCII, which no
unique-id should have, stands as ``\\xNN``). It is written before the file gets its name, which happens at once or not
at all: a message is kept exactly when its file is there. ``stored`` says that it was, so the file may go elsewhere
later. ``removed`` says that the server has deleted the message, ``unlisted`` that it lists it no more: what has the
same unique-id from then on is another message (RFC 1939 §7). ``void`` takes back a ``storing`` of which no file came.
Without the text file everything is fetched again.
"""

from __future__ import annotations

import errno
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from popsim.mail.archive_disk import ArchiveError as ArchiveError
from popsim.mail.archive_disk import Log, escaped, locked, make, sync, write
from popsim.mail.dates import SECOND

FORMAT = "popsim-fetch 1"
SUFFIX = ".fetched"

_NAME = re.compile(r"([0-9]{6,18})\.eml")
_ASIDE = re.compile(r"\.[0-9]{6,18}\.eml\.part")
_STORING = re.compile(r"([0-9]{6,18}\.eml) ([0-9]{1,18}) ([0-9a-f]{64}) ([0-9]{1,18})(?: ([!-~]+))?")
_REMOVED, _UNLISTED, _VOID = "removed", "unlisted", "void"


@dataclass(slots=True)
class Entry:
    """A message that was kept.

    Args:
        name: the name of its file.
        size: its octets.
        digest: their SHA-256, in hexadecimal digits.
        at: when it was kept, in nanoseconds since 1970, to the second.
        uid: the unique-id under which the server lists it, or None.
        is_stored: whether its file is known to have been there.
    """

    name: str
    size: int
    digest: str
    at: int
    uid: str | None
    is_stored: bool = False


class Archive:
    """The folder as one account's mail is fetched into it. It is locked while it is open; close it, or use ``with``.

    Args:
        folder: where; it is made where there is none.
        account: whose mail, from which server and which mailbox: where unique-ids mean the same.
        now: gives the time in nanoseconds since 1970.

    Raises:
        ArchiveError: another program fetches into it, or what stands beside the mail was not written here.
        OSError: the folder can't be read or written.
    """

    def __init__(self, folder: Path, account: str, now: Callable[[], int]) -> None:
        self.folder, self._now = folder, now
        self.stored: list[Entry] = []
        """What was kept since the archive was opened."""
        self.last: Entry | None = None
        """What the last call of :meth:`keep` kept, or found kept."""
        self._live: dict[str | None, dict[str, Entry]] = {}  # what the server may still list, by unique-id and name
        self._unmet: dict[str, list[Entry]] = {}  # those without unique-id that did not come again yet, by digest
        make(folder)
        self._lock = locked(folder)
        self._log: Log | None = None
        try:
            for path in folder.iterdir():
                if _ASIDE.fullmatch(path.name):
                    path.unlink()
            key = escaped(account)
            self._log = Log(folder / f"{key}{SUFFIX}", f"{FORMAT} {key}")
            names = [*self._load(self._log), *(path.name for path in folder.iterdir())]
            self._number = max((int(m[1]) for m in map(_NAME.fullmatch, names) if m), default=0)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let another program use the folder."""
        log, self._log = self._log, None
        lock, self._lock = self._lock, None
        try:
            if log is not None:
                log.close()
        finally:
            if lock is not None:
                os.close(lock)

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # A mail reader's keeper: see popsim.engine.visit.Keeper

    def holds(self, uid: str, copies: int = 1) -> bool:
        """Whether that many messages are kept that the server lists under this unique-id."""
        return len(self._live.get(uid, ())) >= copies

    def kept_at(self, uid: str) -> int | None:
        """When the last of them was kept, in nanoseconds since 1970, or None where there is none."""
        return max((entry.at for entry in self._live.get(uid, {}).values()), default=None)

    def keep(self, uid: str | None, octets: bytes) -> None:
        """Keep a message: when this returns it is on the disk, whatever happens to this program or its machine.

        One without a unique-id that has the octets of another, which was kept in an earlier session and was not
        deleted, is taken for the same message come again.

        Raises:
            OSError: it could not be written. What was kept before is unharmed.
        """
        import hashlib

        digest = hashlib.sha256(octets).hexdigest()
        again = self._unmet.get(digest) if uid is None else None
        if again:
            entry = again.pop(0)
        else:
            self._number += 1
            entry = Entry(f"{self._number:06}.eml", len(octets), digest, self._now() // SECOND * SECOND, uid)
            self._store(entry, octets)
            self._live.setdefault(uid, {})[entry.name] = entry
            self.stored.append(entry)
        self.last = entry

    def removed(self, uid: str) -> None:
        """The server has removed a message with this unique-id: what comes under it later is another one."""
        if entries := self._live.get(uid):
            self.gone(next(iter(entries.values())))

    # What a server without unique-ids, and other mail readers, make necessary

    def gone(self, entry: Entry, word: str = _REMOVED) -> None:
        """The server has removed this message. Its file stays."""
        if self._live.get(entry.uid, {}).pop(entry.name, None):
            self._write_down(f"{word} {entry.name}", at_once=False)

    def settle(self, uids: Iterable[str], unnamed: bool) -> None:
        """Take note of what the server lists no more: somebody else has deleted it there.

        Args:
            uids: the unique-ids of the whole listing, equal ones as often as they stand there.
            unnamed: whether every message without a unique-id was fetched in this session.
        """
        listed = Counter(uids)
        lost = [entry for uid, entries in self._live.items() if uid for entry in [*entries.values()][listed[uid] :]]
        if unnamed:
            lost += [entry for entries in self._unmet.values() for entry in entries]
            self._unmet.clear()
        for entry in lost:
            self.gone(entry, _UNLISTED)

    # On the disk

    def _store(self, entry: Entry, octets: bytes) -> None:
        place, aside = self.folder / entry.name, self.folder / f".{entry.name}.part"
        uid = "" if entry.uid is None else f" {entry.uid.encode('unicode_escape').decode('ascii')}"
        try:
            write(aside, octets)
            self._write_down(f"storing {entry.name} {entry.size} {entry.digest} {entry.at // SECOND}{uid}")
            os.rename(aside, place)
            sync(self.folder)
        except OSError:
            aside.unlink(missing_ok=True)
            raise
        self._write_down(f"stored {entry.name}", at_once=False)  # the file itself says it too
        entry.is_stored = True

    def _write_down(self, line: str, at_once: bool = True) -> None:
        if self._log is None:
            raise ArchiveError(errno.EBADF, "the archive is closed", str(self.folder))
        self._log.append(line, at_once)

    def _load(self, log: Log) -> list[str]:
        """Read what was written earlier, and return the names that were ever given."""
        entries: dict[str, Entry] = {}
        names: dict[str, None] = {}
        for number, line in enumerate(log.lines, 2):
            word, _, rest = line.partition(" ")
            if word == "storing" and (entry := _entry(rest)) and entry.name not in names:
                entries[entry.name] = entry
                names[entry.name] = None
            elif word == "stored" and rest in entries:
                entries[rest].is_stored = True
            elif word in (_REMOVED, _UNLISTED, _VOID) and rest in entries:
                del entries[rest]
            else:
                problem = f"line {number} is none of popsim fetch: remove the file to fetch everything again"
                raise ArchiveError(errno.EINVAL, problem, str(log.path))
        for entry in entries.values():
            self._live.setdefault(entry.uid, {})[entry.name] = entry
            self._check(entry)
        for entry in self._live.get(None, {}).values():
            self._unmet.setdefault(entry.digest, []).append(entry)
        return list(names)

    def _check(self, entry: Entry) -> None:
        """See whether a message was kept whose keeping was stopped."""
        if entry.is_stored:
            return
        entry.is_stored = _is_there(self.folder / entry.name, entry)
        if entry.is_stored:
            self._write_down(f"stored {entry.name}", at_once=False)
        else:
            self.gone(entry, _VOID)


def _entry(text: str) -> Entry | None:
    """The message that a line tells of, or None where it is no such line."""
    match = _STORING.fullmatch(text)
    if not match:
        return None
    name, size, digest, at, uid = match.groups()
    try:
        plain = uid.encode("ascii").decode("unicode_escape") if uid else None
    except UnicodeDecodeError:
        return None
    return Entry(name, int(size), digest, int(at) * SECOND, plain)


def _is_there(path: Path, entry: Entry) -> bool:
    """Whether a file is there and has what it is to have."""
    import hashlib

    if not path.is_file() or path.stat().st_size != entry.size:
        return False
    return hashlib.sha256(path.read_bytes()).hexdigest() == entry.digest
