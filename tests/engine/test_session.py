"""The rules of a POP3 session that real servers get wrong, with octets alone."""

from __future__ import annotations

import pytest

from popsim import pop3
from popsim.protocols.protocol import Protocol
from tests.engine.scene import DIGEST, LOGIN, MESSAGES, OLD, connect, marks, recorded, say, session, stage
from tests.pop3.stage import Session

BOTH = pytest.mark.parametrize("protocol", [pop3, OLD], ids=str)


def logged_in(protocol: Protocol = pop3) -> Session:
    mine = session(protocol)
    assert marks(mine.send(LOGIN)) == [b"+OK", b"+OK"]
    return mine


# Login


@pytest.mark.parametrize(
    "between", ["NOOP", "STAT", "FOO", "USER", "USER alice", "PASS", "RETR 1", "x" * 300, "APOP a b", ""]
)
def test_pass_comes_immediately_after_user(between: str) -> None:
    """RFC 1939 §7; RFC 1460 knows no such rule, and there the name stays."""
    mine = session()
    answers = say(mine, "USER alice", between, "PASS secret")
    assert [a.split(b" ")[0] for a in answers] == [b"+OK", b"-ERR", b"-ERR"]
    assert mine.state == "AUTHORIZATION"
    old = session(OLD)
    answers = say(old, "USER alice", between, "PASS secret")
    assert [a.split(b" ")[0] for a in answers] == [b"+OK", b"-ERR", b"+OK"]
    assert old.state == "TRANSACTION"


@BOTH
def test_pass_alone_and_a_wrong_password(protocol: Protocol) -> None:
    mine = session(protocol)
    assert marks(b"".join(say(mine, "PASS secret", "USER alice", "PASS wrong", "PASS secret"))) == [
        b"-ERR", b"+OK", b"-ERR", b"-ERR",
    ]  # fmt: skip
    assert marks(mine.send(LOGIN)) == [b"+OK", b"+OK"]  # and a new attempt is welcome


@BOTH
def test_an_unknown_name_is_told_only_with_the_password(protocol: Protocol) -> None:
    """RFC 1939 §13: a refusal of the name alone would tell strangers who has mail here."""
    mine = session(protocol)
    known, unknown = session(protocol), session(protocol)
    answers = [say(s, f"USER {name}", "PASS wrong") for s, name in ((known, "alice"), (unknown, "nobody"))]
    assert [a[0].split(b" ")[0] for a in answers] == [b"+OK", b"+OK"]
    assert answers[0][1] == answers[1][1] and answers[0][1].startswith(b"-ERR")
    assert mine.state == "AUTHORIZATION"


def test_passwords_may_hold_spaces() -> None:
    from popsim.mail.store import User
    from tests.pop3.stage import Stage

    mine = connect(Stage(pop3, [User("alice", " two  words ")], []))
    assert marks(b"".join(say(mine, "USER alice", "PASS  two  words "))) == [b"+OK", b"+OK"]


@BOTH
def test_apop_by_the_example_of_the_rfc(protocol: Protocol) -> None:
    mine = stage(protocol).connect()
    assert b"<1896.697170952@dbc.mtview.ca.us>" in mine.take()
    assert mine.send(b"APOP mrose " + DIGEST + b"\r\n").startswith(b"+OK")
    assert mine.state == "TRANSACTION"


def test_apop_after_a_refusal_is_for_1939_only() -> None:
    """RFC 1460 §7: 'after the POP3 greeting'; RFC 1939 §7 adds: 'or after an unsuccessful USER or PASS'."""
    lines = ("USER alice", "PASS wrong", f"APOP mrose {DIGEST.decode()}")
    new, old = session(), session(OLD)
    assert say(new, *lines)[-1].startswith(b"+OK") and new.state == "TRANSACTION"
    assert say(old, *lines)[-1].startswith(b"-ERR APOP: only right after the greeting")
    assert old.state == "login refused" and marks(old.send(LOGIN)) == [b"+OK", b"+OK"]


@BOTH
def test_a_user_has_one_way_to_log_in(protocol: Protocol) -> None:
    """RFC 1939 §13, RFC 1460 §13: not both ways for one user."""
    mine = session(protocol)
    assert mine.send(b"USER mrose\r\n").startswith(b"-ERR no password login")
    assert session(protocol).send(b"APOP alice " + DIGEST + b"\r\n").startswith(b"-ERR name or secret is wrong")


def test_without_apop_the_greeting_has_no_timestamp() -> None:
    greeting = stage(pop3.minimal()).connect().take()
    assert greeting == b"+OK POP3 server ready\r\n"


# The maildrop


@BOTH
def test_a_deleted_message_is_gone_from_everywhere(protocol: Protocol) -> None:
    mine = logged_in(protocol)
    sizes = [len(stuffed) for stuffed in (MESSAGES[0], MESSAGES[1] + b"\r\n", MESSAGES[2])]
    assert mine.send(b"STAT\r\n") == b"+OK 3 %d\r\n" % sum(sizes)
    assert mine.send(b"DELE 2\r\n").startswith(b"+OK")
    assert mine.send(b"STAT\r\n") == b"+OK 2 %d\r\n" % (sizes[0] + sizes[2])
    assert mine.send(b"LIST\r\n").split(b"\r\n")[1:] == [b"1 %d" % sizes[0], b"3 0", b".", b""]
    for line in ("RETR 2", "DELE 2", "LIST 2", "TOP 2 0", "UIDL 2"):
        if line != "UIDL 2" or protocol is pop3:
            assert say(mine, line)[0].startswith(b"-ERR message 2 is marked as deleted")
    assert mine.send(b"RETR 3\r\n") == b"+OK 0 octets\r\n.\r\n"


@BOTH
def test_rset_takes_all_marks_back(protocol: Protocol) -> None:
    mine = logged_in(protocol)
    before = mine.send(b"LIST\r\n")
    say(mine, "DELE 1", "DELE 3", "RSET")
    assert mine.send(b"LIST\r\n") == before
    assert mine.send(b"QUIT\r\n").startswith(b"+OK") and mine.state == "CLOSED"


def test_last_and_rset_by_rfc_1460() -> None:
    """RFC 1460 §5: RETR and DELE raise it, TOP and LIST do not; RSET sets it to 0; later sessions know of RETR."""
    server = stage(OLD)
    mine = connect(server)
    mine.send(LOGIN)

    def last(line: str) -> bytes:
        say(mine, line)
        return mine.send(b"LAST\r\n")

    assert [last(line) for line in ("NOOP", "TOP 3 0", "LIST 3", "RETR 9", "RETR 1", "DELE 3", "RETR 2", "RSET")] == [
        b"+OK 0\r\n", b"+OK 0\r\n", b"+OK 0\r\n", b"+OK 0\r\n", b"+OK 1\r\n", b"+OK 3\r\n", b"+OK 3\r\n", b"+OK 0\r\n",
    ]  # fmt: skip
    mine.send(b"QUIT\r\n")
    later = connect(server)
    assert later.send(LOGIN + b"LAST\r\n").endswith(b"+OK 2\r\n")  # message 3 was only marked, and unmarked again


def test_uidl_stays_the_same_in_later_sessions() -> None:
    server = stage()
    first, second = connect(server), connect(server)
    first.send(LOGIN)
    before = first.send(b"UIDL\r\n")
    first.send(b"DELE 1\r\nQUIT\r\n")
    second.send(LOGIN)
    assert second.send(b"UIDL\r\n").split(b"\r\n")[1:] == [b"1 uid-2", b"2 uid-3", b".", b""]
    assert before.split(b"\r\n")[2:] == [b"2 uid-2", b"3 uid-3", b".", b""]


def test_every_multi_line_reply_is_stuffed_its_first_line_too() -> None:
    mine = logged_in()
    assert mine.send(b"RETR 2\r\n").split(b"\r\n")[1:] == [
        b"..Subject: dots", b"", b"..", b"...", b"..three", b"four .", b"..", b".", b"",
    ]  # fmt: skip
    assert mine.send(b"TOP 2 1\r\n").split(b"\r\n")[1:] == [b"..Subject: dots", b"", b"..", b".", b""]
    assert mine.send(b"RETR 2\r\n").startswith(b"+OK 44 octets\r\n")  # RFC 1939 §11: stuffed dots do not count


# The end


@BOTH
@pytest.mark.parametrize("end", ["lost", "expired"])
def test_no_quit_no_deletion(protocol: Protocol, end: str) -> None:
    """RFC 1939 §3, §6: neither a lost connection nor the timer enters UPDATE, and nothing is answered."""
    server = stage(protocol)
    mine = connect(server)
    mine.send(LOGIN + b"DELE 1\r\nDELE 2\r\nQUI")
    getattr(mine.engine, end)()
    assert (mine.take(), mine.state) == (b"", "CLOSED")
    assert server.left() == {"alice": 3, "mrose": 3} and server.locks() == []
    assert "UPDATE" not in mine.noted()
    values = recorded(mine).at(len(recorded(mine)) - 1).values
    assert [values["mail.alice.1"], values["mail.alice.2"], values["mail.alice.lock"]] == ["kept", "kept", None]
    mine.send(b"T\r\n")
    assert server.left()["alice"] == 3
    again = connect(server)
    assert again.send(LOGIN + b"STAT\r\n").splitlines()[-1].startswith(b"+OK 3 ")


@pytest.mark.parametrize("end", ["lost", "expired"])
def test_an_end_before_the_login_and_after_the_end(end: str) -> None:
    mine = session()
    getattr(mine.engine, end)()
    assert (mine.take(), mine.state) == (b"", "CLOSED")
    getattr(mine.engine, end)()
    assert (mine.send(b"NOOP\r\n"), mine.state) == (b"", "CLOSED")


@BOTH
def test_quit_removes_what_is_marked_and_says_so(protocol: Protocol) -> None:
    server = stage(protocol)
    mine = connect(server)
    mine.send(LOGIN + b"DELE 1\r\nDELE 3\r\n")
    mine.noted()
    assert mine.send(b"QUIT\r\n") == b"+OK goodbye; 2 removed, 1 left\r\n"
    assert mine.noted()[0] == "UPDATE" and mine.state == "CLOSED"
    assert server.left() == {"alice": 1, "mrose": 3} and server.locks() == []


@BOTH
def test_an_update_that_fails_says_so_and_removes_the_rest(protocol: Protocol) -> None:
    server = stage(protocol, unremovable=["uid-2"])
    mine = connect(server)
    reply = mine.send(LOGIN + b"DELE 1\r\nDELE 2\r\nQUIT\r\n").splitlines()[-1]
    assert reply.startswith(b"-ERR could not remove message 2")
    assert mine.state == "CLOSED" and server.left()["alice"] == 2 and server.locks() == []
    values = recorded(mine).at(len(recorded(mine)) - 1).values
    assert [values[f"mail.alice.{n}"] for n in (1, 2)] == ["removed", "kept"]


@BOTH
def test_nothing_is_read_after_quit(protocol: Protocol) -> None:
    server = stage(protocol)
    mine = connect(server)
    sent = mine.send(LOGIN + b"DELE 1\r\nQUIT\r\nDELE 2\r\nNOOP\r\nQUIT\r\n" + b"\x00" * 1000)
    assert marks(sent) == [b"+OK"] * 4 and server.left()["alice"] == 2
    events = len(recorded(mine))
    assert mine.send(b"USER alice\r\n") == b"" and len(recorded(mine)) == events


@BOTH
def test_quit_before_the_login_enters_no_update(protocol: Protocol) -> None:
    mine = session(protocol)
    assert mine.send(b"QUIT\r\n") == b"+OK goodbye\r\n"
    assert mine.noted()[-1] == "CLOSED" and "UPDATE" not in mine.noted()


# Two sessions


@BOTH
@pytest.mark.parametrize("end", ["QUIT", "lost", "expired"])
def test_one_session_has_the_maildrop_until_it_ends(protocol: Protocol, end: str) -> None:
    server = stage(protocol)
    first, second = connect(server), connect(server)
    first.send(LOGIN)
    assert marks(second.send(LOGIN)) == [b"+OK", b"-ERR"]
    assert second.state == ("AUTHORIZATION" if protocol is pop3 else "login refused")
    first.send(b"QUIT\r\n") if end == "QUIT" else getattr(first.engine, end)()
    assert marks(second.send(LOGIN)) == [b"+OK", b"+OK"]


def test_other_users_are_not_locked_out() -> None:
    server = stage()
    first, second = connect(server), connect(server)
    first.send(LOGIN)
    assert second.send(b"APOP mrose " + DIGEST + b"\r\n").startswith(b"+OK")
    assert sorted(server.locks(), key=str) == [first.number, second.number]


def test_a_refused_session_takes_no_lock_and_leaves_none() -> None:
    server = stage()
    first, second = connect(server), connect(server)
    first.send(LOGIN)
    second.send(LOGIN)
    second.engine.lost()
    assert server.locks() == [first.number]
    assert marks(connect(server).send(LOGIN)) == [b"+OK", b"-ERR"]


def test_news_of_a_maildrop_is_not_told() -> None:
    """POP3 has no words for it: the numbers were given when the maildrop was opened (RFC 1939 §4)."""
    mine = logged_in()
    mine.engine.news()
    assert mine.take() == b"" and mine.send(b"STAT\r\n").startswith(b"+OK 3 ")
    mine.send(b"QUIT\r\n")
    mine.engine.news()
    assert mine.take() == b""
