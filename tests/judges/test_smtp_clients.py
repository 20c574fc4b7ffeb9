"""SMTP clients that nobody here wrote send a nasty mailbox to `popsim serve`; whoever fetches it gets every octet."""

from __future__ import annotations

import asyncio
import imaplib
import poplib
import re
import smtplib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.judges.house import NASTY, SECRET, House, house
from tests.programs import require_program

HERE = "popsim.example"
SENDER, ALICE = f"carol@{HERE}", f"alice@{HERE}"
WAYS = ("clear", "STARTTLS", "smtps")
LETTERS = [message for message in NASTY if len(message) < 3_000 and not re.search(rb"\0|\r", message)]
"""What may cross: no line without end, no NUL and no CR alone (RFC 5321 §2.3.8, §4.5.3.1.6)."""


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Alice has no mail yet; each test takes away what came."""
    with house(tmp_path_factory.mktemp("empty"), [], "Maildir", "--write") as found:
        yield found


def with_crlf(message: bytes) -> bytes:
    whole = message if message.endswith(b"\n") else message + b"\n"
    return whole.replace(b"\n", b"\r\n")


def fetched_by_pop3(empty: House) -> list[bytes]:
    """What alice gets by POP3; it is deleted."""
    client = poplib.POP3("127.0.0.1", empty["pop3"], timeout=20)
    client._MAXLINE = 300_000  # type: ignore[attr-defined]
    client.user("alice")
    client.pass_(SECRET)
    found = []
    for number in range(1, client.stat()[0] + 1):
        found.append(b"".join(line + b"\r\n" for line in client.retr(number)[1]))
        client.dele(number)
    client.quit()
    return found


def fetched_by_imap(empty: House) -> list[bytes]:
    """What alice gets by IMAP."""
    client = imaplib.IMAP4("127.0.0.1", empty["imap"], timeout=20)
    client.login("alice", SECRET)
    client.select("INBOX", readonly=True)
    found = client.uid("FETCH", "1:*", "(BODY.PEEK[])")[1]
    client.logout()
    return [part[1] for part in found if isinstance(part, tuple)]


def text_of(message: bytes, sender: str = SENDER) -> bytes:
    """What was sent, of what arrived: the trace is taken off, and must be there."""
    trace = re.match(
        rb"Return-Path: <%b>\r\nReceived: from [^\r\n]+(?:\r\n[\t ][^\r\n]+)*\r\n" % re.escape(sender.encode()), message
    )
    assert trace, message[:300]
    return message[trace.end() :]


def arrived(empty: House) -> list[bytes]:
    """What was sent, of what is there for alice; IMAP and POP3 show the same, and after that nothing is there."""
    by_imap = fetched_by_imap(empty)
    assert fetched_by_pop3(empty) == by_imap
    assert fetched_by_imap(empty) == []
    return [text_of(message) for message in by_imap]


@pytest.mark.parametrize("way", WAYS)
def test_smtplib(empty: House, way: str) -> None:
    if way == "smtps":
        client: smtplib.SMTP = smtplib.SMTP_SSL("localhost", empty["smtps"], context=empty.trust(), timeout=20)
    else:
        client = smtplib.SMTP("localhost", empty["smtp"], timeout=20)
    with client:
        if way == "STARTTLS":
            client.starttls(context=empty.trust())
        client.login("alice", SECRET)
        sent = [with_crlf(message) for message in LETTERS]
        for message in sent:
            assert client.sendmail(SENDER, [ALICE], message, mail_options=["BODY=8BITMIME"]) == {}
    assert arrived(empty) == sent


@pytest.mark.parametrize("way", WAYS)
def test_aiosmtplib(empty: House, way: str) -> None:
    import aiosmtplib

    sent = [with_crlf(message) for message in LETTERS]

    async def send() -> None:
        client = aiosmtplib.SMTP(
            hostname="localhost",
            port=empty["smtps" if way == "smtps" else "smtp"],
            use_tls=way == "smtps",
            start_tls=way == "STARTTLS",
            tls_context=None if way == "clear" else empty.trust(),
            timeout=20,
        )
        async with client:
            await client.login("bob", SECRET)
            for message in sent:
                refused, _ = await client.sendmail(SENDER, [ALICE], message, mail_options=["BODY=8BITMIME"])
                assert refused == {}

    asyncio.run(send())
    assert arrived(empty) == sent


def run(*command: str | Path, given: bytes = b"") -> bytes:
    done = subprocess.run(list(map(str, command)), input=given, capture_output=True, timeout=60)
    assert done.returncode == 0, (command, done.stdout[-2000:], done.stderr)
    return done.stdout + done.stderr


@pytest.mark.parametrize("way", WAYS)
def test_curl(empty: House, way: str) -> None:
    program = require_program("curl", package="curl")
    place = f"smtps://localhost:{empty['smtps']}" if way == "smtps" else f"smtp://localhost:{empty['smtp']}"
    tls = [] if way == "clear" else ["--cacert", str(empty.authority)] + ["--ssl-reqd"] * (way == "STARTTLS")
    sent = [with_crlf(message) for message in (LETTERS if way == "clear" else LETTERS[1:4])]
    letter = empty.folder / "letter"
    for message in sent:
        letter.write_bytes(message)
        who = ["--mail-from", SENDER, "--mail-rcpt", ALICE, "--user", f"bob:{SECRET}"]
        run(program, "-sS", "--max-time", "20", place, *who, "--upload-file", letter, *tls)
    assert arrived(empty) == sent
    refused = subprocess.run(
        [program, "-sS", place, "--mail-from", SENDER, "--mail-rcpt", "nobody@else.example", "-T", letter, *tls],
        capture_output=True,
        timeout=30,
    )
    letter.write_bytes(b"Subject: a CR\r\n\r\nalone\rhere\r\n")
    who = ["--mail-from", SENDER, "--mail-rcpt", ALICE]
    smuggled = subprocess.run([program, "-sS", place, *who, "-T", letter, *tls], capture_output=True, timeout=30)
    assert smuggled.returncode == 8
    assert refused.returncode == 55 and b"550" in refused.stderr


@pytest.mark.parametrize("auth", ["PLAIN", "LOGIN", "CRAM-MD5"])
@pytest.mark.parametrize("way", WAYS)
def test_swaks(empty: House, way: str, auth: str) -> None:
    program = require_program("swaks", package="swaks")
    if auth != "PLAIN" and way == "smtps":
        return
    tls = {"clear": [], "STARTTLS": ["--tls"], "smtps": ["--tls-on-connect"]}[way]
    if tls:
        tls += ["--tls-verify", "--tls-ca-path", str(empty.authority)]
    port = empty["smtps" if way == "smtps" else "smtp"]
    message = b"Subject: dots\r\n\r\n..\r\n.x\r\nnot at the ends, where it takes them for its own\r\n"
    said = run(
        *(program, "--server", f"localhost:{port}", "--from", SENDER, "--to", f"{ALICE},bob@localhost"),
        *("--auth", auth, "--auth-user", "bob", "--auth-password", SECRET, "--data", "-", "--pipeline", *tls),
        given=message.removesuffix(b"\r\n").replace(b"\r\n", b"\n"),  # it ends the last line itself
    )
    assert b"250" in said
    assert arrived(empty) == [message]
