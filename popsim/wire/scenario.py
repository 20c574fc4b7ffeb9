"""A scenario: everything that a run depends on, as a value and as one line of text.

The line is a list of words with quotes where a word has spaces. Settings come first, as ``name=value``; after ``--``
come the commands that the client sends, in order, each when all is quiet after the one before::

    pop3 edition=1939 user=alice:secret mail=alice:inbox "delay=40 ms" seed=1 -- "USER alice" "PASS secret" STAT QUIT

``extension=2449`` adds an extension by its RFC, ``without=TOP`` leaves a command out, and ``policy=login-delay:60s``
says what the server's site has decided (:class:`popsim.Policy` has the words). ``tls`` alone lets TLS come first on
each connection (RFC 8314 §3). ``delay``, ``rate``, ``mss``, ``loss`` and ``jitter`` are the link's (:class:`Link`), and
``fault=...`` is something that goes wrong (:class:`Fault`).

A command may open with marks: ``1>`` sends it on connection 1 (the first one is 0), ``+5s>`` lets five seconds pass
first, and ``pipelined>`` sends it without waiting for answers, so that ``+2s> pipelined>`` counts from the command
before it and not from the last answer. ``connect>`` alone opens one more connection, ``connect> imap edition=3501`` one
on which another protocol is spoken (and ``tls`` behind it lets TLS come first there), ``cut>`` loses a connection, and
``mail> alice minimal`` lets mail arrive: a sample, or the first 16 digits of a digest.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field, replace

from popsim.mail.policy import USUAL, Policy
from popsim.mail.store import User
from popsim.protocols import spoken
from popsim.protocols.protocol import Protocol
from popsim.wire.faults import Fault
from popsim.wire.link import Link
from popsim.wire.quantity import nanoseconds, written
from popsim.wire.speech import TLS, Speech, protocol_of, settings_of, words

_MARK = re.compile(r"([0-9]+|\+[^>\"]+|pipelined|connect|cut|mail)> ?")

_OF_THE_LINK = ("delay", "rate", "mss", "loss", "jitter")


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a client does.

    Args:
        line: the command line as octets, without CRLF; for ``kind`` "cut" it is empty, and for "connect" too, unless it
            says what is spoken on that connection (:class:`popsim.wire.speech.Speech` has the words).
        connection: on which connection, counted from 0.
        after: how much time passes first, in nanoseconds.
        pipelined: whether it is sent without waiting for the answers that are still to come.
        kind: ``"send"``, ``"connect"`` (open one more connection), ``"cut"`` (lose the connection) or ``"mail"`` (mail
            arrives for a user; ``line`` says whose and which, as in ``alice minimal``).
    """

    line: bytes = b""
    connection: int = 0
    after: int = 0
    pipelined: bool = False
    kind: str = "send"

    @classmethod
    def parse(cls, text: str) -> Action:
        """Read a command with its marks. Raises ValueError for a mark that is wrong."""
        action = cls()
        while match := _MARK.match(text):
            text, word = text[match.end() :], match[1]
            if word.isdigit():
                action = replace(action, connection=int(word))
            elif word.startswith("+"):
                action = replace(action, after=nanoseconds(word[1:]))
            elif word == "pipelined":
                action = replace(action, pipelined=True)
            else:
                action = replace(action, kind=word)
        return replace(action, line=_octets(text))

    def __str__(self) -> str:
        marks = [f"{self.connection}>"] if self.connection else []
        marks += [f"+{written(self.after)}>"] if self.after else []
        marks += ["pipelined>"] if self.pipelined else []
        marks += [f"{self.kind}>"] if self.kind != "send" else []
        text = _text(self.line)
        if _MARK.match(text):  # a line that looks like a mark is none
            text = f"\\x{self.line[0]:02x}{text[1:]}"
        return " ".join([*marks, text]) if text else " ".join(marks)


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of the past: the line that a client sends instead of another.

    Args:
        message: which of the lines that the client sent on this connection, counted from 0.
        line: what it sends instead, without CRLF.
        connection: on which connection, counted from 0.
    """

    message: int
    line: bytes
    connection: int = 0

    def __str__(self) -> str:
        return f"{self.connection}.{self.message}:{_text(self.line)}"

    @classmethod
    def parse(cls, text: str) -> Edit:
        """Read ``0.2:NOOP``: on connection 0, the line that had two before it. Raises ValueError."""
        match = re.fullmatch(r"([0-9]+)\.([0-9]+):(.*)", text, re.DOTALL)
        if not match:
            raise ValueError(f"expected an edit as CONNECTION.MESSAGE:LINE, with 0 for the first of each, got {text!r}")
        return cls(int(match[2]), _octets(match[3]), int(match[1]))


DEFAULT_USER = User("alice", "secret")


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is run. Equal scenarios give equal timelines, to the octet and the nanosecond.

    Args:
        protocol: the short name of the protocol that is spoken on the first connection.
        edition: its RFC number.
        minimal: whether the optional commands are left out.
        extensions: the RFC numbers of the extensions that are spoken too.
        without: the keywords of commands that are left out one by one.
        policy: what the server's site has decided.
        users: who has mail.
        mail: for each user who has some: the name of sample mail, or the first 16 digits of a mail's digest.
        tls: whether TLS comes first on each connection, before the greeting (RFC 8314 §3).
        link: the path between the two ends.
        seed: where chance comes from: the greeting's timestamp, losses and jitter.
        actions: what the clients do.
        faults: what goes wrong.
        edits: what is changed of the past.
    """

    protocol: str = "pop3"
    edition: int = 1939
    minimal: bool = False
    extensions: tuple[int, ...] = ()
    without: tuple[str, ...] = ()
    policy: Policy = USUAL
    users: tuple[User, ...] = (DEFAULT_USER,)
    mail: tuple[tuple[str, str], ...] = (("alice", "inbox"),)
    tls: bool = False
    link: Link = field(default_factory=Link)
    seed: int = 1
    actions: tuple[Action, ...] = ()
    faults: tuple[Fault, ...] = ()
    edits: tuple[Edit, ...] = ()

    @property
    def speech(self) -> Speech:
        """What is spoken on the first connection, and on each that does not say."""
        return Speech(self.speaks, self.tls)

    @property
    def speaks(self) -> Protocol:
        """The protocol edition that is run."""
        return spoken(
            {
                "protocol": self.protocol,
                "edition": self.edition,
                "minimal": self.minimal,
                "extensions": self.extensions,
                "without": self.without,
            }
        )

    def then(self, *lines: str) -> Scenario:
        """The same with more commands at the end, written as in a scenario's text."""
        return replace(self, actions=(*self.actions, *map(Action.parse, lines)))

    def __str__(self) -> str:
        found = words(self.speaks)
        found += [f"policy={word}" for word in self.policy.words]
        found += [TLS] if self.tls else []
        found += [f"user={user}" for user in self.users]
        found += [f"mail={user}:{name}" for user, name in self.mail]
        found += [f"{name}={value}" for name, value in self.link.words.items()]
        found += [f"seed={self.seed}"]
        found += [f"fault={fault}" for fault in self.faults]
        found += [f"edit={edit}" for edit in self.edits]
        return " ".join(map(shlex.quote, [*found, "--", *map(str, self.actions)]))

    @classmethod
    def parse(cls, text: str) -> Scenario:
        """Read a scenario's text.

        Raises:
            ValueError: a word is not understood; the message says which and what was expected.
        """
        try:
            given = shlex.split(text)
        except ValueError as error:
            raise ValueError(f"a scenario is one line of words, quoted as in a shell: {error}") from error
        if not given:
            raise ValueError("a scenario begins with the name of a protocol, such as pop3")
        split = given.index("--") if "--" in given else len(given)
        settings = settings_of(given[1:split])
        protocol = protocol_of(given[0], settings)
        scenario = cls(
            protocol=protocol.name,
            edition=protocol.number,
            minimal=protocol.is_minimal,
            extensions=protocol.enabled,
            without=protocol.omitted,
            policy=Policy.parse(*settings.pop("policy", [])),
            users=tuple(User.parse(u) for u in settings.pop("user", [str(DEFAULT_USER)])),
            mail=tuple(_pair(m) for m in settings.pop("mail", [])),
            tls=bool(settings.pop(TLS, [])),
            link=_link({name: settings.pop(name)[-1] for name in _OF_THE_LINK if name in settings}),
            seed=_integer("seed", settings.pop("seed", ["1"])[-1]),
            actions=tuple(Action.parse(word) for word in given[split + 1 :]),
            faults=tuple(Fault.parse(f) for f in settings.pop("fault", [])),
            edits=tuple(Edit.parse(e) for e in settings.pop("edit", [])),
        )
        if settings:
            raise ValueError(f"a scenario has no setting {next(iter(settings))!r}")
        return scenario


def _link(words: dict[str, str]) -> Link:
    mss = _integer("mss", words.get("mss", "1460"))
    delay, loss, jitter = words.get("delay", "20 ms"), words.get("loss", "0%"), words.get("jitter", "0 ms")
    return Link(delay, words.get("rate"), mss, loss, jitter)


def _pair(text: str) -> tuple[str, str]:
    user, sign, name = text.partition(":")
    if not sign:
        raise ValueError(f"expected mail as WHO:NAME, such as alice:inbox, got {text!r}")
    return user, name


def _integer(name: str, text: str) -> int:
    if not text.removeprefix("-").isdecimal():
        raise ValueError(f"expected a whole number for {name}, got {text!r}")
    return int(text)


_PLAIN = re.compile(r"\\(?=[A-Z*])")
"""A backslash that needs no escape."""


def _text(octets: bytes) -> str:
    """Octets as a text that can be read back: UTF-8 where it is, else escapes."""
    text = octets.decode("utf-8", "surrogateescape")
    plain = {match.start() for match in _PLAIN.finditer(text)}
    return "".join(c if c.isprintable() and c != "\\" or n in plain else _escape(c) for n, c in enumerate(text))


def _escape(character: str) -> str:
    return {"\\": "\\\\", "\r": "\\r", "\n": "\\n", "\t": "\\t"}.get(
        character, "".join(f"\\x{octet:02x}" for octet in character.encode("utf-8", "surrogateescape"))
    )


def _octets(text: str) -> bytes:
    """The octets of a text with the escapes ``\\r \\n \\t \\\\ \\xNN``. Raises ValueError for another one.

    A backslash before a capital letter or an asterisk is itself, for IMAP's flags are called such as ``\\Seen``.
    """
    parts = re.split(r"(\\x[0-9a-fA-F]{2}|\\[rnt\\])", text)
    if any("\\" in _PLAIN.sub("", part) for part in parts[::2]):
        raise ValueError(f"the escapes in a scenario are \\r \\n \\t \\\\ and \\xNN; got {text!r}")
    found = [part.encode("utf-8", "surrogateescape") for part in parts]
    known = {b"\\r": b"\r", b"\\n": b"\n", b"\\t": b"\t", b"\\\\": b"\\"}
    found[1::2] = [known.get(part) or bytes([int(part[2:], 16)]) for part in found[1::2]]
    return b"".join(found)
