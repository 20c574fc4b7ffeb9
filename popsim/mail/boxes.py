"""The one door to mail on disk: it finds out whether a path is an mbox, a Maildir or a folder of `.eml` files."""

from __future__ import annotations

import os

from popsim.mail.box import Box, MailError, Pause, base_name, unreadable
from popsim.mail.collection import Mail
from popsim.mail.files import EmlFolder
from popsim.mail.maildir import Maildir
from popsim.mail.mbox import Mbox
from popsim.mail.mbox import read as read_mbox

KINDS = "an mbox file, a Maildir (a folder with the folders cur and new) or a folder of .eml files"


def read_mail(path: str | os.PathLike[str]) -> Mail:
    """The mail at a path, under a name that tells its kind: ``mbox:archive``, ``Maildir:inbox``, ``eml:letters``.

    Reading changes nothing on the disk.

    Args:
        path: an mbox file, a Maildir or a folder of ``.eml`` files; "~" is the home folder. An empty file is an empty
            mbox, an empty folder one of no ``.eml`` files.

    Raises:
        MailError: it is none of these, or it can't be read; the text is one line.
    """
    place = os.path.expanduser(os.fspath(path))
    if not os.path.isdir(place):
        return read_mbox(place)
    found = box(place, lambda _: None)
    return Mail(f"{found.kind}:{base_name(place)}", found.read())


def box(path: str | os.PathLike[str], pause: Pause) -> Box:
    """The mail at a path as a box, to be read again and removed from.

    Args:
        path: as in :func:`read_mail`.
        pause: what lets some seconds pass while another program has the mail locked.

    Raises:
        MailError: it is none of the kinds.
    """
    place = os.path.expanduser(os.fspath(path))
    if not os.path.isdir(place):
        return Mbox(place, pause)
    try:
        names = os.listdir(place)
    except OSError as error:
        raise MailError(unreadable(place, "a folder of mail", error)) from None
    if {"cur", "new"} <= set(names):
        return Maildir(place)
    if not names or any(name.lower().endswith(".eml") for name in names):
        return EmlFolder(place)
    raise MailError(f"{place!r} is a folder without mail: expected {KINDS}")
