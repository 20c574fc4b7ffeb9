"""Logging in: who may, by which words, and what nobody is told."""

from __future__ import annotations

import base64
import hmac

import pytest

from popsim.engine.server import ServerEngine
from popsim.mail.policy import Policy
from popsim.mail.store import Store, User
from popsim.protocols.imap.table import IMAP
from popsim.protocols.model import Continuation, Occurrence
from popsim.protocols.services import service

MODERN = IMAP.extended()
USERS = [
    User("alice", "secret"),
    User("mrose", "tanstaaf", "APOP"),
    User("guest", "trusted", "RPOP"),
    User("J\u00fcrgen", "pa\u00df wort"),
]


class Server:
    """A server with these users and one connection to it."""

    def __init__(self, policy: str = "", chance: str = "1.2@a") -> None:
        store = Store(USERS, {})
        made = service(MODERN, store, session=1, timestamp="<1@a>", policy=Policy.parse(policy), chance=chance)
        self.engine = ServerEngine(MODERN, made)
        self.engine.opened()
        self.engine.take()

    def say(self, octets: bytes) -> bytes:
        """What the server answers to a line."""
        self.engine.receive(octets + b"\r\n")
        return b"".join(self.engine.take())

    @property
    def is_in(self) -> bool:
        return self.engine.state.name == "Authenticated"


def coded(text: str) -> bytes:
    return base64.b64encode(text.encode())


@pytest.mark.parametrize(
    ("words", "right"),
    [
        (b"alice secret", True),
        (b'"alice" "secret"', True),
        (b"alice Secret", False),
        (b"Alice secret", False),
        (b"nobody secret", False),
        (b"mrose tanstaaf", False),  # that secret never crosses in clear (RFC 1939 §13)
        (b"guest trusted", False),  # and that one is no secret
        (b'"" ""', False),
        (b'"alice" ""', False),
        (b'alice "secret\\\\"', False),
    ],
)
def test_login(words: bytes, right: bool) -> None:
    server = Server()
    sent = server.say(b"a LOGIN " + words)
    assert sent.startswith(b"a OK" if right else b"a NO") and server.is_in == right


def test_a_refusal_does_not_tell_whether_there_is_such_a_user() -> None:
    answers = {Server().say(b"a LOGIN " + words) for words in (b"alice x", b"nobody x", b"mrose tanstaaf", b'x ""')}
    assert len(answers) == 1


def test_names_and_passwords_beyond_ascii_are_literals() -> None:
    """RFC 3501 §9: a quoted string has 7 bits; two spellings of one text are one (RFC 4013)."""
    name, password = "J\u00fcrgen".encode(), "pa\u00df wort".encode()
    for one in (name, "Ju\u0308rgen".encode()):
        server = Server()
        assert server.say(b"a LOGIN {%d}" % len(one)).startswith(b"+ ")
        assert server.say(one + b" {%d}" % len(password)).startswith(b"+ ")
        assert server.say(password).startswith(b"a OK") and server.is_in
    server = Server()
    assert server.say(b"a LOGIN {2+}\r\n\xff\xfe x").startswith(b"a NO")


def test_no_password_crosses_in_clear_where_the_site_forbids_it() -> None:
    """RFC 3501 §6.2.3: LOGINDISABLED, and NO even if name and password are right."""
    server = Server("no-plaintext")
    assert server.say(b"a LOGIN alice secret").startswith(b"a NO")
    assert server.say(b"a AUTHENTICATE PLAIN " + coded("\0alice\0secret")).startswith(b"a NO")
    assert server.say(b"a STARTTLS").startswith(b"a OK")
    server.engine.secured()
    assert server.say(b"a LOGIN alice secret").startswith(b"a OK")


@pytest.mark.parametrize(
    ("user", "secret", "mechanism", "right"),
    [
        ("alice", "secret", "PLAIN", True),
        ("alice", "wrong", "PLAIN", False),
        ("mrose", "tanstaaf", "PLAIN", False),
        ("mrose", "tanstaaf", "CRAM-MD5", True),
        ("alice", "secret", "CRAM-MD5", True),
        ("guest", "trusted", "CRAM-MD5", False),
        ("alice", "secret", "LOGIN", True),
        ("mrose", "tanstaaf", "LOGIN", False),
    ],
)
def test_authenticate(user: str, secret: str, mechanism: str, right: bool) -> None:
    server = Server()
    challenge = server.say(b"a AUTHENTICATE " + mechanism.encode())
    assert challenge.startswith(b"+ ")
    if mechanism == "CRAM-MD5":
        asked = base64.b64decode(challenge[2:])
        sent = server.say(coded(f"{user} {hmac.new(secret.encode(), asked, 'md5').hexdigest()}"))
    elif mechanism == "LOGIN":
        assert server.say(coded(user)) == b"+ UGFzc3dvcmQ6\r\n"
        sent = server.say(coded(secret))
    else:
        assert challenge == b"+ \r\n"
        sent = server.say(coded(f"\0{user}\0{secret}"))
    assert sent.startswith(b"a OK" if right else b"a NO") and server.is_in == right
    assert server.say(b"b NOOP").startswith(b"b OK")


def test_scram_by_popsim_s_own_client() -> None:
    from popsim.sasl import client

    server, proof = Server(), client("SCRAM-SHA-256", "alice", "secret", nonce="n")
    first = proof.initial()
    assert first is not None
    sent = server.say(b"a AUTHENTICATE SCRAM-SHA-256 " + base64.b64encode(first))
    while sent.startswith(b"+ "):
        sent = server.say(base64.b64encode(proof.step(base64.b64decode(sent[2:]))))
    assert sent.startswith(b"a OK") and proof.satisfied


def test_each_exchange_has_a_challenge_of_its_own() -> None:
    server = Server()
    challenges = set()
    for _ in range(3):
        challenges.add(server.say(b"a AUTHENTICATE CRAM-MD5"))
        assert server.say(b"*").startswith(b"a BAD")
    assert len(challenges) == 3
    assert Server(chance="3@b").say(b"a AUTHENTICATE CRAM-MD5") not in challenges


def test_an_exchange_ends_and_can_begin_again() -> None:
    """RFC 3501 §6.2.2: BAD for what is cancelled or no base64, NO for what proves nothing."""
    server = Server()
    for line, answer in ((b"*", b"BAD"), (b"a b", b"BAD"), (b"eA==", b"NO"), (coded("x\0alice\0secret"), b"NO")):
        assert server.say(b"a AUTHENTICATE PLAIN") == b"+ \r\n"
        assert server.say(line).startswith(b"a " + answer), line
        assert server.engine.state.name == "Not Authenticated"
    assert server.say(b"a AUTHENTICATE PLAIN") == b"+ \r\n"
    assert server.say(b"").startswith(b"a NO")
    assert server.say(b"a AUTHENTICATE PLAIN") == b"+ \r\n"
    assert server.say(coded("alice\0alice\0secret")).startswith(b"a OK") and server.is_in


def test_a_stranger_gets_little_room() -> None:
    """Before the login no more is kept than a line has; a literal is refused before it has come."""
    server = Server()
    assert server.say(b"a LOGIN {8193}").startswith(b"a NO")
    assert server.say(b"b LOGIN {4294967295}").startswith((b"b NO", b"b BAD"))
    assert server.say(b"c LOGIN {20+}\r\n" + b"x" * 20 + b" {3}").startswith(b"+ ")
    assert server.say(b"abc").startswith(b"c NO")
    assert server.say(b"d APPEND INBOX {3}").startswith(b"d BAD")


@pytest.mark.parametrize(
    ("lines", "secret"),
    [
        ([b"a LOGIN {5}"], False),
        ([b"a LOGIN {5}", b"alice {6}"], True),
        ([b"a LOGIN alice {6}"], True),
        ([b'a LOGIN "alice" {6+}'], True),
        ([b"a LOGIN {5+}\r\nalice {6+}"], True),
        ([b"a LOGIN {6+}"], False),
        ([b'a LOGIN "alice"{6}'], False),
    ],
)
def test_a_password_in_a_literal_is_known_as_a_secret(lines: list[bytes], secret: bool) -> None:
    """What a view masks is told by the row that is followed (Continuation.secret)."""
    server = Server()
    for line in lines:
        server.say(line)
    request = server.engine._exchange  # the command that waits for its literal
    assert request.keyword == "LOGIN"
    condition = server.engine._handlers[Occurrence.LITERAL](request).condition
    units = MODERN.server.outcome(server.engine.state, Occurrence.LITERAL, condition).units
    assert isinstance(units[-1], Continuation) and units[-1].secret == secret
