"""Logging in by an exchange and under TLS: lengths, mechanisms, secrets, what is forgotten (RFC 5034, RFC 2595)."""

from __future__ import annotations

import base64

import pytest

from popsim import pop3, sasl
from popsim.mail.store import User
from popsim.protocols.model import Form
from tests.pop3.extension_scene import ALL, LOGIN, PLAIN, announced, capabilities, greeted, said, say, stage

# RFC 2449 §4, RFC 5034 §4: lengths


def test_a_command_line_has_255_octets_with_an_initial_response_too() -> None:
    for protocol in (ALL, pop3.extended(2449)):
        assert said("", "NOOP" + " " * 249, protocol=protocol).startswith("-ERR NOOP is not allowed")
        assert said("", "NOOP" + " " * 250, protocol=protocol).startswith("-ERR the line is too long")
    long = base64.b64encode(b"\0alice\0" + b"x" * 173).decode()
    assert len(f"AUTH PLAIN {long}\r\n") == 253
    assert said("", f"AUTH PLAIN {long}").startswith("-ERR [AUTH]")
    assert said("", f"AUTH PLAIN {long}AAAA").startswith("-ERR the line is too long")


def test_a_password_may_be_longer_than_40_octets() -> None:
    users = (User("alice", "x" * 248),)
    lines = ("USER alice", f"PASS {'x' * 248}")
    assert say(greeted(stage(users=users)), *lines)[-1].startswith("+OK")
    assert say(greeted(stage(pop3, users=users)), *lines)[-1].startswith("-ERR expected PASS string; string has 248")


def test_an_answer_and_a_challenge_may_be_longer_than_any_command() -> None:
    session = greeted(stage())
    nonce = "n" * 900
    first = base64.b64encode(f"n,,n=alice,r={nonce}".encode())
    say(session, "AUTH SCRAM-SHA-256")
    challenge = session.send(first + b"\r\n")
    assert len(challenge) > 1200 and nonce in base64.b64decode(challenge[2:]).decode()
    assert say(session, "AUTH PLAIN", "B" * 1000)[-1].startswith("-ERR")


# RFC 5034: the exchange


@pytest.mark.parametrize("name", sasl.NAMES)
@pytest.mark.parametrize("first", [True, False])
def test_every_mechanism_logs_in(name: str, first: bool) -> None:
    session = greeted(stage())
    client = sasl.client(name, "alice", "secret", nonce="rOprNGfwEbeRWgbNEkqO")
    initial = client.initial()
    line = f"AUTH {name}"
    if first and initial is not None:
        line += f" {sasl.encode(initial).decode()}"
        initial = None
    answer = session.send(line.encode() + b"\r\n")
    while answer.startswith(b"+ "):
        challenge = sasl.decode(answer[2:-2])
        response = initial if initial is not None else client.step(challenge)
        initial = None
        answer = session.send(sasl.encode(response) + b"\r\n")
    assert answer.startswith(b"+OK alice's maildrop")
    assert answer.count(b"\r\n") == 1 and client.satisfied
    assert session.state == "TRANSACTION"


def test_an_empty_challenge_is_a_plus_and_a_space() -> None:
    assert said("", "AUTH PLAIN") == "+ \r\n"


def test_a_star_cancels_and_an_equals_sign_is_an_empty_response() -> None:
    assert said("", "AUTH PLAIN", "*").startswith("-ERR cancelled")
    assert said("", "AUTH PLAIN", "*", *LOGIN).startswith("+OK")
    assert said("", "AUTH PLAIN =").startswith("-ERR expected three texts")
    assert said("", "AUTH PLAIN", "").startswith("-ERR expected three texts")
    assert "base64" in said("", "AUTH PLAIN", "=")  # only as AUTH's argument


def test_challenges_repeat_from_run_to_run_and_in_no_session() -> None:
    one, two = greeted(stage()), greeted(stage())
    lines = ("AUTH CRAM-MD5", "*", "AUTH CRAM-MD5")
    assert say(one, *lines) == say(two, *lines)
    first, _, second = say(greeted(stage()), *lines)
    assert first != second


def test_the_mechanisms_stay_listed_after_the_login() -> None:
    session = greeted(stage())
    before = capabilities(session)["SASL"]
    say(session, f"AUTH PLAIN {PLAIN}")
    assert capabilities(session)["SASL"] == before == "SCRAM-SHA-256 CRAM-MD5 PLAIN LOGIN"
    assert announced("sasl:plain,cram-md5")["SASL"] == "PLAIN CRAM-MD5"
    assert said("sasl:CRAM-MD5", f"AUTH PLAIN {PLAIN}").startswith("-ERR offered: CRAM-MD5")


def test_a_secret_that_never_crosses_in_clear_is_not_taken_in_clear() -> None:
    """RFC 1939 §13: one kind of login for each user, or a reader of the wire gets from one what the other hides."""
    plain = base64.b64encode(b"\0mrose\0tanstaaf").decode()
    assert said("", f"AUTH PLAIN {plain}").startswith("-ERR [AUTH]")
    session = greeted(stage())
    challenge = base64.b64decode(session.send(b"AUTH CRAM-MD5\r\n")[2:])
    answer = sasl.client("CRAM-MD5", "mrose", "tanstaaf", nonce="n").step(challenge)
    assert session.send(sasl.encode(answer) + b"\r\n").startswith(b"+OK mrose")


def test_what_goes_with_a_secret_is_marked_as_one() -> None:
    secrets = {(form.keyword, a.name) for form in ALL.forms for a in form.arguments if a.secret}
    assert secrets == {("PASS", "string"), ("AUTH", "initial-response")}
    asking = [rule.units[-1] for rule in ALL.rules if rule.reader]
    assert asking and all(getattr(unit, "secret", False) for unit in asking)
    request = ALL.parse(f"AUTH PLAIN {PLAIN}".encode())
    assert isinstance(request.trigger, Form)
    assert not any(PLAIN.encode() in line for line in ALL.grammar._known)


# RFC 2595


def test_passwords_can_be_kept_off_a_line_in_clear() -> None:
    policy = "no-plaintext"
    assert said(policy, "USER alice").startswith("-ERR no password crosses this line in clear")
    assert said(policy, "AUTH PLAIN").startswith("-ERR offered: SCRAM-SHA-256, CRAM-MD5 ")
    assert said(policy, "AUTH LOGIN").startswith("-ERR")
    assert said(policy, "APOP mrose c4c9334bac560ecc979e58001b3e22fb").startswith("+OK")
    session = greeted(stage(policy=policy))
    say(session, "STLS")
    session.engine.secured()
    assert capabilities(session)["SASL"] == "SCRAM-SHA-256 CRAM-MD5 PLAIN LOGIN"
    assert say(session, *LOGIN)[-1].startswith("+OK")


def test_a_line_that_is_encrypted_from_the_start_is_known_to_be() -> None:
    session = greeted(stage(policy="no-plaintext", secured=True))
    assert "STLS" not in capabilities(session)
    assert say(session, "STLS")[0].startswith("-ERR the line is encrypted already")
    assert say(session, *LOGIN)[-1].startswith("+OK")


def test_what_came_in_clear_before_the_handshake_is_thrown_away() -> None:
    session = greeted(stage())
    assert session.send(b"STLS\r\nUSER alice\r\nPASS sec").count(b"\r\n") == 1
    session.send(b"ret\r\n")
    session.engine.secured()
    assert say(session, "STAT")[0].startswith("-ERR STAT is not allowed in AUTHORIZATION")
    assert session.state == "AUTHORIZATION"


def test_a_name_that_was_given_in_clear_is_forgotten() -> None:
    session = greeted(stage())
    say(session, "USER alice", "STLS")
    session.engine.secured()
    assert say(session, "PASS secret")[0].startswith("-ERR PASS is not allowed")
