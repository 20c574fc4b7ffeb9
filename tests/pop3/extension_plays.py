"""What a client says to bring about each row that an extension adds, and what must have happened before.

Every line is written down here or computed from the RFCs of the mechanisms; nothing comes from the program.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from popsim.mail.policy import Policy
from tests.pop3.matrix import Row
from tests.pop3.plays import APOP_MROSE, LOST, TIMED_OUT

SECOND = 10**9
Answer = Callable[[bytes], bytes]
"""Makes a line of the last one that the server has sent."""


def b64(text: bytes) -> str:
    return base64.b64encode(text).decode()


PLAIN = b64(b"\0alice\0secret")
PLAIN_WRONG = b64(b"\0alice\0wrong")
PLAIN_NOBODY = b64(b"\0nobody\0secret")
PLAIN_APOP = b64(b"\0mrose\0tanstaaf")


def cram(name: bytes, secret: bytes) -> Answer:
    """The answer of CRAM-MD5 (RFC 2195 §2)."""

    def answer(challenge: bytes) -> bytes:
        text = base64.b64decode(challenge.removeprefix(b"+ "))
        return base64.b64encode(name + b" " + hmac.new(secret, text, hashlib.md5).hexdigest().encode())

    return answer


@dataclass(frozen=True)
class Way:
    """What the client says to come somewhere, and how the server is set up."""

    before: tuple[str, ...] = ()
    policy: Policy = field(default_factory=Policy)
    secured: bool = False
    held: bool = False
    logged_in_before: bool = False
    utf8_mail: bool = False


@dataclass(frozen=True)
class Play:
    """One way to bring a row about: what goes before, and the line (or the event, or what makes the line)."""

    way: Way
    line: str | Answer
    piece: int = 0


INTO: dict[str, tuple[tuple[str, ...], ...]] = {
    "START": ((),),
    "AUTHORIZATION": ((), ("XYZZY",), ("USER nobody", "PASS x"), ("AUTH PLAIN", "*"), ("AUTH PLAIN", PLAIN_WRONG)),
    "USER accepted": (("USER alice",), ("USER nobody",)),
    "AUTH exchange": (("AUTH PLAIN",), ("AUTH CRAM-MD5",), ("USER alice", "auth scram-sha-256"), ("AUTH LOGIN",)),
    "TLS handshake": (("STLS",), ("USER alice", "STLS")),
    "TRANSACTION": (("USER alice", "PASS secret"), ("AUTH PLAIN", PLAIN), (APOP_MROSE,)),
    "UPDATE": (("USER alice", "PASS secret"), ("AUTH PLAIN", PLAIN)),
    "CLOSED": (("QUIT",), ("USER alice", "PASS secret", "QUIT"), (LOST,)),
}
_STEPS = {  # what the ways above can't do without
    "AUTH": "AUTH mechanism",
    "STLS": "STLS",
}

LEGAL = {
    "USER name": "USER alice", "PASS string": "PASS secret", "APOP name digest": APOP_MROSE, "LIST msg": "LIST 1",
    "RETR msg": "RETR 1", "DELE msg": "DELE 1", "TOP msg n": "TOP 1 0", "UIDL msg": "UIDL 1",
    "AUTH mechanism": "AUTH PLAIN", "AUTH mechanism initial-response": f"AUTH PLAIN {PLAIN}", "LANG range": "LANG en",
}  # fmt: skip

_AUTH, _INITIAL = "AUTH mechanism", "AUTH mechanism initial-response"
LINES: dict[tuple[str, str], tuple[str, ...]] = {
    (_AUTH, "mechanism offered"): ("AUTH PLAIN", "auth cram-md5", "AUTH Login", "AUTH SCRAM-SHA-256"),
    (_AUTH, "mechanism not offered"): ("AUTH KERBEROS_V4", "AUTH PLAI", "AUTH +"),
    (_INITIAL, "right"): (f"AUTH PLAIN {PLAIN}", f"auth plain {PLAIN}"),
    (_INITIAL, "more is wanted"): (f"AUTH SCRAM-SHA-256 {b64(b'n,,n=alice,r=fyko+d2lbbFgONRv9qkxdawL')}",),
    (_INITIAL, "mechanism not offered"): (f"AUTH GSSAPI {PLAIN}", "AUTH GSSAPI ="),
    (_INITIAL, "server speaks first"): (f"AUTH CRAM-MD5 {PLAIN}", "AUTH CRAM-MD5 ="),
    (_INITIAL, "no base64"): (
        f"AUTH PLAIN {PLAIN[:-1]}", "AUTH PLAIN =AAA", "AUTH PLAIN AAA=BBB", f"AUTH PLAIN !{PLAIN}", "AUTH PLAIN *",
        "AUTH PLAIN ==", f"AUTH PLAIN {PLAIN[:8]}-{PLAIN[8:]}AAA",
    ),
    (_INITIAL, "no answer of the mechanism"): (
        "AUTH PLAIN =", f"AUTH PLAIN {b64(b'alice')}", "AUTH SCRAM-SHA-256 AAAA",
    ),
    (_INITIAL, "wrong"): tuple(f"AUTH PLAIN {one}" for one in (PLAIN_WRONG, PLAIN_NOBODY, PLAIN_APOP)),
    (_INITIAL, "maildrop locked"): (f"AUTH PLAIN {PLAIN}",),
    (_INITIAL, "too soon after a login"): (f"AUTH PLAIN {PLAIN}",),
    ("PASS string", "too soon after a login"): ("PASS secret",),
    ("APOP name digest", "too soon after a login"): (APOP_MROSE,),
    ("LANG range", "language known"): ("LANG en", "LANG RO", "LANG *"),
    ("LANG range", "language not known"): ("LANG MUL", "LANG e", "LANG ro-MD", "LANG **"),
    ("LANG", "always"): ("LANG", "lang"),
}  # fmt: skip

_BOTH = ((("AUTH PLAIN",), PLAIN), (("AUTH CRAM-MD5",), cram(b"alice", b"secret")))
CONTINUED: dict[str, tuple[tuple[tuple[str, ...], str | Answer], ...]] = {
    "more is wanted": (
        (("AUTH LOGIN",), b64(b"alice")),
        (("AUTH SCRAM-SHA-256",), b64(b"n,,n=alice,r=fyko+d2lbbFgONRv9qkxdawL")),
    ),
    "right": (
        *_BOTH,
        (("AUTH LOGIN", b64(b"alice")), b64(b"secret")),
        (("AUTH CRAM-MD5",), cram(b"mrose", b"tanstaaf")),
        (("USER nobody", "AUTH PLAIN"), PLAIN),
    ),
    "wrong": (
        (("AUTH PLAIN",), PLAIN_WRONG),
        (("AUTH PLAIN",), PLAIN_APOP),
        (("AUTH CRAM-MD5",), cram(b"alice", b"Secret")),
        (("AUTH CRAM-MD5",), cram(b"nobody", b"secret")),
        (("AUTH LOGIN", b64(b"alice")), b64(b"wrong")),
    ),
    "no base64": tuple((("AUTH PLAIN",), line) for line in ("AAA", "=AAA", "AAA=BBB", "=", " ", "A===", "AA-A")),
    "no answer of the mechanism": (
        (("AUTH PLAIN",), ""),
        (("AUTH PLAIN",), b64(b"alice")),
        (("AUTH SCRAM-SHA-256",), "AAAA"),
    ),
    "cancelled": ((("AUTH PLAIN",), "*"), (("AUTH LOGIN", b64(b"alice")), "*"), (("AUTH CRAM-MD5",), "*")),
    "maildrop locked": _BOTH,
    "too soon after a login": _BOTH,
}
"""For each condition of an answer: how the exchange begins, and the answer."""

_LONG = "A" * 70_000


def plays(row: Row, commands: tuple[str, ...]) -> Iterator[Play]:
    """Every way to bring this row about. Raises KeyError for a row that nobody knows how to play.

    Args:
        row: what is to come about.
        commands: the commands that there are: a way that needs another one is left out.
    """
    for way in _ways(row):
        for line in _lines(row):
            for piece in (0, 1):
                if all(_STEPS.get(step.split()[0].upper(), commands[0]) in commands for step in way.before):
                    yield Play(way, line, piece)
    if row.trigger == "continued":
        for before, answer in CONTINUED[row.condition]:
            yield from (Play(_set_up(row, before), answer, piece) for piece in (0, 1))


def _ways(row: Row) -> Iterator[Way]:
    if row.trigger == "continued":
        return
    ways = INTO[row.state]
    if row.state == "AUTH exchange" and row.condition == "read as an answer":
        ways = ways[:3]  # AUTH LOGIN takes any base64 for a name, even one that reads like a command
    for before in ways:
        if row.condition == "header in UTF-8":
            yield Way(before, utf8_mail=True)
        elif row.condition == "after UTF8":
            yield Way(("UTF8", *before))
        else:
            yield _set_up(row, before)


def _set_up(row: Row, before: tuple[str, ...]) -> Way:
    if row.condition == "too soon after a login":
        return Way(before, policy=Policy(login_delay="60 s"), logged_in_before=True)
    return Way(before, held=row.condition == "maildrop locked", secured=row.condition == "TLS active already")


def _lines(row: Row) -> tuple[str, ...]:
    match row.trigger:
        case "continued":
            return ()
        case "secured":
            return ("(secured)",)
        case "lost":
            return (LOST,)
        case "timed out":
            return (TIMED_OUT,)
        case "unrecognized command":
            return ("XYZZY now",) if row.state == "AUTH exchange" else ("XYZZY", "", "\x16\x03\x01")
        case "bad arguments":
            return ("(bare LF)",) if row.state == "AUTH exchange" else ("RETR one", "USER")
        case "line too long":
            return (_LONG,)
    known = LINES.get((row.trigger, row.condition))
    return known or (LEGAL[row.trigger] if " " in row.trigger else row.trigger,)
