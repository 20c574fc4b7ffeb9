"""Mail files in the mbox format (RFC 4155): read, and the messages that a session removed taken out.

Reading never modifies, creates or locks a file.  What becomes of its octets:

- A message begins after each line that begins with "From ", wherever that line stands; the line
  itself is no part of it.  One blank line before the next "From " line, or before the end of
  the file, belongs to the format and not to the message.
- LF line ends become CR LF, and a last line without an end gets one (`Message.of`).
- Nothing else is changed.  A line that some program stored as ">From " keeps its ">": whether
  that was there before depends on the program, and the file does not say (RFC 4155, appendix A).

The standard library's `mailbox` finds the same messages, but does not tell where in the file they
stand, which a removal that changes no other octet has to know.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Collection

from popsim.mail.box import Flat, Known, MailError, Names, Pause, Turn, base_name, unreadable
from popsim.mail.collection import Mail
from popsim.mail.mbox_text import BEGINNING, LINE_ENDS, date_in, found_in, is_mbox, with_message
from popsim.mail.message import Message

KIND = "mbox"


class MboxError(MailError):
    """The file cannot be read, or is no mbox; the text says what was expected, in one line."""


def read(path: str | os.PathLike[str]) -> Mail:
    """The messages of an mbox file, in the file's order, under the name "mbox:" and the file's name.

    Args:
        path: the file; "~" is the home folder.  An empty file is an empty mailbox.

    Raises:
        MboxError: the file is missing, is a folder, may not be read or is no mbox.
    """
    place = os.path.expanduser(os.fspath(path))
    messages = [message for _, message in found_in(octets_of(place))]
    return Mail(f"{KIND}:{base_name(place)}", messages)


class Mbox(Flat):
    """An mbox file as a box. Flags last until the server stops, and it has no folders.

    Args:
        path: the file.
        pause: what lets some seconds pass while another program, or another session, has the file.
    """

    kind = KIND

    def __init__(self, path: str, pause: Pause) -> None:
        self.path = path
        self.trouble = ""
        self._pause = pause
        self._turn = Turn(pause)
        self._names = Names()
        self._uids: list[str] = []
        self._dates: dict[str, bytes] = {}
        self._size, self._digest = 0, b""
        self._state: tuple[int, ...] = ()

    def read(self) -> list[Message]:
        """See :meth:`popsim.mail.box.Box.read`."""
        state = _state(self.path)  # first: what changes while it is read is read again
        octets = octets_of(self.path)
        self._state = state
        return self._taken(octets)

    def _taken(self, octets: bytes) -> list[Message]:
        """The messages of what the file holds, now that it holds it."""
        found = found_in(octets)
        messages = self._names.of([message for _, message in found])
        self._size, self._digest = len(octets), _hash(octets)
        self._uids = [message.uid or "" for message in messages]
        self._dates = {uid: line for uid, (line, _) in zip(self._uids, found, strict=True)}
        return messages

    def known(self, uid: str) -> Known:
        """See :meth:`popsim.mail.box.Box.known`."""
        return Known(date=date_in(self._dates.get(uid, b"")))

    def news(self) -> list[Message] | None:
        """See :meth:`popsim.mail.box.Box.news`."""
        try:
            return self.read() if _state(self.path) != self._state else None
        except (MboxError, OSError) as error:
            self.trouble = str(error)
            return None

    def remove(self, uids: Collection[str]) -> frozenset[str]:
        """Take messages out of the file, which is replaced by one without them: see `popsim.mail.rewrite`.

        What was appended since the last reading stays.  Where the file was changed in another way nothing is removed.
        """
        from popsim.mail.rewrite import CannotRewrite, rewrite

        kept: list[bytes] = []

        def shorter(data: bytes) -> list[bytes]:
            kept[:] = self._without(data, uids)
            return kept

        try:
            with self._turn:
                rewrite(self.path, shorter, self._pause)
                self._names.forget(uids)
                self._taken(b"".join(kept))
        except CannotRewrite as error:
            self.trouble = str(error)
            return frozenset(uids)
        self.trouble = ""
        self._state = ()  # other programs may have added something: who wants the news reads it again
        return frozenset()

    def append(self, message: Message, flags: frozenset[str], date: int) -> Message:
        """Add a message at the end of the file, which is replaced by one with it: see `popsim.mail.rewrite`.

        A line of it that begins with "From " gets a ">" before it, for such a line would begin another message.
        """
        from popsim.mail.lock import FEW_TRIES
        from popsim.mail.rewrite import CannotRewrite, rewrite

        whole: list[bytes] = []

        def longer(data: bytes) -> list[bytes]:
            whole[:] = with_message(data, message, date) if is_mbox(data) else ()
            return whole

        try:
            with self._turn:
                rewrite(self.path, longer, self._pause, "nothing was added", FEW_TRIES)
                messages = self._taken(b"".join(whole))
        except CannotRewrite as error:
            raise MailError(str(error)) from None
        self._state = ()  # as after a removal
        return messages[-1]

    def _without(self, data: bytes, uids: Collection[str]) -> list[bytes]:
        """The pieces of the file that stay, or none where it is no longer the file that was read."""
        size = self._size
        if _hash(data[:size]) != self._digest:
            return []
        begins = [match.start() for match in BEGINNING.finditer(data)]
        ends = [*begins[1:], len(data)]
        # What was added begins with a message of its own, or else the last one that was read has grown.
        added = next((place for place in begins if place >= size), len(data))
        if data[size:added].strip(LINE_ENDS):
            return []
        gone = {number for number, uid in enumerate(self._uids) if uid in uids}
        spans = zip(begins, ends, strict=True)
        kept = [data[start:end] for number, (start, end) in enumerate(spans) if number not in gone]
        return [data[: begins[0]] if begins else data, *kept]


def _state(place: str) -> tuple[int, ...]:
    """What changes with every change of a file."""
    found = os.stat(place)
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _hash(octets: bytes) -> bytes:
    import hashlib  # loads OpenSSL: not before it is needed

    return hashlib.sha256(octets).digest()


def octets_of(place: str) -> bytes:
    try:
        mode = os.stat(place).st_mode
        if stat.S_ISDIR(mode):
            raise MboxError(f"{place!r} is a folder: give the path of an mbox file in it")
        if not stat.S_ISREG(mode):
            raise MboxError(f"{place!r} is no ordinary file: an mbox is one file with all messages in it")
        with open(place, "rb") as file:
            octets = file.read()
    except MboxError:
        raise
    except (OSError, ValueError) as error:
        raise MboxError(unreadable(place, "an mbox", error)) from None
    if not is_mbox(octets):
        line = octets.lstrip(LINE_ENDS)[:40].split(b"\n")[0]
        raise MboxError(f'{place!r} is no mbox: its first line should begin with "From " (RFC 4155), not {line!r}')
    return octets
