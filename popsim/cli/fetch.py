"""``popsim fetch``: all mail of a server, as one file for each message."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from popsim.cli.place import Place
from popsim.cli.progress import Bar
from popsim.cli.values import Trouble, reading, whole_number

if TYPE_CHECKING:
    from popsim.mail.archive import Archive, Entry
    from popsim.protocols.pop3.client import Item, Login, Progress, Visit
    from popsim.sockets.trust import Trust

VARIABLE = "POPSIM_PASSWORD"
"""The environment variable that may hold the password."""
_STARTTLS = {"offered": "if offered", "always": "always", "never": "never"}
_KEEP = "Leave the mail on the server."
_OUTPUT = "The folder to fetch into.  [default: USER@HOST]"
_TLS = "Whether to ask for TLS, by STLS.  [default: offered]"
_CLEAR = "Let the password cross a network in clear, where the server leaves no other way."
_AUTHORITY = "Trust the servers that these certificates (PEM) speak for, rather than the system's authorities."
_INSECURE = "Check no certificate: whoever is on the wire can be the server."
_HINTS = {
    "IN-USE": "another program is reading this mail: try again when it is done",
    "LOGIN-DELAY": "the last login was too short a time ago: try again later",
    "SYS/TEMP": "a trouble of the server's that will pass: try again later",
    "SYS/PERM": "a trouble of the server's that its administrator has to look after",
    "AUTH": "are name and password right?",
}


@click.command()
@click.argument("place", metavar="URL", callback=reading(Place.parse))
@click.option("--password", metavar="PW", help="The password. Other programs on this machine may read it here.")
@click.option("--password-file", metavar="F", help="A file whose first line is the password; - is the standard input.")
@click.option("--keep", is_flag=True, help=_KEEP)
@click.option("--output", "folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path), help=_OUTPUT)
@click.option("--starttls", type=click.Choice([*_STARTTLS]), default="offered", help=_TLS)
@click.option("--clear", is_flag=True, help=_CLEAR)
@click.option("--ca", "authority", metavar="FILE", help=_AUTHORITY)
@click.option("--insecure", is_flag=True, help=_INSECURE)
@click.option(
    "--timeout",
    metavar="SECONDS",
    default="60",
    callback=reading(whole_number(1, 86_400, "seconds")),
    help="The longest silence of the server.  [default: 60]",
)
def fetch(
    place: Place,
    password: str | None,
    password_file: str | None,
    keep: bool,
    folder: Path | None,
    starttls: str,
    clear: bool,
    authority: str | None,
    insecure: bool,
    timeout: int,
) -> None:
    """Fetch all mail from a server: pop3://user@host:port, or pop3s://user@host:port.

    Each message is a file of its own with exactly the octets that the server has, and is deleted on the server only
    when it is safely on the disk. A run that was interrupted is taken up by the next. What was fetched earlier is known
    by its unique-id and is not fetched again; a text file beside the mail says what that is. From a server without
    unique-ids all that is there is fetched each time, and what is known by its content is not stored a second time.

    Without --password or --password-file the password is taken from the environment variable POPSIM_PASSWORD, or
    asked for.
    """
    import time

    from popsim.mail.archive import Archive
    from popsim.mail.archive_disk import escaped
    from popsim.protocols.pop3.client import Login

    trust = _trust(authority, insecure)
    secret = _secret(password, password_file, place)
    try:
        allowed = clear or place.is_here
        login = Login(place.user, secret, tls="never" if place.secure else _STARTTLS[starttls], clear=allowed)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    folder = folder or Path(escaped(str(place)))
    with Archive(folder, str(place), time.time_ns) as archive:
        visit = _visit(place, login, archive, keep, trust, timeout)
        _report(place, visit, archive, keep)


def _visit(place: Place, login: Login, archive: Archive, keep: bool, trust: Trust, timeout: int) -> Visit:
    """One session with the server."""
    import secrets
    import time

    from popsim.protocols.pop3.client import Reader, visit
    from popsim.protocols.pop3.table import POP3
    from popsim.sockets.dial import perform

    protocol = POP3.extended()
    wanted = Reader("leave on server", blind=True) if keep else Reader("download and delete", 0)
    with Bar() as bar:
        notes = _Notes(archive, bar)
        script = visit(
            wanted,
            login,
            archive,
            protocol=protocol,
            now=time.time_ns,
            nonce=lambda: secrets.token_hex(16),
            secure=place.secure,
            told=notes.told,
        )
        came = perform(
            script, place.host, place.port, protocol=protocol, trust=trust, timeout=timeout, progress=bar.came
        )
    if notes.listed:
        fetched = {item.number for item in came.fetched}
        unnamed = all(item.number in fetched for item in came.listed if item.uid is None)
        archive.settle([item.uid for item in came.listed if item.uid is not None], unnamed)
    return came


class _Notes:
    """Sees what a mail reader does, for the bar and for messages that have no unique-id."""

    def __init__(self, archive: Archive, bar: Bar) -> None:
        self.listed = False
        self._archive, self._bar = archive, bar
        self._unnamed: dict[Item, Entry] = {}

    def told(self, progress: Progress) -> None:
        """Take note of one thing that it did."""
        item, last = progress.item, self._archive.last
        self.listed = self.listed or progress.what == "listed"
        if item is not None and item.uid is None:
            if progress.what == "fetched" and last is not None:
                self._unnamed[item] = last
            elif progress.what == "deleted" and item in self._unnamed:
                self._archive.gone(self._unnamed.pop(item))
        self._bar.told(progress)


# What is said


def _report(place: Place, visit: Visit, archive: Archive, keep: bool) -> None:
    """Say what came of it. Raises Trouble where something is left to do."""
    from popsim.protocols.pop3.client import Ending

    if visit.listed or visit.ending is Ending.DONE:
        click.echo(_summary(visit, archive, keep))
    if visit.complete:
        return
    problems = []
    if visit.failed:
        numbers = ", ".join(str(item.number) for item in visit.failed[:5]) + (", ..." if visit.failed[5:] else "")
        problems.append(f"the server did not hand out {_counted(len(visit.failed))} ({numbers})")
    if visit.ending is not Ending.DONE:
        problems.append(f"{visit.problem}{_hint(visit)}")
    if visit.ending is Ending.LOST and visit.marked:
        unsure = "what became of the" if len(visit.marked) > 1 else "what became of the one"
        problems.append(f"{unsure} {_counted(len(visit.marked))} to delete the server has not said; all are stored")
    raise Trouble(f"{place}: {'; '.join(problems)}")


def _summary(visit: Visit, archive: Archive, keep: bool) -> str:
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


def _hint(visit: Visit) -> str:
    """What to do, where that is known."""
    from popsim.protocols.pop3.client import Ending

    if "in clear, which" in visit.problem:
        return "; use pop3s:// if the server has it, or --clear"
    if "certificate" in visit.problem:
        return "; name its authority by --ca FILE, or use --insecure to check nothing"
    if visit.code in _HINTS:
        return f" ({_HINTS[visit.code]})"
    if visit.ending is Ending.REFUSED and " was refused" in visit.problem and not visit.code:
        return f" ({_HINTS['AUTH']})"
    return ""


# What is given


def _trust(authority: str | None, insecure: bool) -> Trust:
    from popsim.sockets.trust import Trust

    if authority is None:
        return Trust(verify=not insecure)
    if insecure:
        raise click.UsageError("--ca says whom to trust and --insecure to trust anybody: give one of them")
    from popsim.tls import TlsError

    trust = Trust(authority)
    try:
        trust.context()
    except (TlsError, UnicodeDecodeError) as error:
        words = str(error) if isinstance(error, TlsError) else "it is no text"
        raise Trouble(f"--ca {authority!r}: {words}") from None
    return trust


def _secret(password: str | None, password_file: str | None, place: Place) -> str:
    """The password, wherever it comes from."""
    if password is not None and password_file is not None:
        raise click.UsageError("--password and --password-file both say what the password is: give one of them")
    if password is not None:
        return password
    if password_file is not None:
        return _read_secret(password_file)
    if given := os.environ.get(VARIABLE):
        return given
    if sys.stdin is None or not sys.stdin.isatty():
        raise click.UsageError(f"expected a password: give --password-file FILE, or set {VARIABLE}")
    prompted: str = click.prompt(f"password of {place}", hide_input=True, err=True)
    return prompted


def _read_secret(name: str) -> str:
    octets = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    lines = octets.splitlines()
    try:
        return lines[0].decode() if lines else ""
    except UnicodeDecodeError:
        raise Trouble(f"--password-file {name!r}: expected a line of UTF-8 text") from None
