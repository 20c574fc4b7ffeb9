"""Checks of what real SMTP servers have got wrong: each drives popsim's server with octets alone."""

from __future__ import annotations

from base64 import b64encode

from tests.smtp.stage import HERE, OLD, SMTP, WHOLE, codes, connect, marks, opened_on, say, session, stage

SMUGGLED = f"MAIL FROM:<mallory@client.example>\r\nRCPT TO:<bob@{HERE}>\r\nDATA\r\nSubject: forged\r\n\r\n".encode()
NO_ENDS = (
    b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r", b"\r.\n", b"\n.\r", b"\r\r\n.\r\r\n",
    b"\r\n\x00.\r\n", b"\r\n.\x00\r\n", b"\r\n.\r\x00\n", b"\r\n. \r\n",
)  # fmt: skip
"""What is no end of a text, and is one to somebody."""


def data_ends_only_at_crlf_dot_crlf() -> None:
    for no_end in NO_ENDS:
        for piece in (0, 1):
            server = stage()
            ready = opened_on(server)
            replies = marks(ready.send(b"Subject: x\r\n\r\nhello" + no_end + SMUGGLED + b".\r\n", piece))
            assert len(replies) == 1, no_end
            assert server.mail("bob") == []
            assert ready.state == "READY"


def what_is_delivered_has_crlf_line_ends_only() -> None:
    """What one server takes with a lone LF and the next one ends a text at, was smuggled through the first."""
    for lone in (b"\n", b"\r", b"\n.\n", b"\r\n\n", b"\r\r\n"):
        server = stage()
        assert marks(opened_on(server).send(b"Subject: x\r\n\r\nhello" + lone + b"more\r\n.\r\n")) == ["554"]
        assert server.mail() == []


def a_dot_is_taken_away_where_one_was_added_only() -> None:
    server = stage()
    ready = opened_on(server)
    assert marks(ready.send(b"Subject: x\r\n\r\n..\r\n..a\r\nb.\r\nc\r\n\r\n.\r\n")) == ["250"]
    assert server.mail()[0].endswith(b"\r\n\r\n.\r\n.a\r\nb.\r\nc\r\n\r\n")


def bad_order_is_503_and_the_state_stays() -> None:
    hello, mail, rcpt = "EHLO a", "MAIL FROM:<>", f"RCPT TO:<alice@{HERE}>"
    for before, wrong in (
        ([], [mail, rcpt, "DATA"]),
        ([hello], [rcpt, "DATA"]),
        ([hello, mail], [mail, "DATA"]),
        ([hello, mail, rcpt], [mail]),
    ):
        ready = session()
        say(ready, *before)
        state = ready.state
        for line in wrong:
            assert codes(say(ready, line)) == ["503"]
            assert ready.state == state
    assert codes(say(ready, "DATA")) == ["354"]


def what_is_wrong_is_refused_and_the_session_goes_on() -> None:
    ready = session()
    lines = ["XYZZY", "MAIL FROM:alice", "EHLO", "QUIT now", "RCPT", "x" * 600, "", "NOOP"]
    assert codes(say(ready, *lines)) == ["500", "503", "501", "501", "503", "500", "500", "250"]


def ehlo_begins_afresh() -> None:
    for hello in ("EHLO a", "HELO a"):
        server = stage()
        ready = connect(server)
        say(ready, "EHLO a", "MAIL FROM:<>", f"RCPT TO:<alice@{HERE}>")
        assert codes(say(ready, hello, "DATA", "MAIL FROM:<>", "DATA")) == ["250", "503", "250", "503"]
        say(ready, f"RCPT TO:<bob@{HERE}>", "DATA")
        assert marks(ready.send(b".\r\n")) == ["250"]
        assert (len(server.mail("alice")), len(server.mail("bob"))) == (0, 1)


def rset_forgets_the_transaction() -> None:
    server = stage()
    ready = connect(server)
    say(ready, "EHLO a", "MAIL FROM:<>", f"RCPT TO:<alice@{HERE}>")
    assert codes(say(ready, "RSET", "DATA", "MAIL FROM:<>", f"RCPT TO:<bob@{HERE}>", "DATA")) == [
        "250", "503", "250", "250", "354",
    ]  # fmt: skip
    ready.send(b".\r\n")
    assert (len(server.mail("alice")), len(server.mail("bob"))) == (0, 1)


def nothing_is_relayed() -> None:
    ready = session(WHOLE)
    say(ready, "EHLO a", "AUTH PLAIN " + b64encode(b"\0alice\0secret").decode(), "MAIL FROM:<>")
    for path in (
        "<alice@elsewhere.example>", f"<alice@else{HERE}>", f"<alice%elsewhere.example@far.{HERE}>",
        f"<@{HERE}:alice@elsewhere.example>",
        f"<alice@{HERE}.elsewhere.example>", "<alice@[192.0.2.1]>", f'<"alice@{HERE}"@elsewhere.example>',
    ):  # fmt: skip
        assert codes(say(ready, f"RCPT TO:{path}")) == ["550"], path
    for path in (f"<alice@{HERE.upper()}>", f"<@elsewhere.example:alice@{HERE}>", "<alice@[127.0.0.1]>"):
        assert codes(say(ready, f"RCPT TO:{path}")) == ["250"], path


def the_postmaster_is_always_there() -> None:
    ready = session()
    say(ready, "EHLO a", "MAIL FROM:<>")
    for path in ("<Postmaster>", "<POSTMASTER>", f"<postMaster@{HERE}>"):
        assert codes(say(ready, f"RCPT TO:{path}")) == ["250"]


def verifying_does_not_lie() -> None:
    assert codes(say(session(), "VRFY alice", "VRFY nobody")) == ["252", "252"]
    for told in (session(names_told=True), session(OLD)):
        assert codes(say(told, "VRFY alice", "VRFY nobody", "VRFY alice@elsewhere.example")) == ["250", "550", "550"]


def lines_and_texts_are_bounded() -> None:
    ready = session()
    for _ in range(64):
        ready.send(b"x" * 65_536)
        assert len(ready.engine._buffer._octets) < 70_000
    assert marks(ready.send(b"\r\nNOOP\r\n")) == ["500", "250"]
    server = stage()
    ready = opened_on(server)
    for _ in range(20):
        ready.send(b"." * 998 + b"\r\n" + (b"x" * 998 + b"\r\n") * 999)
    assert sum(map(len, ready.engine._part._pieces if ready.engine._part else [])) < 15_000_000
    assert marks(ready.send(b".\r\nNOOP\r\n")) == ["552", "250"]
    assert server.mail() == []


def a_hundred_recipients_and_no_more() -> None:
    ready = session()
    say(ready, "EHLO a", "MAIL FROM:<>")
    answers = codes(say(ready, *[f"RCPT TO:<alice@{HERE}>"] * 101))
    assert answers == ["250"] * 100 + ["452"]


def clear_octets_do_not_survive_the_handshake() -> None:
    server = stage(WHOLE)
    ready = connect(server)
    sent = ready.send(b"EHLO a\r\nSTARTTLS\r\nEHLO mallory\r\nMAIL FROM:<mallory@client.example>\r\n")
    assert marks(sent) == ["250", "220"]
    ready.engine.secured()
    assert ready.take() == b"" and ready.state == "CONNECTED"
    assert codes(say(ready, "MAIL FROM:<>", "EHLO a")) == ["503", "250"]
    assert b"STARTTLS" not in ready.send(b"EHLO a\r\n")


def a_login_in_clear_does_not_survive_the_handshake() -> None:
    ready = session(WHOLE)
    say(ready, "EHLO a", "AUTH PLAIN " + b64encode(b"\0alice\0secret").decode(), "STARTTLS")
    ready.engine.secured()
    assert codes(say(ready, "EHLO a", "AUTH PLAIN " + b64encode(b"\0bob\0hunter2").decode())) == ["250", "235"]


def exchanges_are_by_the_letter() -> None:
    ready = session(WHOLE)
    say(ready, "EHLO a")
    assert ready.send(b"AUTH PLAIN\r\n") == b"334 \r\n"
    assert marks(ready.send(b"*\r\n")) == ["501"]
    for line in ("AUTH PLAIN =AAA", "AUTH PLAIN AAA=BBB", "AUTH PLAIN AGFsaWNlAHNl!Y3JldA=="):
        assert codes(say(ready, line)) == ["501"]
    right = b64encode(b"\0alice\0secret").decode()
    assert codes(say(ready, f"AUTH PLAIN {right}", f"AUTH PLAIN {right}")) == ["235", "503"]


def the_timer_says_421_and_not_too_early() -> None:
    ready = session(SMTP)
    assert ready.engine.deadline is not None and ready.engine.deadline >= 300 * 10**9
    ready.engine.expired()
    assert marks(ready.take()) == ["421"] and ready.engine.closed
