"""``popsim fetch``: all mail of a server, as one file for each message."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from popsim.cli import fetch_words
from popsim.cli.fetch_given import secret_of, trusted
from popsim.cli.place import SCHEMES, Place
from popsim.cli.progress import Bar
from popsim.cli.values import Trouble, reading, whole_number

if TYPE_CHECKING:
    from popsim.engine.visit import Progress, Visit
    from popsim.mail.archive import Archive, Entry
    from popsim.protocols.clients import Identity, MailReader
    from popsim.sockets.trust import Trust

_STARTTLS = {"offered": "if offered", "always": "always", "never": "never"}
_KEEP = "Leave the mail on the server, or delete there what is stored.  [default: keep by IMAP, else delete]"
_MAILBOX = "Another mailbox than INBOX, one that the URL names or not; can be given more than once."
_ALL = "All mailboxes that the server lists (IMAP only)."
_OUTPUT = "The folder to fetch into.  [default: USER@HOST]"
_TLS = "Whether to ask for TLS, by STLS or STARTTLS.  [default: offered]"
_CLEAR = "Let the password cross a network in clear, where the server leaves no other way."
_AUTHORITY = "Trust the servers that these certificates (PEM) speak for, rather than the system's authorities."
_INSECURE = "Check no certificate: whoever is on the wire can be the server."


@click.command()
@click.argument("place", metavar="URL", callback=reading(Place.parse))
@click.option("--password", metavar="PW", help="The password. Other programs on this machine may read it here.")
@click.option("--password-file", metavar="F", help="A file whose first line is the password; - is the standard input.")
@click.option("--mailbox", "mailboxes", metavar="NAME", multiple=True, help=_MAILBOX)
@click.option("--all", "everything", is_flag=True, help=_ALL)
@click.option("--keep/--delete", default=None, help=_KEEP)
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
    mailboxes: tuple[str, ...],
    everything: bool,
    keep: bool | None,
    folder: Path | None,
    starttls: str,
    clear: bool,
    authority: str | None,
    insecure: bool,
    timeout: int,
) -> None:
    """Fetch all mail from a server: pop3s://user@host:port or imaps://user@host/MAILBOX; also pop3, imap and pop2.

    Each message is a file of its own, exactly the octets that the server hands out. By POP3 and POP2 it is deleted on
    the server, but only when it is safely on the disk; --keep leaves it there. By IMAP nothing on the server changes;
    --delete deletes there what is stored. A run that was interrupted is taken up by the next.

    What was fetched earlier is known by its unique-id (in IMAP, by UIDVALIDITY and UID) and is not fetched again; a
    text file beside the mail says what that is. From a server without unique-ids, such as every POP2 server, all that
    is there is fetched each time, and what is known by its content is not stored a second time.

    IMAP and POP2 fetch the INBOX, or the mailbox in the URL, or those that --mailbox names. What is in the INBOX comes
    into the folder itself, and what is in another mailbox into a folder of that name inside of it.

    Without --password or --password-file the password is taken from the environment variable POPSIM_PASSWORD, or
    asked for.
    """
    from popsim.mail.archive_disk import escaped
    from popsim.protocols.clients import Identity

    named = _named(place, mailboxes, everything)
    trust = trusted(authority, insecure)
    tls = "never" if place.scheme.secure else _STARTTLS[starttls]
    keeps = place.scheme.keeps if keep is None else keep
    identity = Identity(place.user, secret_of(password, password_file, place), tls=tls, clear=clear or place.is_here)
    errand = _Errand(place, identity, folder or Path(escaped(str(place))), keeps, trust, timeout)
    errand.all(errand.listed() if everything else named)


def _named(place: Place, mailboxes: tuple[str, ...], everything: bool) -> list[str]:
    """The mailboxes that are asked for; "" is the one to which mail comes."""
    several = [name for name, scheme in SCHEMES.items() if scheme.mailboxes]
    if (mailboxes or everything) and not place.scheme.mailboxes:
        raise click.UsageError(f"a user has one mailbox in POP3: leave --mailbox and --all to {', '.join(several)}")
    if everything and not place.scheme.keeps:
        raise click.UsageError("POP2 can't list mailboxes: name each by --mailbox NAME")
    if everything and (mailboxes or place.mailbox):
        raise click.UsageError("--all fetches each mailbox that there is: name none beside it")
    given = [*([place.mailbox] if place.mailbox else []), *mailboxes]
    return list(dict.fromkeys(given)) or [""]


@dataclass(frozen=True, slots=True)
class _Errand:
    """What is to be fetched, and how."""

    place: Place
    identity: Identity
    folder: Path
    keep: bool
    trust: Trust
    timeout: int

    def all(self, mailboxes: list[str]) -> None:
        """Fetch these mailboxes, each in a session of its own. Raises Trouble where something is left to do."""
        from popsim.engine.visit import Ending

        troubles: list[str] = []
        for mailbox in mailboxes:
            visit, told = self._fetch(mailbox)
            if told:
                name = "".join(c if c.isprintable() else "?" for c in mailbox)
                troubles.append(f"{name}: {told}" if len(mailboxes) > 1 else told)
            if visit.ending in (Ending.REFUSED, Ending.LOST):
                break  # for the next it would be no other
        if troubles:
            raise Trouble(f"{self.place}: {'; '.join(troubles)}")

    def listed(self) -> list[str]:
        """The names of all mailboxes that can be opened. Raises Trouble where the server does not tell."""
        from popsim.engine.visit import Ending
        from popsim.protocols.imap.client import Login, errand
        from popsim.protocols.imap.client_mailbox import mailboxes
        from popsim.sockets.dial import perform

        self._reader("")
        place, who = self.place, self.identity
        login = Login(who.user, who.secret, tls=who.tls, clear=who.clear)
        script = errand(login, mailboxes, protocol=place.protocol, nonce=_nonce, secure=place.scheme.secure)
        came = perform(script, place.host, place.port, protocol=place.protocol, trust=self.trust, timeout=self.timeout)
        if came.ending is not Ending.DONE or came.result is None:
            told = came.problem + fetch_words.hint(place, came.problem, came.code, came.ending is Ending.REFUSED)
            raise Trouble(f"{place}: {told}")
        return came.result

    def _fetch(self, mailbox: str) -> tuple[Visit, str]:
        """One mailbox: what came of it, and what is left to do, in words."""
        import time

        from popsim.engine.visit import Ending
        from popsim.mail.archive import Archive

        reader = self._reader(mailbox)
        with Archive(self._folder(mailbox), self.place.account(mailbox), time.time_ns) as archive:
            visit = self._visit(reader, archive)
            if visit.listed or visit.ending is Ending.DONE:
                click.echo(fetch_words.summary(visit, archive, self.keep))
        problems = fetch_words.problems(visit)
        if visit.problem in problems:
            is_login = visit.ending is Ending.REFUSED
            advice = fetch_words.hint(self.place, visit.problem, visit.code, is_login)
            problems[problems.index(visit.problem)] += advice
        return visit, "; ".join(problems)

    def _reader(self, mailbox: str) -> MailReader:
        """Raises UsageError where what was given can't be used in this protocol."""
        from popsim.protocols.clients import mail_reader

        place = self.place
        name = "leave on server" if self.keep else "download and delete"
        pipelined = place.scheme.pipelined
        try:
            return mail_reader(
                place.protocol, name, self.identity, mailbox=mailbox, pipelined=pipelined, blind=self.keep
            )
        except ValueError as error:
            raise click.UsageError(str(error)) from None

    def _visit(self, reader: MailReader, archive: Archive) -> Visit:
        """One session with the server."""
        import time

        from popsim.sockets.dial import perform

        place = self.place
        with Bar() as bar:
            notes = _Notes(archive, bar)
            script = reader.session(
                archive, now=time.time_ns, nonce=_nonce, secure=place.scheme.secure, told=notes.told
            )
            came = perform(
                script,
                place.host,
                place.port,
                protocol=place.protocol,
                trust=self.trust,
                timeout=self.timeout,
                progress=bar.came,
            )
        if notes.listed:
            fetched = {item.number for item in came.fetched}
            unnamed = all(item.number in fetched for item in came.listed if item.uid is None)
            archive.settle([item.uid for item in came.listed if item.uid is not None], unnamed)
        return came

    def _folder(self, mailbox: str) -> Path:
        """Where the mail of a mailbox comes: one folder for each level of its name."""
        from popsim.mail.archive_disk import escaped
        from popsim.mail.names import INBOX, canonical

        if canonical(mailbox) in ("", INBOX):
            return self.folder
        return self.folder.joinpath(*(escaped(level) for level in canonical(mailbox).split("/") if level))


class _Notes:
    """Sees what a mail reader does, for the bar and for messages that have no unique-id."""

    def __init__(self, archive: Archive, bar: Bar) -> None:
        self.listed = False
        self._archive, self._bar = archive, bar
        self._unnamed: dict[int, Entry] = {}

    def told(self, progress: Progress) -> None:
        """Take note of one thing that it did."""
        item, last = progress.item, self._archive.last
        self.listed = self.listed or progress.what == "listed"
        if item is not None and item.uid is None:
            if progress.what == "fetched" and last is not None:
                self._unnamed[item.number] = last
            elif progress.what == "deleted" and item.number in self._unnamed:
                self._archive.gone(self._unnamed.pop(item.number))
        self._bar.told(progress)


def _nonce() -> str:
    import secrets

    return secrets.token_hex(16)
