"""What ``popsim fetch`` says of a visit: what came of it, what went wrong, and what to do then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from popsim.cli.place import SCHEMES, Place

if TYPE_CHECKING:
    from popsim.engine.visit import Visit
    from popsim.mail.archive import Archive

_LOGIN = "are name and password right?"
_MAILBOX = "is the mailbox's name right? --all fetches all that there are"
_HINTS = {
    "IN-USE": "another program is reading this mail: try again when it is done",
    "INUSE": "another program is reading this mail: try again when it is done",
    "LOGIN-DELAY": "the last login was too short a time ago: try again later",
    "SYS/TEMP": "a trouble of the server's that will pass: try again later",
    "UNAVAILABLE": "a trouble of the server's that will pass: try again later",
    "SYS/PERM": "a trouble of the server's that its administrator has to look after",
    "CONTACTADMIN": "a trouble of the server's that its administrator has to look after",
    "AUTH": _LOGIN,
    "AUTHENTICATIONFAILED": _LOGIN,
    "NONEXISTENT": _MAILBOX,
    "TRYCREATE": _MAILBOX,
    "NOPERM": "the server lets others read there",
}
"""What to do, by the code in a server's answer."""


def problems(visit: Visit) -> list[str]:
    """What is left to do, in words."""
    from popsim.engine.visit import Ending

    found = []
    if visit.failed:
        numbers = ", ".join(str(item.number) for item in visit.failed[:5]) + (", ..." if visit.failed[5:] else "")
        found.append(f"the server did not hand out {_counted(len(visit.failed))} ({numbers})")
    if visit.ending is not Ending.DONE:
        found.append(visit.problem)
    if visit.ending is Ending.LOST and visit.marked:
        unsure = "what became of the" if len(visit.marked) > 1 else "what became of the one"
        found.append(f"{unsure} {_counted(len(visit.marked))} to delete the server has not said; all are stored")
    return found


def summary(visit: Visit, archive: Archive, keep: bool) -> str:
    """What came of a visit, in one line."""
    octets = sum(entry.size for entry in archive.stored)
    parts = [f"{_counted(len(archive.stored))} stored in {archive.folder} ({octets:,} octets)"]
    again = len(visit.fetched) - len(archive.stored)
    if visit.skipped:
        parts.append(f"{len(visit.skipped):,} stored by an earlier run")
    if again:
        parts.append(f"{again:,} fetched again, for the server gives no unique-ids, and known by their content")
    if not keep:
        parts.append(f"{len(visit.deleted):,} deleted on the server")
    return "; ".join(parts)


def _counted(number: int) -> str:
    return f"{number:,} message{'s' * (number != 1)}"


def hint(place: Place, problem: str, code: str, is_login: bool) -> str:
    """What to do, where that is known, to be put behind a problem.

    Args:
        place: where mail was to be fetched from.
        problem: what went wrong, in words.
        code: the code that came with it, or "".
        is_login: whether it went wrong before the login was done.
    """
    if "in clear, which" in problem or "whoever reads along" in problem:
        secure = [name for name, one in SCHEMES.items() if one.protocol == place.scheme.protocol and one.secure]
        instead = f"use {secure[0]}:// if the server has it, or --clear" if secure else "--clear lets it"
        return f"; {instead}"
    if "certificate" in problem:
        return "; name its authority by --ca FILE, or use --insecure to check nothing"
    if code in _HINTS:
        return f" ({_HINTS[code]})"
    if is_login and (" was refused" in problem or " was answered by " in problem) and not code:
        return f" ({_LOGIN})"
    if not is_login and problem.startswith(("SELECT ", "EXAMINE ")):
        return f" ({_MAILBOX})"
    return ""
