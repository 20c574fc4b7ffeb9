"""Checks of what real POP3 servers have got wrong: each drives popsim's server with octets alone."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from popsim import pop3
from popsim.protocols.model import CLOSED
from popsim.protocols.protocol import Protocol
from tests.engine import scene

MODERN = pop3.extended()
DOTS = b".Subject: dots\r\n\r\n.\r\n..\r\n.end\r\n"
SECOND = 10**9


def logged_in(protocol: Protocol = pop3, **more: Any) -> Any:
    session = scene.session(protocol, **more)
    assert session.send(scene.LOGIN).count(b"+OK") == 2
    return session


def lines(session: Any, *commands: str) -> list[bytes]:
    return [session.send(command.encode() + b"\r\n") for command in commands]


def body(answer: bytes) -> bytes:
    """What follows the first line, read as RFC 1939 §3 has it and without popsim's own reader."""
    status, _, rest = answer.partition(b"\r\n")
    assert status.startswith(b"+OK") and rest.endswith(b".\r\n")
    kept = [line[1:] if line.startswith(b".") else line for line in rest[:-3].split(b"\r\n")]
    return b"\r\n".join(kept)


def every_multi_line_reply_is_stuffed() -> None:
    session = logged_in(messages=[DOTS])
    for command in ("RETR 1", "TOP 1 0", "TOP 1 9"):
        (answer,) = lines(session, command)
        inner = answer.split(b"\r\n")[1:-2]
        assert inner[0] == b"..Subject: dots"
        assert b"." not in inner
    assert body(lines(session, "RETR 1")[0]) == DOTS


def stuffing_holds_at_every_boundary() -> None:
    for size in (16_380, 16_383, 16_384, 16_385, 65_535):
        octets = b"x" * (size - 2) + b"\r\n" + b".\r\n" * 3
        assert body(lines(logged_in(messages=[octets]), "RETR 1")[0]) == octets
    whole = b"".join(lines(logged_in(messages=[DOTS]), "RETR 1", "TOP 1 1"))
    pieces = logged_in(messages=[DOTS])
    assert pieces.send(b"RETR 1\r\nTOP 1 1\r\n", 1) == whole


def sizes_are_those_of_the_octets() -> None:
    session = logged_in(messages=[b"a: b\n\nlf only\n", DOTS])
    listed = dict(line.split() for line in body(lines(session, "LIST")[0]).splitlines())
    for number, size in listed.items():
        text = body(lines(session, f"RETR {number.decode()}")[0])
        assert len(text) == int(size)
        assert lines(session, f"LIST {number.decode()}")[0].split()[2] == size
    assert lines(session, "STAT")[0].split()[1:3] == [b"2", str(sum(map(int, listed.values()))).encode()]


def a_marked_message_is_not_there() -> None:
    session = logged_in()
    assert lines(session, "DELE 2")[0].startswith(b"+OK")
    for command in ("LIST", "UIDL"):
        assert [line.split()[0] for line in body(lines(session, command)[0]).splitlines()] == [b"1", b"3"]
    assert lines(session, "STAT")[0].split()[1] == b"2"
    for command in ("LIST 2", "UIDL 2", "RETR 2", "TOP 2 0", "DELE 2"):
        assert lines(session, command)[0].startswith(b"-ERR")
    assert lines(session, "RETR 3")[0].startswith(b"+OK")


def no_quit_no_deletion() -> None:
    for end in ("lost", "expired"):
        server = scene.stage()
        session = scene.connect(server)
        session.send(scene.LOGIN + b"DELE 1\r\nDELE 2\r\n")
        getattr(session.engine, end)()
        assert server.left()["alice"] == 3
        after = scene.connect(server)
        after.send(scene.LOGIN)
        assert lines(after, "STAT")[0].split()[1] == b"3"


def quit_tells_whether_it_worked() -> None:
    server = scene.stage(unremovable=["uid-2"])
    session = scene.connect(server)
    session.send(scene.LOGIN + b"DELE 1\r\nDELE 2\r\n")
    assert session.send(b"QUIT\r\n").startswith(b"-ERR")
    assert server.left()["alice"] == 2
    session = logged_in()
    assert lines(session, "DELE 1", "QUIT")[1].startswith(b"+OK")


def one_reply_for_each_command() -> None:
    session = logged_in(MODERN)
    for command in ("NOOP", "STAT", "RSET", "DELE 1", "RSET", "LIST 1", "LIST 9", "LAST", "XYZ", "DELE", "PASS x"):
        assert len(lines(session, command)[0].splitlines()) == 1


def what_is_wrong_is_refused_and_the_session_goes_on() -> None:
    session = scene.session(MODERN)
    for command in ("STAT", "XYZ", "", "\x00\xff", "PASS", "DELE one", "UIDL 1 2", "PASS secret"):
        assert session.send(command.encode("latin-1") + b"\r\n").startswith(b"-ERR")
    session.send(scene.LOGIN)
    for command in ("USER alice", "DELE", "RETR -1", "TOP 1", "LIST 99999999999999999999", "APOP a b", "XYZ"):
        assert lines(session, command)[0].startswith(b"-ERR")
    assert lines(session, "NOOP")[0].startswith(b"+OK")


def pass_comes_right_after_user() -> None:
    for between in ("NOOP", "XYZ", "USER mrose extra"):
        session = scene.session()
        assert lines(session, "USER alice")[0].startswith(b"+OK")
        lines(session, between)
        assert lines(session, "PASS secret")[0].startswith(b"-ERR")
    assert lines(scene.session(), "PASS secret")[0].startswith(b"-ERR")


def a_password_may_hold_spaces() -> None:
    session = scene.session()
    lines(session, "USER alice")
    assert lines(session, "PASS secret word")[0].startswith(b"-ERR")
    for octets in (b" secret", b"secret "):
        lines(session, "USER alice")
        assert session.send(b"PASS " + octets + b"\r\n").startswith(b"-ERR")
    request = pop3.parse(b"PASS two  words ")
    assert request.arguments == (b"two  words ",)


def an_empty_maildrop_lists_nothing() -> None:
    session = logged_in(messages=[])
    for command in ("LIST", "UIDL"):
        status, rest = lines(session, command)[0].split(b"\r\n", 1)
        assert status.startswith(b"+OK") and rest == b".\r\n"
    assert lines(session, "STAT")[0].startswith(b"+OK 0 0")


def autologout_is_silent_and_not_too_early() -> None:
    server = scene.stage()
    session = scene.connect(server)
    session.send(scene.LOGIN + b"DELE 1\r\n")
    deadline = session.engine.deadline
    assert deadline is not None and deadline >= 600 * SECOND
    session.engine.expired()
    assert session.take() == b""
    assert session.engine.state is CLOSED
    assert server.left()["alice"] == 3
    assert server.locks() == []


def exchanges_are_by_the_letter() -> None:
    session = scene.session(MODERN)
    assert lines(session, "AUTH PLAIN")[0] == b"+ \r\n"
    assert lines(session, "*")[0].startswith(b"-ERR")
    lines(session, "AUTH PLAIN")
    assert lines(session, "=")[0].startswith(b"-ERR")
    plain = b64encode(b"\0alice\0secret").decode()
    for broken in (plain[:-1] + "!", plain[:5] + " " + plain[5:], plain + "=", plain[:-2]):
        lines(session, "AUTH PLAIN")
        assert lines(session, broken)[0].startswith(b"-ERR"), broken
    assert lines(session, "AUTH LOGIN =")[0].startswith(b"-ERR")  # the server speaks first in this one
    assert lines(session, "AUTH PLAIN", plain)[1].startswith(b"+OK")


def capabilities_are_told_in_both_states() -> None:
    session = scene.session(MODERN)
    before = set(body(lines(session, "CAPA")[0]).split(b"\r\n")) - {b""}
    session.send(scene.LOGIN)
    inside = set(body(lines(session, "CAPA")[0]).split(b"\r\n")) - {b""}
    tags = {line.split()[0] for line in before}
    assert {b"TOP", b"UIDL", b"USER", b"SASL", b"RESP-CODES", b"PIPELINING", b"IMPLEMENTATION"} <= tags
    assert b"APOP" not in tags
    assert {line.split()[0] for line in inside} >= tags - {b"STLS"}
    assert b"STLS" in tags and b"STLS" not in {line.split()[0] for line in inside}


def lines_of_255_octets_are_read() -> None:
    line = b"PASS " + b"x" * 248 + b"\r\n"
    assert len(line) == 255
    session = scene.session(MODERN)
    lines(session, "USER alice")
    assert b"wrong" in session.send(line)
    assert session.send(b"NOOP " + b"x" * 249 + b"\r\n").startswith(b"-ERR the line is too long")


def clear_octets_do_not_survive_the_handshake() -> None:
    session = scene.session(MODERN)
    assert session.send(b"STLS\r\nUSER alice\r\nPASS secret\r\nDELE 1\r\n").count(b"\r\n") == 1
    session.engine.secured()
    assert session.take() == b""
    assert session.state == "AUTHORIZATION"
    assert lines(session, "PASS secret")[0].startswith(b"-ERR")
    session = scene.session(MODERN)
    lines(session, "USER alice", "STLS")
    session.engine.secured()
    assert lines(session, "PASS secret")[0].startswith(b"-ERR")


def last_and_rset_by_edition() -> None:
    for edition, after in ((1081, b"+OK 2"), (1225, b"+OK 2"), (1460, b"+OK 0")):
        server = scene.stage(pop3.edition(edition))
        first = scene.connect(server)
        first.send(scene.LOGIN + b"RETR 2\r\nQUIT\r\n")
        session = scene.connect(server)
        session.send(scene.LOGIN)
        assert lines(session, "LAST")[0].rstrip() == b"+OK 2"
        assert lines(session, "DELE 3", "LAST")[1].rstrip() == b"+OK 3"
        assert lines(session, "RSET", "LAST")[1].rstrip() == after


def lines_are_bounded() -> None:
    session = logged_in()
    for _ in range(40):
        assert session.send(b"A" * 50_000) == b""
    held = session.engine._buffer
    assert len(held._octets) < 1000
    assert session.send(b"\r\nNOOP\r\n").split(b"\r\n")[1].startswith(b"+OK")
