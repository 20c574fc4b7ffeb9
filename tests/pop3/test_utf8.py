"""UTF-8 in names, passwords and messages (RFC 6856 §2)."""

from __future__ import annotations

import base64

import pytest

from popsim import pop3
from popsim.mail.message import Message
from popsim.mail.store import User
from tests.pop3.extension_scene import ALL, LOGIN, TIMESTAMP, USERS, greeted, said, say, stage
from tests.pop3.stage import Stage


def test_two_spellings_of_one_name_are_one() -> None:
    users = (User("ren\u00e9", "caf\u00e9"), User("m\u00e9", "cl\u00e9", "APOP"))
    for name, secret in (("ren\u00e9", "caf\u00e9"), ("rene\u0301", "cafe\u0301")):
        session = greeted(stage(users=users))
        assert say(session, f"USER {name}", f"PASS {secret}")[-1].startswith("+OK")
    assert say(greeted(stage(users=users)), "USER ren\u00e9", "PASS cafe")[-1].startswith("-ERR [AUTH]")
    plain = base64.b64encode("\0rene\u0301\0cafe\u0301".encode()).decode()
    assert say(greeted(stage(users=users)), f"AUTH PLAIN {plain}")[-1].startswith("+OK")


@pytest.mark.parametrize("name", [b"\xff", b"ren\xe9", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc3"])
def test_octets_that_are_no_utf8_are_refused(name: bytes) -> None:
    session = greeted(stage())
    assert say(session, b"USER " + name)[0].startswith("-ERR")
    assert say(session, "USER alice")[0].startswith("+OK")
    assert say(session, b"PASS " + name)[0].startswith("-ERR")


def test_a_name_with_characters_that_no_name_may_have_is_refused() -> None:
    assert said("", "USER \u2028").startswith("-ERR")  # a separator of lines
    assert said("", "USER ren\u00e9\u0600").startswith("-ERR")  # a sign that is not seen


def test_without_the_extension_a_name_is_ascii() -> None:
    assert said("", "USER ren\u00e9", protocol=pop3.extended(2449)).startswith("-ERR expected USER name")


def test_a_header_in_utf8_needs_utf8_and_a_body_does_not() -> None:
    mail = [
        Message("Subject: ț\r\n\r\nx\r\n".encode(), "one"),
        Message("Subject: t\r\n\r\nț\r\n".encode(), "two"),
        Message(b"Subject: \xfe\r\n\r\nx\r\n", "three"),
    ]
    server = Stage(ALL, USERS, mail, timestamp=TIMESTAMP)
    session = greeted(server)
    answers = say(session, *LOGIN, "RETR 1", "TOP 1 0", "LIST 1")
    assert [a[:11] for a in answers[2:4]] == ["-ERR [UTF8]"] * 2 and answers[4] == f"+OK 1 {mail[0].size}\r\n"
    assert session.send(b"RETR 2\r\n").startswith(b"+OK")
    assert session.send(b"RETR 3\r\n").startswith(b"+OK")  # it is no UTF-8, in whatever mode
    say(session, "QUIT")
    session = greeted(server)
    assert say(session, "UTF8", *LOGIN, "RETR 1")[-1] == f"+OK 14 octets\r\n{mail[0].octets.decode()}.\r\n".replace(
        "14", str(mail[0].size)
    )
    plain = greeted(Stage(pop3.extended(2449), USERS, mail, timestamp=TIMESTAMP))
    assert say(plain, *LOGIN, "RETR 1")[-1].startswith("+OK")
