"""Reads a session written as text: the settings and the steps (see ``FORMAT.txt``)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tests.transcripts.matching import stand_in


class User(NamedTuple):
    """Who may log in, with which secret, and by which command (none: by name and password)."""

    name: str
    secret: str
    login: str = ""


class Connect(NamedTuple):
    """A connection is opened under a name, or gone back to."""

    name: str


class Send(NamedTuple):
    """The client sends octets; those of a message where the text says so."""

    octets: bytes


class Expect(NamedTuple):
    """The server must have sent a line that matches, or, without its end, the opening of one."""

    pattern: str
    ends: bool = True
    in_order: bool = True


class InState(NamedTuple):
    """The session must have come to a state."""

    name: str


class Holds(NamedTuple):
    """A mailbox of a user must have so many messages."""

    user: str
    mailbox: str
    messages: int


class Lose(NamedTuple):
    """The connection is lost."""


class TimeOut(NamedTuple):
    """The server's timer ends."""


class Secure(NamedTuple):
    """The TLS handshake is done."""


class News(NamedTuple):
    """The server looks whether the mailbox has changed."""


class Later(NamedTuple):
    """Time passes, in seconds."""

    seconds: int


Step = Connect | Send | Expect | InState | Holds | Lose | TimeOut | Secure | News | Later
EVENTS = (Connect, Lose, TimeOut, Secure, News, Later)
"""The steps before which all that was said is looked at."""


class Unreadable(ValueError):
    """A line of a transcript that says nothing; the message names file and line."""


@dataclass
class Told:
    """A message: its octets and, where mailboxes know them, its mailbox, flags and date."""

    octets: bytes
    mailbox: str = "INBOX"
    flags: tuple[str, ...] = ()
    date: int = 0


@dataclass
class Transcript:
    """A session that a server must hold: its settings and its steps, each step after its line's number."""

    name: str
    protocol: str = "pop3"
    edition: int = 0
    extensions: list[str] = field(default_factory=list)
    policy: str = ""
    users: list[User] = field(default_factory=list)
    greeting: str = ""
    names_told: bool = False
    secured: bool = False
    uid_validity: int = 0
    sample: str = ""
    mail: list[Told] = field(default_factory=list)
    mailboxes: list[str] = field(default_factory=list)
    uids: list[str] = field(default_factory=list)
    unremovable: list[str] = field(default_factory=list)
    steps: list[tuple[int, Step]] = field(default_factory=list)

    @property
    def inbox(self) -> list[bytes]:
        """The messages of the inbox."""
        return [told.octets for told in self.mail if told.mailbox == "INBOX"]

    @property
    def messages(self) -> list[bytes]:
        """All messages."""
        return [told.octets for told in self.mail]


def names(folder: Path) -> tuple[str, ...]:
    """The names of the transcripts in a folder."""
    return tuple(sorted(path.stem for path in folder.glob("*.txt") if path.name != "FORMAT.txt"))


def read(folder: Path, name: str) -> Transcript:
    """The transcript of that name in a folder."""
    return parse((folder / f"{name}.txt").read_text(encoding="utf-8"), name)


def parse(text: str, name: str = "transcript") -> Transcript:
    """The transcript that a text tells. Raises Unreadable."""
    transcript = Transcript(name)
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        step = _step(line, transcript.users)
        if step is not None:
            transcript.steps.append((number, step))
        elif transcript.steps or not _setting(transcript, line):
            raise Unreadable(f"{name}:{number}: cannot read {line!r}")
    _complete(transcript)
    return transcript


def _step(line: str, users: list[User]) -> Step | None:
    word, _, rest = line.partition(":")
    text = rest.removeprefix(" ")
    match word:
        case "connection":
            return Connect(text)
        case "C":
            return Send(text.encode() + b"\r\n")
        case "C without CRLF":
            return Send(text.encode())
        case "S":
            return Expect(_as_sent(text))
        case "S without CRLF":
            return Expect(_as_sent(text), ends=False)
        case "S in any order":
            return Expect(_as_sent(text), in_order=False)
        case "state":
            return InState(text)
        case "holds":
            return _holds(text, users)
        case "lost":
            return Lose()
        case "timed out":
            return TimeOut()
        case "secured":
            return Secure()
        case "news":
            return News()
        case "later":
            return Later(int(text.removesuffix(" s")))
    return None


def _holds(text: str, users: list[User]) -> Step | None:
    """A user's name, a mailbox or none, and a number, with spaces between them; the names may have spaces too."""
    names, _, count = text.rpartition(" ")
    fitting = [user.name for user in users if f"{names} ".startswith(f"{user.name} ")]
    if not fitting or not count.isdecimal():
        return None
    user = max(fitting, key=len)
    return Holds(user, names[len(user) + 1 :] or "INBOX", int(count))


def _as_sent(text: str) -> str:
    """Text as the octets that the server sends are read here."""
    return text.encode().decode("latin-1")


def _setting(transcript: Transcript, line: str) -> bool:
    """Take a line of the head into the transcript; False if it is none."""
    word, _, rest = line.partition(":")
    text = rest.removeprefix(" ")
    match word:
        case "protocol":
            transcript.protocol = text
        case "edition":
            transcript.edition = int(text)
        case "extensions":
            transcript.extensions += text.split()
        case "policy":
            transcript.policy = text
        case "user":
            name, _, rest = text.partition(":")
            secret = rest.removesuffix(":APOP").removesuffix(":RPOP")
            transcript.users.append(User(name, secret, rest.removeprefix(secret).removeprefix(":")))
        case "greeting":
            transcript.greeting = text
        case "uid validity":
            transcript.uid_validity = int(text)
        case "uids":
            transcript.uids += text.split()
        case "removal fails":
            transcript.unremovable += text.split()
        case "mailbox":
            transcript.mailboxes.append(text)
        case "names" | "line":
            transcript.names_told |= line == "names: told"
            transcript.secured |= line == "line: secured"
            return line in ("names: told", "line: secured")
        case _:
            return _mail(transcript, line, word, text)
    return True


def _mail(transcript: Transcript, line: str, word: str, text: str) -> bool:
    """Take a line that tells of mail."""
    mail, place = transcript.mail, (transcript.mailboxes or ["INBOX"])[-1]
    if line == "message":
        mail.append(Told(b"", place))
    elif line.startswith("|") and mail:
        mail[-1].octets += line[1:].removeprefix(" ").encode() + b"\r\n"
    elif word == "flags" and mail:
        mail[-1].flags = tuple(text.split())
    elif word == "date" and mail:
        mail[-1].date = int(text)
    elif word == "mail" and text.startswith("sample "):
        transcript.sample = text.removeprefix("sample ")
    elif word == "mail" and text.startswith("sizes"):
        mail += [Told(stand_in(len(mail) + n, int(size)), place) for n, size in enumerate(text.split()[1:], 1)]
    else:
        return line == "mail: written here"
    return True


def _complete(transcript: Transcript) -> None:
    lacks = [w for w, there in (("edition", transcript.edition), ("user", transcript.users)) if not there]
    steps = [step for _, step in transcript.steps]
    if lacks or not steps or not isinstance(steps[0], Connect):
        raise Unreadable(f"{transcript.name}: needs {lacks or 'to begin with a connection'}")
    if transcript.uids and len(transcript.uids) != len(transcript.inbox):
        raise Unreadable(f"{transcript.name}: as many uids as messages are needed")
