"""Reads a session written as text (``transcripts/FORMAT.txt``) and matches what a server sends with it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent / "transcripts"
NAMES = tuple(sorted(path.stem for path in FOLDER.glob("*.txt") if path.name != "FORMAT.txt"))


class User(NamedTuple):
    """Who may log in, with which secret, and by which command (none: by USER and PASS)."""

    name: str
    secret: str
    login: str = ""


class Connect(NamedTuple):
    """A connection is opened under a name, or gone back to."""

    name: str


class Send(NamedTuple):
    """The client sends octets."""

    octets: bytes


class Expect(NamedTuple):
    """The server must have sent a line that matches."""

    pattern: str


class InState(NamedTuple):
    """The session must have come to a state."""

    name: str


class Lose(NamedTuple):
    """The connection is lost."""


class TimeOut(NamedTuple):
    """The autologout timer ends."""


class Secure(NamedTuple):
    """The TLS handshake is done."""


class Later(NamedTuple):
    """Time passes, in seconds."""

    seconds: int


Step = Connect | Send | Expect | InState | Lose | TimeOut | Secure | Later


class Unreadable(ValueError):
    """A line of a transcript that says nothing; the message names file and line."""


@dataclass
class Transcript:
    """A session that a server must hold: its settings and its steps, each step after its line's number."""

    name: str
    edition: int = 0
    extensions: list[str] = field(default_factory=list)
    policy: str = ""
    users: list[User] = field(default_factory=list)
    greeting: str = ""
    names_told: bool = False
    sample: str = ""
    messages: list[bytes] = field(default_factory=list)
    uids: list[str] = field(default_factory=list)
    unremovable: list[str] = field(default_factory=list)
    steps: list[tuple[int, Step]] = field(default_factory=list)


def load(name: str) -> Transcript:
    """The transcript of that name in the folder."""
    return parse((FOLDER / f"{name}.txt").read_text(encoding="utf-8"), name)


def parse(text: str, name: str = "transcript") -> Transcript:
    """The transcript that a text tells. Raises Unreadable."""
    transcript = Transcript(name)
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        step = _step(line, transcript)
        if step is not None:
            transcript.steps.append((number, step))
        elif transcript.steps or not _setting(transcript, line):
            raise Unreadable(f"{name}:{number}: cannot read {line!r}")
    _complete(transcript)
    return transcript


def _step(line: str, transcript: Transcript) -> Step | None:
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
            return Expect(text.encode().decode("latin-1"))  # as what is sent is read
        case "state":
            return InState(text)
        case "lost":
            return Lose()
        case "timed out":
            return TimeOut()
        case "secured":
            return Secure()
        case "later":
            return Later(int(text.removesuffix(" s")))
    return None


def _setting(transcript: Transcript, line: str) -> bool:
    """Take a line of the head into the transcript; False if it is none."""
    word, _, rest = line.partition(":")
    text = rest.removeprefix(" ")
    if line == "message":
        transcript.messages.append(b"")
    elif line.startswith("|") and transcript.messages:
        transcript.messages[-1] += line[1:].removeprefix(" ").encode() + b"\r\n"
    elif word == "edition":
        transcript.edition = int(text)
    elif word == "extensions":
        transcript.extensions += text.split()
    elif word == "policy":
        transcript.policy = text
    elif word == "user":
        name, _, rest = text.partition(":")
        secret = rest.removesuffix(":APOP").removesuffix(":RPOP")
        transcript.users.append(User(name, secret, rest.removeprefix(secret).removeprefix(":")))
    elif line == "names: told":
        transcript.names_told = True
    elif word == "greeting":
        transcript.greeting = text
    elif word == "mail" and text.startswith("sample "):
        transcript.sample = text.removeprefix("sample ")
    elif word == "mail" and text.startswith("sizes"):
        transcript.messages += [stand_in(n, int(size)) for n, size in enumerate(text.split()[1:], 1)]
    elif word == "uids":
        transcript.uids += text.split()
    elif word == "removal fails":
        transcript.unremovable += text.split()
    else:
        return line == "mail: written here"
    return True


def _complete(transcript: Transcript) -> None:
    lacks = [w for w, there in (("edition", transcript.edition), ("user", transcript.users)) if not there]
    steps = [step for _, step in transcript.steps]
    if lacks or not steps or not isinstance(steps[0], Connect):
        raise Unreadable(f"{transcript.name}: needs {lacks or 'to begin with a connection'}")
    if transcript.uids and len(transcript.uids) != len(transcript.messages):
        raise Unreadable(f"{transcript.name}: as many uids as messages are needed")


def stand_in(number: int, size: int) -> bytes:
    """A message of exactly ``size`` octets; the lines of its body begin with a dot, so a size that counts
    stuffed dots is found out.

    Raises:
        ValueError: the size is too small for a header, a blank line and a body.
    """
    head = f"Subject: stand-in {number}\r\n\r\n".encode()
    left = size - len(head)
    if left < 3:
        raise ValueError(f"a stand-in has {len(head) + 3} octets or more, not {size}")
    body = b""
    while left:
        length = min(left, 60) if left - 60 not in (1, 2) else 50
        body += b"." * (length - 2) + b"\r\n"
        left -= length
    return head + body


def stuffed_lines(octets: bytes) -> list[str]:
    """The lines of a message as RFC 1939 §3 sends them, without the closing dot."""
    lines = octets.decode("latin-1").split("\r\n")[:-1]
    return ["." + line if line[:1] == "." else line for line in lines]


def top_lines(octets: bytes, count: int) -> list[str]:
    """The same for the headers, the blank line and ``count`` lines of the body (RFC 1939 §7)."""
    lines = stuffed_lines(octets)
    return lines[: lines.index("") + 1 + count]


def expanded(pattern: str, messages: list[bytes]) -> list[str]:
    """The patterns that one ``S:`` line stands for: a message is as many as it has lines."""
    match pattern.strip("<>").split() if pattern.startswith("<") else []:
        case ["message", n]:
            return [_literal(line) for line in stuffed_lines(messages[int(n) - 1])]
        case ["top", n, count]:
            return [_literal(line) for line in top_lines(messages[int(n) - 1], int(count))]
    return [re.escape(pattern).replace(r"\ \.\.\.", "( .*)?")]


def _literal(line: str) -> str:
    return re.escape(line)


def mismatch(patterns: list[str], sent: bytes) -> str:
    """How what a server sent differs from the lines that were expected; empty if it does not."""
    text = sent.decode("latin-1")
    if text and not text.endswith("\r\n"):
        return f"the last line has no CRLF: {text[-60:]!r}"
    lines = text.split("\r\n")[:-1]
    for n, (pattern, line) in enumerate(zip(patterns, lines, strict=False), 1):
        if not re.fullmatch(pattern, line, re.DOTALL):
            return f"reply line {n} is {line!r}, expected {pattern!r}"
    if len(lines) < len(patterns):
        return f"the server is silent, expected {patterns[len(lines)]!r}"
    return "" if len(lines) == len(patterns) else f"the server also sent {lines[len(patterns)]!r}"
