"""What comes after DATA: where it ends, what is taken, what the server writes above it, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popsim.engine.server import ServerEngine
from popsim.mail.ledger import MailboxError
from popsim.mail.message import Message
from popsim.protocols.smtp.server_delivery import without_return_path
from tests.smtp.stage import HERE, OLD, SMTP, WHOLE, codes, marks, opened, opened_on, say, stage

TRACE = (
    "Return-Path: <carol@client.example>\r\n"
    f"Received: from client.example by {HERE} with ESMTP id 1-1\r\n"
    f" for <alice@{HERE}>; Thu, 01 Jan 1970 00:00:00 +0000\r\n"
).encode()


def arrived(octets: bytes, piece: int = 0) -> tuple[list[str], bytes]:
    """The codes of the replies to a text, and what lies in the mailbox under the server's own lines."""
    server = stage()
    replies = marks(opened_on(server).send(octets, piece))
    mail = server.mail()
    assert all(message.startswith(TRACE) for message in mail)
    return replies, b"".join(message.removeprefix(TRACE) for message in mail)


@pytest.mark.parametrize("piece", [0, 1, 7])
def test_dots_that_were_added_are_taken_away(piece: int) -> None:
    text = b"Subject: dots\r\n\r\n..\r\n...\r\n..one\r\nQUIT\r\n"
    assert arrived(text + b".\r\n", piece) == (["250"], b"Subject: dots\r\n\r\n.\r\n..\r\n.one\r\nQUIT\r\n")


def test_an_empty_text_and_a_text_of_a_dot() -> None:
    assert arrived(b".\r\n") == (["250"], b"")
    assert arrived(b"..\r\n.\r\n") == (["250"], b".\r\n")


# Each is a way in which some server took another end for the end of the text, so that a second message was smuggled in.
NO_ENDS = [
    b"\n.\n", b"\r\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n", b"\n\n.\r\n", b"\r\r\n.\r\r\n", b"\n.\r",
    b"\r.\n", b"\x00\r\n\x00.\r\n", b"\r\n.\x00\r\n", b"\r\n..\r\n", b"\r\n. \r\n", b"\r\n\x0b.\r\n",
]  # fmt: skip


@pytest.mark.parametrize("no_end", NO_ENDS)
@pytest.mark.parametrize("piece", [0, 1])
def test_only_one_end_ends_it(no_end: bytes, piece: int) -> None:
    """One text, one reply: it is refused where a CR or LF stands alone, and else taken with all that is in it."""
    smuggled = f"MAIL FROM:<mallory@client.example>\r\nRCPT TO:<bob@{HERE}>\r\nDATA\r\nhello\r\n".encode()
    octets = b"a" + no_end + smuggled
    ends = octets.count(b"\r\n")
    is_clean = octets.count(b"\r") == octets.count(b"\n") == ends
    server = stage()
    session = opened_on(server)
    assert marks(session.send(octets + b".\r\n", piece)) == ["250" if is_clean else "554"]
    assert server.mail("bob") == [] and len(server.mail("alice")) == is_clean
    assert session.state == "READY" and codes(say(session, "NOOP")) == ["250"]


def test_what_comes_with_the_text_is_read_after_it() -> None:
    server = stage(WHOLE)
    session = opened_on(server)
    octets = (
        b"Subject: x\r\n\r\nRSET\r\n.\r\nMAIL FROM:<>\r\n" + f"RCPT TO:<bob@{HERE}>\r\nDATA\r\n.\r\nQUIT\r\n".encode()
    )
    assert marks(session.send(octets)) == ["250", "250", "250", "354", "250", "221"]
    assert len(server.mail("alice")) == len(server.mail("bob")) == 1


def test_a_session_that_is_lost_in_its_text_delivers_nothing() -> None:
    for event in ("lost", "expired"):
        server = stage()
        session = opened_on(server)
        session.send(b"Subject: x\r\n\r\nhello\r\n")
        getattr(session.engine, event)()
        assert server.mail() == []
        assert marks(session.take()) == (["421"] if event == "expired" else [])


# Limits


@pytest.mark.parametrize(("size", "code"), [(998, "250"), (999, "500")])
def test_a_line_may_have_a_thousand_octets(size: int, code: str) -> None:
    assert arrived(b"x" * size + b"\r\n.\r\n")[0] == [code]
    assert arrived(b"." + b"." + b"x" * (size - 1) + b"\r\n.\r\n")[0] == [code]  # the dot that was added does not count


def test_a_message_may_have_ten_mebibytes_and_no_more() -> None:
    line = b"." * 62 + b"\r\n"
    whole = line * (10_485_760 // 64)
    stuffed = Message(whole).dot_stuffed
    assert marks(opened().send(stuffed)) == ["250"]
    assert marks(opened().send(Message(b"\r\n" + whole).dot_stuffed)) == ["552"]
    session = opened()
    for _ in range(20):
        session.send(whole)  # far beyond what is kept: it is read to its end and thrown away
    assert marks(session.send(b".\r\nNOOP\r\n")) == ["552", "250"]


def test_limits_of_paths() -> None:
    ready = opened()
    assert marks(ready.send(b".\r\nMAIL FROM:<>\r\n")) == ["250", "250"]
    for local, code in (("x" * 64, "550"), ("x" * 65, "501")):
        assert codes(say(ready, f"RCPT TO:<{local}@{HERE}>")) == [code]
    label = "d" * 60 + "."
    for domain, code in ((label * 4 + "ab", "550"), (label * 4 + "abcde", "501")):
        assert codes(say(ready, f"RCPT TO:<alice@{domain}>")) == [code]
    assert codes(say(ready, f"RCPT TO:<@{'a' * 230}:alice@{HERE}>")) == ["250"]
    assert codes(say(ready, f"RCPT TO:<@{'a' * 250}:alice@{HERE}>")) == ["501"]


@pytest.mark.parametrize(("protocol", "code"), [(SMTP, "452"), (OLD, "552")])
def test_a_hundred_recipients_are_taken(protocol: Any, code: str) -> None:
    server = stage(protocol)
    ready = opened_on(server)
    ready.send(b".\r\nMAIL FROM:<>\r\n")
    answers = say(ready, *[f"RCPT TO:<alice@{HERE}>"] * 100, f"RCPT TO:<bob@{HERE}>", "DATA")
    assert codes(answers) == ["250"] * 100 + [code, "354"]
    ready.send(b".\r\n")
    assert len(server.mail("alice")) == 2 and server.mail("bob") == []  # named a hundred times, it comes once


@pytest.mark.parametrize(("protocol", "most"), [(SMTP, 512), (OLD, 512), (SMTP.extended(1870), 538), (WHOLE, 1038)])
def test_how_long_a_command_line_may_be(protocol: Any, most: int) -> None:
    ready = opened(protocol)
    ready.send(b".\r\n")
    assert marks(ready.send(b"VRFY " + b"x" * (most - 7) + b"\r\n"))[0] in ("252", "550")
    assert marks(ready.send(b"VRFY " + b"x" * (most - 6) + b"\r\n")) == ["500"]


def test_octets_above_127() -> None:
    text = "Subject: é\r\n\r\n".encode()
    assert arrived(text + b".\r\n") == (["554"], b"")
    assert marks(opened(OLD).send(text + b".\r\n")) == ["554"]
    server = stage(SMTP.extended(6152))
    assert marks(opened_on(server).send(text + b".\r\n")) == ["250"]
    assert server.mail()[0].endswith(text)


def test_a_message_that_goes_round_is_stopped() -> None:
    hop = b"Received: from a by b; Thu, 01 Jan 1970 00:00:00 +0000\r\n"
    assert arrived(hop * 99 + b"\r\n" + hop + b".\r\n")[0] == ["250"]
    assert arrived(hop * 100 + b"\r\n.\r\n")[0] == ["554"]


# What the server does with it


def test_every_recipient_gets_a_copy_with_a_path_of_its_own() -> None:
    server = stage()
    server.now = 895_755_209 * 10**9
    ready = opened_on(server)
    say(
        ready, ".", "MAIL FROM:<carol@client.example>", f'RCPT TO:<"ali\\ce"@{HERE}>', "RCPT TO:<Bob@LOCALHOST>", "DATA"
    )
    ready.send(b"Subject: x\r\nReturn-path: <old@client.example>\r\n (folded)\r\n\r\nReturn-Path: stays\r\n.\r\n")
    rest = b"Subject: x\r\n\r\nReturn-Path: stays\r\n"
    stamp = "Thu, 21 May 1998 12:53:29 +0000"
    for user, path in (("alice", f"alice@{HERE}"), ("bob", "Bob@LOCALHOST")):
        above = (
            f"Return-Path: <carol@client.example>\r\nReceived: from client.example by {HERE} with ESMTP id 1-2\r\n"
            f" for <{path}>; {stamp}\r\n"
        )
        assert server.mail(user)[-1] == above.encode() + rest


def test_the_trace_tells_what_was_spoken() -> None:
    for protocol, lines, spoken, when in (
        (WHOLE, ["EHLO a", "AUTH PLAIN AGFsaWNlAHNlY3JldA=="], "ESMTPA", "; Thu, 01 Jan 1970 00:00:00 +0000"),
        (WHOLE, ["EHLO a"], "ESMTP", "; Thu, 01 Jan 1970 00:00:00 +0000"),
        (WHOLE, ["HELO a"], "SMTP", "; Thu, 01 Jan 1970 00:00:00 +0000"),
        (OLD, ["HELO a"], "SMTP", " ; 1 JAN 70 00:00:00 UT"),
    ):
        server = stage(protocol)
        say(server.connect(), *lines, "MAIL FROM:<>", f"RCPT TO:<alice@{HERE}>", "DATA", ".")
        head = server.mail()[0].decode()
        assert head.startswith("Return-Path: <>\r\nReceived: from a by ")
        assert f" with {spoken} id 1-1\r\n for <alice@{HERE}>{when}\r\n" in head
    server = stage(WHOLE, secured=True)
    say(
        server.connect(),
        "EHLO a",
        "AUTH PLAIN AGFsaWNlAHNlY3JldA==",
        "MAIL FROM:<>",
        f"RCPT TO:<bob@{HERE}>",
        "DATA",
        ".",
    )
    assert b" with ESMTPSA id " in server.mail("bob")[0]


def test_a_route_is_kept_for_the_way_back_in_1982_only() -> None:
    for protocol, kept in ((OLD, "<@a.example,@b.example:carol@c.example>"), (SMTP, "<carol@c.example>")):
        server = stage(protocol)
        session = server.connect()
        say(
            session,
            "HELO a",
            "MAIL FROM:<@a.example,@b.example:carol@c.example>",
            f"RCPT TO:<alice@{HERE}>",
            "DATA",
            ".",
        )
        assert server.mail()[0].startswith(f"Return-Path: {kept}\r\n".encode())


def test_the_return_path_that_was_there_goes() -> None:
    assert without_return_path(b"Return-Path: <a@b>\r\nSubject: x\r\n") == b"Subject: x\r\n"
    assert without_return_path(b"A: b\r\nRETURN-PATH : <a@b>\r\n\tc\r\n d\r\nE: f\r\n\r\n") == b"A: b\r\nE: f\r\n\r\n"
    for kept in (b"", b"\r\nReturn-Path: <a@b>\r\n", b"X-Return-Path: <a@b>\r\n", b"A: Return-Path: b\r\n"):
        assert without_return_path(kept) == kept


def test_who_gets_nothing_is_told_by_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    server = stage()
    session = opened_on(server)
    say(session, ".", f"MAIL FROM:<mrose@{HERE}>", f"RCPT TO:<alice@{HERE}>", f"RCPT TO:<bob@{HERE}>", "DATA")
    bob = server.store.account("bob")
    assert bob

    def full(*_: object) -> int:
        raise MailboxError("no room")

    monkeypatch.setattr(bob, "deliver", full)
    assert marks(session.send(b"Subject: x\r\n\r\nhello\r\n.\r\n")) == ["250"]
    assert len(server.mail("alice")) == 2 and server.mail("bob") == []
    (notice,) = server.mail("mrose")
    assert notice.startswith(b"Return-Path: <>\r\n") and f"<bob@{HERE}>\r\n".encode() in notice
    say(session, f"MAIL FROM:<mrose@{HERE}>", f"RCPT TO:<bob@{HERE}>", "DATA")
    assert marks(session.send(b"Subject: x\r\n\r\nhello\r\n.\r\n")) == ["451"]
    assert len(server.mail("mrose")) == 1


# Whatever comes


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    st.lists(st.sampled_from([b".", b"..", b"\r\n", b"a", b"\x00", b".\r\n", b"\t"]), max_size=30), st.integers(1, 40)
)
def test_any_message_comes_in_as_it_went_out(parts: list[bytes], piece: int) -> None:
    message = Message.of(b"".join(parts))
    assert arrived(message.dot_stuffed, piece) == (["250"], without_return_path(message.octets))


NOISE = [
    b"MAIL FROM:<a@b.example>", f"RCPT TO:<alice@{HERE}>".encode(), b"DATA", b"EHLO x", b"HELO x", b"RSET", b".",
    b"AUTH PLAIN", b"AUTH PLAIN AGFsaWNlAHNlY3JldA==", b"AUTH LOGIN", b"*", b"STARTTLS", b"\n", b"\x00\xff", b" ",
    b"\r\n", b"MAIL FROM:<>", b"x" * 600, b"VRFY alice", b"NOOP",
]  # fmt: skip


@settings(derandomize=True, deadline=None, max_examples=150)
@given(
    st.lists(st.sampled_from(NOISE), max_size=25),
    st.sampled_from([SMTP, WHOLE, OLD]),
    st.integers(1, 64),
    st.lists(st.sampled_from(["expired", "lost", "secured"]), max_size=2),
)
def test_whatever_comes_is_answered_with_codes(
    parts: list[bytes], protocol: Any, piece: int, events: list[str]
) -> None:
    server = stage(protocol)
    session = server.connect()
    sent = session.take() + session.send(b"\r\n".join(parts) + b"\r\n", piece)
    for event in events:
        if event != "secured" or session.engine.securing:
            getattr(session.engine, event)()
    sent += session.take()
    assert all(line[:3].isdigit() and len(line) <= 510 and line[3:4] in (b" ", b"-") for line in sent.splitlines())
    assert isinstance(session.engine, ServerEngine)
