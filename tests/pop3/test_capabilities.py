"""What is announced, and that it is true: each capability off and on, codes, delays, expiry (RFC 2449, RFC 3206)."""

from __future__ import annotations

import pytest

from popsim import pop3
from popsim.mail.policy import DAY, SECOND
from tests.pop3.extension_scene import ALL, LOGIN, PLAIN, announced, greeted, said, say, stage

# RFC 2449 §6: each capability can be switched off, and what it stands for goes with it


def test_all_that_is_true_is_announced_and_nothing_for_a_login_by_digest() -> None:
    tags = "TOP USER SASL RESP-CODES PIPELINING EXPIRE UIDL STLS UTF8 LANG AUTH-RESP-CODE IMPLEMENTATION"
    assert list(announced()) == tags.split()
    assert list(announced(login=True)) == [tag for tag in tags.split() if tag != "STLS"]
    assert announced()["UTF8"] == "USER"  # RFC 6856 §2.2
    assert announced()["EXPIRE"] == "NEVER"


@pytest.mark.parametrize(
    ("word", "tags"),
    [
        ("no-plaintext", {"USER"}),
        ("no-sasl", {"SASL"}),
        ("no-response-codes", {"RESP-CODES", "AUTH-RESP-CODE"}),
        ("no-pipelining", {"PIPELINING"}),
        ("no-expire", {"EXPIRE"}),
        ("no-implementation", {"IMPLEMENTATION"}),
    ],
)
def test_a_word_of_the_policy_takes_its_capabilities_away(word: str, tags: set[str]) -> None:
    assert set(announced()) - set(announced(word)) == tags
    assert "LOGIN-DELAY" not in announced() and announced("login-delay:90s")["LOGIN-DELAY"] == "90"


@pytest.mark.parametrize(
    ("command", "line"),
    [("TOP", "TOP 1 0"), ("UIDL", "UIDL"), ("USER", "USER alice"), ("LANG", "LANG"), ("UTF8", "UTF8")],
)
def test_a_command_that_is_left_out_is_unknown_and_not_announced(command: str, line: str) -> None:
    protocol = ALL.without(command)
    assert set(announced()) - set(announced(protocol=protocol)) == {command}
    logged_in = greeted(stage(protocol))
    before = [f"AUTH PLAIN {PLAIN}"] if command in ("TOP", "UIDL") else []
    answer = say(logged_in, *before, line)[-1]
    assert answer.startswith(f"-ERR {command} is no command of this protocol")


def test_without_user_there_is_no_pass_either() -> None:
    assert said("", "PASS secret", protocol=pop3.without("USER")).startswith("-ERR PASS is no command")
    assert said("", f"AUTH PLAIN {PLAIN}", protocol=ALL.without("USER")).startswith("+OK")


def test_numbers_that_differ_by_user_say_so_before_the_login_only() -> None:
    policy = "login-delay:60s login-delay:bob:10min expire:30 expire:alice:never"
    stranger, alice = announced(policy), announced(policy, login=True)
    assert (stranger["LOGIN-DELAY"], stranger["EXPIRE"]) == ("600 USER", "30 USER")
    assert (alice["LOGIN-DELAY"], alice["EXPIRE"]) == ("60", "NEVER")
    assert announced("login-delay:60s expire:0")["LOGIN-DELAY"] == "60"
    assert announced("expire:9 expire:bob:0")["EXPIRE"] == "0 USER"


def test_the_list_fits_the_limit_of_a_line() -> None:
    session = greeted(stage(policy=f"implementation:{'x' * 200}"))
    assert max(map(len, say(session, "CAPA")[0].split("\r\n"))) <= 510


# RFC 2449 §6.6


def test_without_pipelining_what_comes_behind_a_command_is_thrown_away() -> None:
    lines = b"USER alice\r\nPASS secret\r\nSTAT\r\n"
    assert greeted(stage()).send(lines).count(b"+OK") == 3
    session = greeted(stage(policy="no-pipelining"))
    assert session.send(lines).count(b"\r\n") == 1
    assert session.state == "USER accepted"
    assert say(session, "PASS secret", "STAT")[-1] == "+OK 3 306\r\n"
    assert session.send(b"NOOP\r\nDELE 1") == b"+OK nothing done\r\n"
    assert say(session, " 2")[-1].startswith("-ERR")  # half a command was thrown away too


def test_octets_that_are_thrown_away_are_counted() -> None:
    session = greeted(stage(policy="no-pipelining"))
    session.send(b"NOOP\r\nSTAT\r\n")
    session.send(b"QUIT\r\n")
    rows = session.watcher.recorder
    rows.settle()
    ends = [rows.rows[at + 4] for at in range(0, len(rows.rows), 5)]
    assert 12 + len(b"QUIT\r\n") in ends


# RFC 2449 §8, RFC 3206: codes


def test_codes_stand_before_the_text_and_only_where_they_belong() -> None:
    assert said("", "USER alice", "PASS wrong").startswith("-ERR [AUTH] ")
    assert said("", "USER nobody", "PASS wrong").startswith("-ERR [AUTH] ")
    assert said("", "APOP mrose 00000000000000000000000000000000").startswith("-ERR [AUTH] ")
    assert "[" not in said("", "USER mrose")  # RFC 3206 §5: not on USER
    assert "[AUTH]" not in said("", "AUTH PLAIN", "*") + said("", "AUTH PLAIN =AAA") + said("", "AUTH PLAIN AAAA")
    assert said("", "USER alice", "PASS wrong", protocol=pop3.extended(2449)).startswith("-ERR name")
    assert said("no-response-codes", "USER alice", "PASS wrong").startswith("-ERR name")
    assert said("", "USER alice", "PASS wrong", protocol=pop3).startswith("-ERR name")


# RFC 2449 §6.5


def test_a_login_too_soon_is_refused_by_each_way_to_log_in() -> None:
    server = stage(policy="login-delay:60s")
    for line in ("APOP mrose c4c9334bac560ecc979e58001b3e22fb", f"AUTH PLAIN {PLAIN}"):
        assert say(greeted(server), line, "QUIT")[0].startswith("+OK")
        assert say(greeted(server), line)[0].startswith("-ERR [LOGIN-DELAY]")
    assert say(greeted(server), *LOGIN)[-1].startswith("-ERR [LOGIN-DELAY]")
    server.now = 60 * SECOND - 1
    assert "wait 1 s more" in say(greeted(server), *LOGIN)[-1]
    server.now = 60 * SECOND
    assert say(greeted(server), *LOGIN)[-1].startswith("+OK")


def test_the_delay_counts_from_a_login_that_was_answered_ok() -> None:
    server = stage(policy="login-delay:60s login-delay:bob:0")
    holder = greeted(server)
    say(holder, *LOGIN)
    server.now = 61 * SECOND
    assert say(greeted(server), *LOGIN)[-1].startswith("-ERR [IN-USE]")
    say(holder, "QUIT")
    assert say(greeted(server), *LOGIN)[-1].startswith("+OK")  # the refusal was no login
    bob = ("USER bob", "PASS secret", "QUIT")
    assert [say(greeted(server), *bob)[1][:3] for _ in range(3)] == ["+OK"] * 3


def test_there_is_no_delay_without_the_extension() -> None:
    server = stage(pop3, "login-delay:60s")
    assert [say(greeted(server), *LOGIN, "QUIT")[1][:3] for _ in range(2)] == ["+OK", "+OK"]


# RFC 2449 §6.7, RFC 1939 §8


def test_what_is_too_old_is_gone_at_the_login() -> None:
    server = stage(policy="expire:2 expire:bob:never")
    account = server.store.accounts["alice"]
    account.maildrop.delivered["uid-2"] = 3 * DAY
    server.now = 2 * DAY
    assert say(greeted(server), *LOGIN, "STAT", "QUIT")[2] == "+OK 3 306\r\n"
    server.now = 2 * DAY + 1
    reader = greeted(server)
    assert say(reader, *LOGIN, "STAT", "UIDL")[2:] == ["+OK 1 102\r\n", "+OK 1 message\r\n1 uid-2\r\n.\r\n"]
    assert say(greeted(server), "USER bob", "PASS secret", "STAT")[2] == "+OK 3 306\r\n"
    server.now = 9 * DAY
    assert say(reader, "STAT")[0] == "+OK 1 102\r\n"  # not while it is open: RFC 1939 §4
    assert say(greeted(server), *LOGIN)[1].startswith("-ERR [IN-USE]")
    say(reader, "QUIT")
    assert server.left()["alice"] == 1
    assert say(greeted(server), *LOGIN, "STAT")[2] == "+OK 0 0\r\n"


def test_what_was_retrieved_is_gone_at_quit_where_nothing_may_stay() -> None:
    server = stage(policy="expire:0")
    session = greeted(server)
    say(session, *LOGIN, "RETR 1", "TOP 2 0", "DELE 3", "RSET")
    assert server.left()["alice"] == 3
    assert say(session, "QUIT")[0].startswith("+OK goodbye; 1 removed, 2 left")
    assert [m.uid for m in server.store.accounts["alice"].maildrop.messages] == ["uid-2", "uid-3"]


def test_what_was_retrieved_stays_without_a_quit() -> None:
    server = stage(policy="expire:0")
    session = greeted(server)
    say(session, *LOGIN, "RETR 1")
    session.engine.lost()
    assert server.left()["alice"] == 3
    assert server.locks() == []


def test_what_was_retrieved_stays_where_it_may() -> None:
    server = stage(policy="expire:0 expire:alice:30")
    say(greeted(server), *LOGIN, "RETR 1", "QUIT")
    assert server.left()["alice"] == 3


def test_a_refusal_names_stls_only_while_it_would_help() -> None:
    session = greeted(stage())
    (clear,) = say(session, "STAT")
    assert "STLS" in clear
    say(session, "STLS")
    session.engine.secured()
    (encrypted,) = say(session, "STAT")
    assert encrypted.startswith("-ERR") and "AUTH" in encrypted and "STLS" not in encrypted
