"""Reads mail files in the mbox format, through the standard library's `mailbox`.

The file is read and never modified, created or locked.  What becomes of its octets:

- A message begins after each line that begins with "From ", wherever that line stands; the line
  itself is no part of it.  One blank line before the next "From " line, or before the end of
  the file, belongs to the format and not to the message.
- LF line ends become CR LF, and a last line without an end gets one (`Message.of`).
- Nothing else is changed.  A line that some program stored as ">From " keeps its ">": whether
  that was there before depends on the program, and the file does not say (RFC 4155, appendix A).
"""

from __future__ import annotations

import os
import stat

from popsim.mail.collection import Mail
from popsim.mail.message import Message


class MboxError(ValueError):
    """The file cannot be read, or is no mbox; the text says what was expected, in one line."""


def read(path: str | os.PathLike[str]) -> Mail:
    """The messages of an mbox file, in the file's order, under the name "mbox:" and the file's name.

    Args:
        path: the file; "~" is the home folder.  An empty file is an empty mailbox.

    Raises:
        MboxError: the file is missing, is a folder, may not be read or is no mbox.
    """
    place = os.path.expanduser(os.fspath(path))
    try:
        first = _first_line(place)
        messages = _messages(place, first) if first else []
    except MboxError:
        raise
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise MboxError(f"cannot read {place!r} as an mbox: {reason}") from None
    name = os.fsencode(os.path.basename(place)).decode(errors="replace")
    return Mail(f"mbox:{name}", messages)


def _first_line(place: str) -> bytes:
    """The first line that is not blank, or no octets if there is none."""
    mode = os.stat(place).st_mode
    if stat.S_ISDIR(mode):
        raise MboxError(f"{place!r} is a folder: give the path of an mbox file in it")
    if not stat.S_ISREG(mode):
        raise MboxError(f"{place!r} is no ordinary file: an mbox is one file with all messages in it")
    with open(place, "rb") as file:
        for line in file:
            if line.strip(b"\r\n"):
                break
        else:
            return b""
    if not line.startswith(b"From "):
        raise MboxError(
            f'{place!r} is no mbox: its first line should begin with "From " (RFC 4155), not {line[:40]!r}'
        )
    return line


def _messages(place: str, first: bytes) -> list[Message]:
    import mailbox  # loads socket: not before it is needed

    # mailbox takes away the blank line that ends a message only if it ends as lines do on this
    # system; in a file with the other kind of line ends it is still there.
    crlf = first.endswith(b"\r\n")
    left = crlf != (os.linesep == "\r\n")
    box = mailbox.mbox(place, create=False)
    try:
        return [Message.of(_without_blank(box.get_bytes(key), left)) for key in box.iterkeys()]
    finally:
        box.close()


def _without_blank(data: bytes, left: bool) -> bytes:
    if left and (data in (b"\r\n", b"\n") or data.endswith((b"\n\r\n", b"\n\n"))):
        return data[:-2] if data.endswith(b"\r\n") else data[:-1]
    return data
