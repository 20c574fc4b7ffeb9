"""How mail readers log in: which way they choose, what they say, and what they make of servers that lie."""

import base64
import hashlib

import pytest

from popsim import pop3, sasl
from popsim.mail.message import Message
from popsim.mail.policy import Policy
from popsim.mail.store import User
from popsim.protocols.pop3 import client
from popsim.protocols.pop3.client import Ending, Login, Visit
from popsim.protocols.protocol import Protocol
from tests.pop3.memory_wire import Box, Post, Puppet, Wire

FULL = pop3.extended()
MAIL = [Message(b"Subject: one\r\n\r\n1\r\n")]
LISTED = {b"QUIT": b"+OK", b"LIST": b"+OK\r\n.", b"UIDL": b"+OK\r\n."}


def capa(*lines: str) -> bytes:
    return "\r\n".join(["+OK", *lines, "."]).encode()


def say(login: Login, puppet: Puppet, protocol: Protocol = FULL) -> tuple[Visit, list[str]]:
    """A visit to a puppet, and what it heard."""
    script = client.visit(
        client.reader("leave on server"), login, Box(), protocol=protocol, now=lambda: 0, nonce=lambda: "n0nce"
    )
    came = Wire(protocol, lambda _: puppet).perform(script)
    return came, [line.decode() for line in puppet.heard]


def puppet(capabilities: list[str] | None = None, greeting: bytes = b"+OK ready", /, **answers: bytes) -> Puppet:
    known = {name.replace("_", " ").encode(): answer for name, answer in answers.items()}
    if capabilities is not None:
        known[b"CAPA"] = capa(*capabilities)
    return Puppet(greeting, {**known, **LISTED})


# With popsim's own server


@pytest.mark.parametrize("way", ["", "AUTH", "USER", "SCRAM-SHA-256", "CRAM-MD5", "PLAIN", "LOGIN", "plain"])
@pytest.mark.parametrize("user", [User("alice", "secret"), User("Bob", "a longer secret = with, signs")])
def test_each_way_opens_the_maildrop(way: str, user: User) -> None:
    post, box = Post(FULL, MAIL, user), Box()
    login = Login(user.name, user.secret, way)
    script = client.visit(
        client.reader("leave on server"), login, box, protocol=FULL, now=lambda: 0, nonce=lambda: "n0nce"
    )
    came = post.wire.perform(script)
    assert came.complete, came.problem
    assert came.way == {"": "AUTH SCRAM-SHA-256", "AUTH": "AUTH SCRAM-SHA-256", "USER": "USER"}.get(
        way, f"AUTH {way.upper()}"
    )
    assert box.octets == [MAIL[0].octets]


def test_a_digest_for_whoever_logs_in_so() -> None:
    post, box = Post(pop3, MAIL, User("mrose", "tanstaaf", "APOP")), Box()
    script = client.visit(
        client.reader("leave on server"), Login("mrose", "tanstaaf"), box, protocol=pop3, now=lambda: 0,
        nonce=lambda: "n",
    )  # fmt: skip
    came = post.wire.perform(script)
    assert came.way == "APOP"
    assert post.wire.lines()[0] == "APOP mrose " + hashlib.md5(b"<0.1@popsim.example>tanstaaf").hexdigest()
    assert box.octets == [MAIL[0].octets]


def test_rfc_1939_prints_this_digest() -> None:
    server = puppet(None, b"+OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>", APOP=b"+OK")
    _, heard = say(Login("mrose", "tanstaaf"), server, pop3)
    assert heard[0] == "APOP mrose c4c9334bac560ecc979e58001b3e22fb"


def test_a_password_where_the_digest_is_not_this_users_way() -> None:
    post, box = Post(pop3, MAIL), Box()
    script = client.visit(
        client.reader("leave on server"), Login("alice", "secret"), box, protocol=pop3, now=lambda: 0,
        nonce=lambda: "n",
    )  # fmt: skip
    assert post.wire.perform(script).way == "USER"
    assert [line.split()[0] for line in post.wire.lines()[:3]] == ["APOP", "USER", "PASS"]


def test_no_password_after_a_digest_that_was_asked_for() -> None:
    server = puppet(None, b"+OK <1@x>", APOP=b"-ERR no", USER=b"+OK", PASS=b"+OK")
    came, heard = say(Login("alice", "secret", "APOP"), server, pop3)
    assert came.ending is Ending.REFUSED
    assert heard == ["APOP alice " + hashlib.md5(b"<1@x>secret").hexdigest(), "QUIT"]


@pytest.mark.parametrize("code", ["IN-USE", "LOGIN-DELAY", "SYS/TEMP"])
def test_no_password_after_a_digest_that_was_right(code: str) -> None:
    server = puppet(None, b"+OK <1@x>", APOP=f"-ERR [{code}] later".encode(), USER=b"+OK", PASS=b"+OK")
    came, heard = say(Login("alice", "secret"), server, pop3)
    assert came.code == code
    assert [line.split()[0] for line in heard] == ["APOP", "QUIT"]


# What is chosen

TIMESTAMP = b"+OK <1@x>"


@pytest.mark.parametrize(
    ("capabilities", "greeting", "first"),
    [
        (None, b"+OK", "USER"),
        (None, TIMESTAMP, "APOP"),
        (None, b"+OK <no-at-sign>", "USER"),
        (None, b"+OK <sp ace@x>", "USER"),
        (["USER"], b"+OK", "USER"),
        (["USER"], TIMESTAMP, "APOP"),
        (["USER", "SASL PLAIN LOGIN"], TIMESTAMP, "APOP"),
        (["USER", "SASL LOGIN plain"], b"+OK", "AUTH PLAIN"),
        (["SASL LOGIN"], b"+OK", "AUTH LOGIN"),
        (["USER", "SASL LOGIN CRAM-MD5 PLAIN GSSAPI"], TIMESTAMP, "AUTH CRAM-MD5"),
        (["USER", "sasl CRAM-MD5 SCRAM-SHA-256"], TIMESTAMP, "AUTH SCRAM-SHA-256"),
        (["USER", "SASL GSSAPI"], b"+OK", "USER"),
    ],
)
def test_the_strongest_way_that_both_know(capabilities: list[str] | None, greeting: bytes, first: str) -> None:
    _, heard = say(Login("alice", "secret"), puppet(capabilities, greeting))
    assert heard[0] == "CAPA"
    assert heard[1].startswith(first + " ") or heard[1] == first


@pytest.mark.parametrize(
    ("capabilities", "login"),
    [
        (["TOP"], Login("alice", "secret")),  # it announces no way at all
        (["USER"], Login("alice", "secret", "AUTH")),
        (["USER"], Login("alice", "secret", "APOP")),
        (["USER"], Login("alice", "secret", tls="always")),
        (["USER", "STLS"], Login("alice", "secret", tls="always")),  # and then it refuses
        (None, Login("alice", "secret", tls="always")),
        (["USER"], Login("b\u00f6b", "secret")),  # RFC 6856 §2.2: only where UTF8 USER is announced
        (["USER", "UTF8"], Login("bob", "s\u00e9cret", "USER")),
    ],
)
def test_where_there_is_no_way_nothing_is_given_away(capabilities: list[str] | None, login: Login) -> None:
    came, heard = say(login, puppet(capabilities))
    assert came.ending is Ending.REFUSED
    assert {line.split()[0] for line in heard} <= {"CAPA", "STLS", "UTF8", "QUIT"}
    assert heard[-1] == "QUIT"


def test_names_and_passwords_beyond_ascii_where_they_are_taken() -> None:
    server = puppet(["USER", "UTF8 USER"], USER=b"+OK", PASS=b"+OK", UTF8=b"+OK")
    came, heard = say(Login("b\u00f6b", "p\u00e4ss w\u00f6rd"), server)
    assert came.complete
    assert heard[1:4] == ["UTF8", "USER b\u00f6b", "PASS p\u00e4ss w\u00f6rd"]
    _, heard = say(Login("b\u00f6b", "x"), puppet(["USER", "SASL PLAIN"], AUTH=b"+OK"))
    assert heard[1] == "AUTH PLAIN " + base64.b64encode("\0b\u00f6b\0x".encode()).decode()


def test_spaces_belong_to_names_and_passwords() -> None:
    _, heard = say(Login("two words", " in  side "), puppet(USER=b"+OK", PASS=b"+OK"), pop3)
    assert heard[:2] == ["USER two words", "PASS  in  side "]


def test_tls_if_offered_is_no_reason_to_stop() -> None:
    came, heard = say(Login("alice", "secret", tls="if offered"), puppet(["USER"], USER=b"+OK", PASS=b"+OK"))
    assert came.complete
    assert "STLS" not in heard
    server = puppet(["USER", "STLS"], USER=b"+OK", PASS=b"+OK")
    came, heard = say(Login("alice", "secret", tls="if offered"), server)
    assert came.complete
    assert not came.secured
    assert heard[1] == "STLS"


def test_capabilities_are_asked_for_again_after_the_handshake() -> None:
    server = puppet(["STLS", "SASL CRAM-MD5"], STLS=b"+OK", USER=b"+OK", PASS=b"+OK")
    asked = iter([capa("STLS", "SASL CRAM-MD5"), capa("USER")])
    hear = server.receive

    def receive(data: bytes) -> None:
        if data == b"CAPA\r\n":
            server.answers[b"CAPA"] = next(asked)
        hear(data)

    server.receive = receive  # type: ignore[method-assign]
    came, heard = say(Login("alice", "secret", tls="always"), server)
    assert heard[:6] == ["CAPA", "STLS", "(TLS)", "CAPA", "USER alice", "PASS secret"]
    assert came.secured


# AUTH's lines


def test_no_initial_response_where_no_sasl_is_announced() -> None:
    server = puppet(AUTH=b"+ ")
    server.answers[base64.b64encode(b"\0alice\0secret")] = b"+OK"
    _, heard = say(Login("alice", "secret", "PLAIN"), server)
    assert heard[:3] == ["CAPA", "AUTH PLAIN", base64.b64encode(b"\0alice\0secret").decode()]


@pytest.mark.parametrize(("octets", "fits"), [(255, True), (256, False)])
def test_a_command_line_has_255_octets_at_most(octets: int, fits: bool) -> None:
    room = (octets - len("AUTH PLAIN \r\n")) // 4 * 3
    secret = "s" * (room - len("\0alice\0") + (0 if fits else 3))
    server = puppet(["SASL PLAIN"], AUTH_PLAIN_=b"+OK", AUTH_PLAIN=b"+ ")
    server.otherwise = b"+OK"
    _, heard = say(Login("alice", secret, "PLAIN"), server)
    whole = "AUTH PLAIN " + base64.b64encode(f"\0alice\0{secret}".encode()).decode()
    assert (len(whole) + 2 <= 255) is fits
    assert heard[1:3] == ([whole, "LIST"] if fits else whole.rsplit(" ", 1))


@pytest.mark.parametrize("challenge", [b"+ no base64", b"+ =", b"+ Zg=", b"+ " + base64.b64encode(b"r=other,s=,i=1")])
def test_a_challenge_that_can_not_be_is_answered_by_cancelling(challenge: bytes) -> None:
    server = puppet(["SASL SCRAM-SHA-256"], AUTH=challenge)
    came, heard = say(Login("alice", "secret"), server)
    assert came.ending is Ending.REFUSED
    assert "given up" in came.problem
    assert heard[2:] == ["*", "QUIT"]


def test_a_server_that_lets_in_without_its_proof_is_left() -> None:
    came, heard = say(Login("alice", "secret"), puppet(["SASL SCRAM-SHA-256"], AUTH=b"+OK come in"))
    assert came.ending is Ending.REFUSED
    assert "has not proved" in came.problem
    assert heard[-1] == "QUIT"
    assert "LIST" not in heard


def test_a_server_that_never_stops_asking() -> None:
    server = puppet(["SASL PLAIN"], AUTH=b"+ ")
    server.otherwise = b"+ "
    came, heard = say(Login("alice", "secret"), server)
    assert "given up after 8 challenges" in came.problem
    assert heard[-2:] == ["*", "QUIT"]


def test_a_server_that_refuses_every_login() -> None:
    for way in ("", "AUTH", *sasl.NAMES):
        post = Post(FULL, MAIL)
        script = client.visit(
            client.reader("download and delete"), Login("alice", "wrong", way), Box(), protocol=FULL, now=lambda: 0,
            nonce=lambda: "n",
        )  # fmt: skip
        came = post.wire.perform(script)
        assert (came.ending, came.code) == (Ending.REFUSED, "AUTH")
        assert len(post.left) == 1


def test_passwords_that_must_not_cross_in_clear() -> None:
    post = Post(FULL, MAIL, policy=Policy(plaintext=False))
    script = client.visit(
        client.reader("leave on server"), Login("alice", "secret", "LOGIN"), Box(), protocol=FULL, now=lambda: 0,
        nonce=lambda: "n",
    )  # fmt: skip
    assert post.wire.perform(script).ending is Ending.REFUSED
    assert not any("secret" in line for line in post.wire.lines())


def test_a_server_that_is_closed() -> None:
    came, heard = say(Login("alice", "secret"), puppet(None, b"-ERR [SYS/TEMP] come\x07 back"))
    assert came.ending is Ending.REFUSED
    assert came.code == "SYS/TEMP"
    assert came.problem == "the server is closed: [SYS/TEMP] come? back"
    assert heard == ["QUIT"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("a\r\nDELE 1", "b"), "line end"),
        (("a", "b\nQUIT"), "line end"),
        (("a", "b\0"), "line end"),
        (("", "b"), "name and a secret"),
        (("a", "b", "GSSAPI"), "SCRAM-SHA-256"),
        (("a", "b", "", "perhaps"), "if offered"),
    ],
)
def test_logins_that_are_none(arguments: tuple[str, ...], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Login(*arguments)  # type: ignore[arg-type]


def test_a_secret_is_not_shown() -> None:
    assert "hidden" not in repr(Login("alice", "hidden"))


@pytest.mark.parametrize(
    "listing", [b"+OK\r\n1 x\r\n2\r\n\r\nno 3\r\n4 7 more\r\n99999999999999999999 1\r\n-5 1\r\n.", b"+OK"]
)
def test_listings_that_are_not_as_they_should_be(listing: bytes) -> None:
    server = puppet(USER=b"+OK", PASS=b"+OK")
    server.answers.update({b"LIST": listing, b"RETR": b"+OK\r\nx\r\n."})
    server.answers[b"UIDL"] = listing
    came, heard = say(Login("alice", "secret"), server, pop3)
    assert came.ending in (Ending.DONE, Ending.LOST)
    assert {line for line in heard if line.startswith("RETR")} <= {"RETR 1", "RETR 4"}


def test_a_message_that_the_server_refuses_is_told_and_not_marked() -> None:
    server = puppet(USER=b"+OK", PASS=b"+OK")
    server.answers.update({b"LIST": b"+OK\r\n1 5\r\n2 5\r\n.", b"UIDL": b"+OK\r\n1 a\r\n2 b\r\n."})
    server.answers.update({b"RETR 1": b"-ERR broken", b"RETR 2": b"+OK\r\nx\r\n.", b"DELE": b"+OK"})
    wire, box = Wire(pop3, lambda _: server), Box()
    script = client.visit(
        client.reader("download and delete"), Login("alice", "secret"), box, protocol=pop3, now=lambda: 0,
        nonce=lambda: "n",
    )  # fmt: skip
    came = wire.perform(script)
    assert [item.number for item in came.failed] == [1]
    assert [item.number for item in came.deleted] == [2]
    assert not came.complete
    assert b"DELE 1" not in server.heard


def test_a_mark_that_the_server_refuses_is_no_deletion() -> None:
    server = puppet(USER=b"+OK", PASS=b"+OK")
    server.answers.update({b"LIST": b"+OK\r\n1 5\r\n.", b"UIDL": b"+OK\r\n1 a\r\n.", b"RETR": b"+OK\r\nx\r\n."})
    server.answers[b"DELE"] = b"-ERR no"
    script = client.visit(
        client.reader("download and delete"), Login("alice", "secret"), Box(), protocol=pop3, now=lambda: 0,
        nonce=lambda: "n",
    )  # fmt: skip
    came = Wire(pop3, lambda _: server).perform(script)
    assert (came.marked, came.deleted) == ((), ())
