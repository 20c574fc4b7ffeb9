"""A program that sends mail: against popsim's server in memory, and against servers that say what a test wants."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from popsim.engine.server import ServerEngine
from popsim.mail.message import Message
from popsim.mail.policy import Policy
from popsim.mail.store import Store, User
from popsim.protocols.protocol import Protocol
from popsim.protocols.services import service
from popsim.protocols.smtp.client import Ending, Submission, submit
from popsim.protocols.smtp.client_login import Login
from tests.pop3.memory_wire import Cut, Peer, Puppet, Wire
from tests.smtp.stage import HERE, OLD, SMTP, WHOLE

MESSAGE = Message(b"Subject: dots\r\n\r\n.\r\n..a\r\n")
ALICE, BOB = f"alice@{HERE}", f"bob@{HERE}"
LOGIN = Login("alice", "secret")


class Office:
    """A popsim server with users, and wires to it."""

    def __init__(self, protocol: Protocol = WHOLE, users: int = 0, policy: str = "") -> None:
        people = [User("alice", "secret"), User("bob", "hunter2"), *(User(f"u{n}", "x") for n in range(users))]
        self.store = Store(people, {})
        self.protocol = protocol

        def peer(number: int) -> Peer:
            told = Policy.parse(policy)
            serves = service(protocol, self.store, session=number, timestamp="", chance="1.2", policy=told)
            return ServerEngine(protocol, serves)

        self.wire = Wire(protocol, peer)

    def send(self, *to: str, message: Message = MESSAGE, sender: str = ALICE, **more: Any) -> Submission:
        return self.wire.perform(submit(message, sender, to, self.protocol, **more))

    def mail(self, user: str) -> list[bytes]:
        account = self.store.account(user)
        assert account
        return [m.octets for m in account.maildrop.messages]


class Clerk(Puppet):
    """A puppet that lets a text be a text: after a 354 it hears nothing until the lone dot."""

    in_text = False
    texts: list[bytes]

    def receive(self, data: bytes) -> None:
        for line in data.removesuffix(b"\r\n").split(b"\r\n"):
            if self.in_text:
                self.in_text = line != b"."
                if not self.in_text:
                    super().receive(b".\r\n")
                continue
            super().receive(line + b"\r\n")
            self.in_text = self._out[-1].startswith(b"354")


def clerk(**answers: str) -> tuple[Clerk, Callable[..., Submission]]:
    """A server that says these things to lines that open so, and what sends by it."""
    known = {
        "EHLO": "250 x", "MAIL": "250 OK", "RCPT": "250 OK", "DATA": "354 go on", ".": "250 OK", "QUIT": "221 bye",
        "RSET": "250 OK", **answers,
    }  # fmt: skip
    it = Clerk(known.pop("greeting", "220 x").encode(), {k.encode(): v.encode() for k, v in known.items()}, b"500 what")
    wire = Wire(WHOLE, lambda number: it)

    def send(*to: str, message: Message = MESSAGE, **more: Any) -> Submission:
        return wire.perform(submit(message, ALICE, to or (ALICE,), WHOLE, **more))

    return it, send


@pytest.mark.parametrize("protocol", [SMTP, WHOLE, OLD, SMTP.extended(2920), SMTP.extended(1870, 6152)], ids=str)
def test_a_message_comes_as_it_was(protocol: Protocol) -> None:
    office = Office(protocol)
    done = office.send(ALICE, BOB, f"nobody@{HERE}", "carol@elsewhere.example", BOB)
    assert done.taken == (ALICE, BOB) and done.ending is Ending.DONE and not done.complete
    assert [(one.recipient, one.code) for one in done.refused] == [
        (f"nobody@{HERE}", "550"),
        ("carol@elsewhere.example", "550"),
    ]
    assert done.pipelined is (2920 in protocol.enabled) and done.transactions == 1
    for user in ("alice", "bob"):
        (octets,) = office.mail(user)
        assert octets.endswith(f"for <{user}@{HERE}>".encode() + octets.split(f"for <{user}@{HERE}>".encode())[1])
        assert octets.endswith(b"\r\n" + MESSAGE.octets)


def test_what_is_said() -> None:
    office = Office()
    assert office.send(BOB, message=Message("Subject: é\r\n".encode()), tls="if offered", login=LOGIN).complete
    said = office.wire.lines()
    assert said[:3] == ["EHLO client.popsim.example", "STARTTLS", "EHLO client.popsim.example"]
    assert said[3].startswith("AUTH SCRAM-SHA-256 ")
    assert said[-6:] == [
        f"MAIL FROM:<{ALICE}> SIZE=13 BODY=8BITMIME", f"RCPT TO:<{BOB}>", "DATA", "Subject: é", ".", "QUIT",
    ]  # fmt: skip
    assert len(office.wire.said[0]) == 9  # the commands of the transaction go together
    plain = Office(SMTP)
    assert plain.send(BOB).complete
    assert plain.wire.lines() == [
        "EHLO client.popsim.example", f"MAIL FROM:<{ALICE}>", f"RCPT TO:<{BOB}>", "DATA",
        "Subject: dots", "", "..", "...a", ".", "QUIT",
    ]  # fmt: skip
    assert len(plain.wire.said[0]) == 6


def test_a_bounce_has_no_sender_and_a_name_is_quoted() -> None:
    it, send = clerk()
    assert it and send('"a b"@c.example', client="[127.0.0.1]").complete
    assert it.heard[:3] == [b"EHLO [127.0.0.1]", f"MAIL FROM:<{ALICE}>".encode(), b'RCPT TO:<"a b"@c.example>']
    office = Office()
    assert office.send(BOB, sender="").complete
    assert office.mail("bob")[0].startswith(b"Return-Path: <>\r\n")


def test_a_server_that_knows_no_ehlo() -> None:
    for answer in ("500 what", "502 no", "550 no"):
        it, send = clerk(EHLO=answer, HELO="250 x")
        assert send().complete
        assert it.heard[:2] == [b"EHLO client.popsim.example", b"HELO client.popsim.example"]
    it, send = clerk(EHLO="500 what", HELO="550 go away")
    done = send()
    assert (done.ending, done.code, done.taken) == (Ending.REFUSED, "550", ())
    assert it.heard[-1] == b"QUIT"


def test_a_server_that_takes_no_mail() -> None:
    it, send = clerk(greeting="554 no SMTP service here")
    done = send()
    assert (done.ending, done.code, it.heard) == (Ending.REFUSED, "554", [b"QUIT"])


@pytest.mark.parametrize("code", ["299 done", "250", "251 forwarded", "250-so\r\n250 it is"])
def test_the_first_digit_is_what_counts(code: str) -> None:
    _, send = clerk(RCPT=code)
    assert send().taken == (ALICE,)


@pytest.mark.parametrize("code", ["450 later", "471 odd", "599 no", "451-much\r\n451 said", "what"])
def test_a_refusal_of_every_kind(code: str) -> None:
    it, send = clerk(RCPT=code)
    done = send()
    assert done.taken == () and [one.code for one in done.refused] == [code[:3] if code[0].isdigit() else ""]
    assert b"DATA" not in it.heard and it.heard[-2:] == [b"RSET", b"QUIT"]
    it, send = clerk(**{".": code})
    done = send(ALICE, BOB)
    assert done.taken == () and len(done.refused) == 2 and done.ending is Ending.REFUSED
    it, send = clerk(MAIL=code)
    done = send()
    assert (done.taken, done.refused, done.ending) == ((), (), Ending.REFUSED) and it.heard[-1] == b"QUIT"
    it, send = clerk(DATA=code)
    done = send()
    assert done.taken == () and len(done.refused) == 1 and it.heard[-2:] == [b"RSET", b"QUIT"]


def test_all_statuses_of_a_group_are_looked_at() -> None:
    """RFC 2920 §3.1: who asked for a text with nobody to take it gets a lone dot."""
    it, send = clerk(EHLO="250-x\r\n250 PIPELINING", RCPT="550 nobody", **{".": "554 no recipients"})
    done = send(ALICE, BOB)
    assert done.taken == () and [one.code for one in done.refused] == ["550", "550"]
    assert it.heard[-3:] == [b"DATA", b".", b"QUIT"] and done.pipelined
    it, send = clerk(EHLO="250-x\r\n250 PIPELINING", MAIL="550 not you", RCPT="503 no", DATA="503 no")
    assert (send().ending, it.heard[-1]) == (Ending.REFUSED, b"QUIT")


def test_more_than_a_hundred_recipients_take_another_transaction() -> None:
    for protocol in (WHOLE, SMTP, OLD):
        office = Office(protocol, users=230)
        to = [f"u{n}@{HERE}" for n in range(230)]
        done = office.send(*to)
        assert done.complete and set(done.taken) == set(to) and done.transactions == 3
        assert all(len(office.mail(f"u{n}")) == 1 for n in range(230))


def test_a_group_of_commands_fits_a_window() -> None:
    office = Office(WHOLE, users=100)
    assert office.send(*[f"u{n}@{HERE}" for n in range(100)]).complete
    groups = [said for said in office.wire.said[0] if b"RCPT" in said]
    assert all(len(group) <= 4096 for group in groups)
    sizes = {f"u{n}": len(f"RCPT TO:<u{n}@{HERE}>\r\n") for n in range(100)}
    assert sum(sizes.values()) < 4096 and len(groups) == 1
    office = Office(WHOLE, users=100)
    long = [f'"{" " * 50}{n}"@{HERE}' for n in range(100)]
    assert len(office.send(*long).refused) == 100
    groups = [said for said in office.wire.said[0] if b"RCPT" in said]
    assert [max(map(len, groups)) <= 4096, len(groups)] == [True, -(-sum(map(len, groups)) // 4096)]


def test_a_server_that_is_full_for_ever_is_not_asked_for_ever() -> None:
    it, send = clerk(RCPT="452 full")
    assert [one.code for one in send(ALICE, BOB).refused] == ["452", "452"]
    assert sum(line.startswith(b"MAIL") for line in it.heard) == 1


def test_what_the_server_does_not_take_is_not_sent() -> None:
    it, send = clerk(EHLO="250-x\r\n250 SIZE 10")
    done = send()
    assert (done.ending, done.code) == (Ending.REFUSED, "552") and it.heard[1:] == [b"QUIT"]
    for size in ("SIZE 0", "SIZE", "size 999", "SIZE x"):
        assert clerk(EHLO=f"250-x\r\n250 {size}")[1]().complete
    it, send = clerk()
    done = send(message=Message("é\r\n".encode()))
    assert done.ending is Ending.REFUSED and "8" not in done.code and it.heard[1:] == [b"QUIT"]


def test_logins() -> None:
    for mechanism in ("", "PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256"):
        office = Office()
        done = office.send(BOB, login=Login("alice", "secret", mechanism))
        assert done.complete and done.way == (mechanism or "SCRAM-SHA-256")
        assert b" with ESMTPA id " in office.mail("bob")[0]
        done = Office().send(BOB, login=Login("alice", "guess", mechanism))
        assert (done.ending, done.code, done.taken) == (Ending.REFUSED, "535", ())
    office = Office(policy="sasl:PLAIN")
    assert office.send(BOB, login=Login("alice", "secret", clear=False)).ending is Ending.REFUSED
    assert not any("AUTH" in line for line in office.wire.lines())
    assert office.send(BOB, login=Login("alice", "secret", clear=False), tls="always").complete
    done = Office(policy="no-plaintext").send(BOB, login=Login("alice", "secret", "PLAIN"))
    assert done.ending is Ending.REFUSED and "offers SCRAM-SHA-256, CRAM-MD5" in done.problem
    assert Office(SMTP).send(BOB, login=LOGIN).ending is Ending.REFUSED


def test_a_long_secret_waits_for_the_challenge() -> None:
    it, send = clerk(EHLO="250-x\r\n250 AUTH PLAIN", AUTH="334 ", eA="", **{"AG": "235 yes"})
    done = send(login=Login("a", "s" * 400, "PLAIN"))
    assert done.complete and it.heard[1] == b"AUTH PLAIN"


def test_tls() -> None:
    done = Office().send(BOB, tls="always")
    assert done.complete and done.secured
    office = Office(SMTP)
    done = office.send(BOB, tls="always")
    assert (done.ending, done.taken) == (Ending.REFUSED, ()) and len(office.wire.lines()) == 2
    assert Office(SMTP).send(BOB, tls="if offered").complete
    it, send = clerk(EHLO="250-x\r\n250 STARTTLS", STARTTLS="454 not now")
    assert send(tls="if offered").complete
    assert send(tls="always").ending is Ending.REFUSED


@pytest.mark.parametrize("end", ["C", "S"])
def test_a_lost_connection_never_says_that_a_message_was_taken_that_was_not(end: str) -> None:
    whole = Office(SMTP)
    whole.send(BOB)
    length = len(b"".join(whole.wire.said[0]) if end == "C" else whole.wire.heard[0])
    for place in range(length):
        office = Office(SMTP)
        office.wire.cuts[0] = Cut(end, place)
        done = office.send(BOB)
        there = len(office.mail("bob"))
        assert len(done.taken) <= there <= 1
        assert (done.ending is Ending.LOST) is (not done.taken) is bool(done.problem)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("x", [ALICE]), "an address such as"),
        ((ALICE, ["<x>"]), "an address such as"),
        ((ALICE, ["a@b\r\nDATA"]), "an address such as"),
        ((ALICE, []), "at least one recipient"),
    ],
)
def test_what_can_not_be_sent_is_an_error_at_once(arguments: Any, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        submit(MESSAGE, arguments[0], arguments[1], SMTP)
    with pytest.raises(ValueError, match="for tls"):
        submit(MESSAGE, ALICE, [BOB], SMTP, tls="sometimes")
    with pytest.raises(ValueError, match="must not be sent"):
        submit(Message(b"a\rb\r\n"), ALICE, [BOB], SMTP)
    with pytest.raises(ValueError, match="as a mechanism"):
        Login("a", "b", "GSSAPI")
    with pytest.raises(ValueError, match="one line each"):
        Login("a\r\nb", "b")


def test_a_submission_tells_itself() -> None:
    assert str(Office().send(BOB)) == f"taken for {BOB}; done"
    text = str(Office().send(f"nobody@{HERE}"))
    assert text == f"taken for nobody; not for nobody@{HERE}: 550 No such user here (RFC 5321 section 3.3); done"
