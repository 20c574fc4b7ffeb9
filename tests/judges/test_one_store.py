"""One store behind all protocols: what one client brings or removes, the others see, and so does the disk."""

from __future__ import annotations

import imaplib
import poplib
import smtplib
from pathlib import Path

import pytest

from popsim.timeline import Timeline
from tests.cli.running import popsim
from tests.judges.house import NASTY, SECRET, House, house, laid, on_disk
from tests.programs import require_program
from tests.sockets.clients import Raw
from tests.sockets.running import EVERYTHING, serving

KEPT = NASTY[:4]
NEW = b"Subject: by the front door\r\n\r\n.\r\nFrom here on\r\n\xc3\xa9\r\n"


def by_pop2(port: int) -> list[bytes]:
    """What POP2 shows, and keeps (RFC 937)."""
    with Raw(port) as client:
        count = int(client.say(f"HELO alice {SECRET}").split()[0].removeprefix(b"#"))
        size = int(client.say("READ").split()[0].removeprefix(b"="))
        found = []
        while size:
            client.send(b"RETR\r\n")
            octets = b""
            while len(octets) < size:
                octets += client.socket.recv(size - len(octets))
            found.append(octets)
            client.send(b"ACKS\r\n")
            answer = b""
            while not answer.endswith(b"\r\n"):
                answer += client.socket.recv(1)
            size = int(answer.split()[0].removeprefix(b"="))
        client.send(b"QUIT\r\n")
    assert len(found) == count
    return found


def by_pop3(port: int, *deleted: int) -> list[bytes]:
    client = poplib.POP3("127.0.0.1", port, timeout=20)
    client.user("alice")
    client.pass_(SECRET)
    numbers = range(1, client.stat()[0] + 1)
    found = [b"".join(line + b"\r\n" for line in client.retr(number)[1]) for number in numbers]
    for number in deleted:
        client.dele(number)
    client.quit()
    return found


def by_imap(client: imaplib.IMAP4) -> list[bytes]:
    assert client.noop()[0] == "OK"
    found = client.uid("FETCH", "1:*", "(BODY.PEEK[])")[1]
    return [part[1] for part in found if isinstance(part, tuple)]


def imap(server: House) -> imaplib.IMAP4:
    client = imaplib.IMAP4("127.0.0.1", server["imap"], timeout=20)
    client.login("alice", SECRET)
    client.select("INBOX")
    return client


@pytest.mark.parametrize("kind", ["Maildir", "mbox"])
@pytest.mark.parametrize("writes", [True, False], ids=["written", "read only"])
def test_what_one_does_the_others_see(tmp_path: Path, kind: str, writes: bool) -> None:
    with house(tmp_path, KEPT, kind, *["--write"] * writes) as server:
        before = on_disk(server.box, kind)
        reader = imap(server)
        with smtplib.SMTP("127.0.0.1", server["smtp"], timeout=20) as sender:
            sender.sendmail("carol@else.example", ["alice@popsim.example", "bob@[127.0.0.1]"], NEW)
        everything = by_imap(reader)
        new = everything[-1]
        assert everything[:-1] == server.wanted
        assert new.startswith(b"Return-Path: <carol@else.example>\r\nReceived: ")
        # In an mbox a line that begins with "From " would begin another message: what lies there is shown to all.
        assert new.endswith(NEW if kind == "Maildir" or not writes else NEW.replace(b"From", b">From"))
        assert by_pop2(server["pop2"]) == by_pop3(server["pop3"], 2) == everything
        left = [everything[0], *everything[2:]]
        assert by_pop2(server["pop2"]) == by_imap(reader) == by_pop3(server["pop3"]) == left

        reader.append("INBOX", "", "", b"Subject: appended\r\n\r\nHello.\r\n")
        reader.store("1", "+FLAGS", r"(\Deleted)")
        reader.expunge()
        left = [*left[1:], b"Subject: appended\r\n\r\nHello.\r\n"]
        assert by_pop2(server["pop2"]) == by_imap(reader) == by_pop3(server["pop3"]) == left

        holder = poplib.POP3("127.0.0.1", server["pop3"], timeout=20)  # while POP3 has the lock
        holder.user("alice")
        holder.pass_(SECRET)
        assert reader.store("1", "+FLAGS", r"(\Deleted)")[0] == "OK"
        assert reader.expunge()[0] == "NO"
        assert by_imap(reader) == left
        reader.close()  # removes nothing
        reader.select("INBOX")
        assert by_imap(reader) == left
        holder.quit()
        assert reader.expunge()[0] == "OK"
        left = left[1:]
        assert by_imap(reader) == by_pop3(server["pop3"]) == left
        reader.logout()
        assert on_disk(server.box, kind) == (sorted(left) if writes else before)


def test_the_record_of_a_server_of_everything(tmp_path: Path) -> None:
    """A session of each protocol with curl, as a reader of the README would try it, and what the player makes of it."""
    curl = require_program("curl", package="curl")
    import subprocess

    def fetch(*words: str) -> bytes:
        command = [curl, "-sS", "--max-time", "20", "--user", f"alice:{SECRET}", *words]
        return subprocess.run(command, capture_output=True, check=True, timeout=30).stdout

    box, record, letter = tmp_path / "box", tmp_path / "x.jsonl", tmp_path / "letter"
    laid(box, NASTY[:2], "Maildir")
    letter.write_bytes(b"Subject: hello\r\n\r\nHello.\r\n")
    with serving(*EVERYTHING, "--mail", box, "--write", "--record", record) as server:
        ports = server.by_name
        assert len(by_pop2(ports["pop2"])) == 2
        to = ["--mail-from", "carol@else.example", "--mail-rcpt", "alice@popsim.example", "--upload-file", str(letter)]
        fetch(f"smtp://127.0.0.1:{ports['smtp']}", *to)
        assert fetch(f"pop3://127.0.0.1:{ports['pop3']}/3").endswith(b"Hello.\r\n")
        assert fetch(f"imap://127.0.0.1:{ports['imap']}/INBOX;MAILINDEX=3").endswith(b"Hello.\r\n")
        assert fetch("--insecure", f"imaps://127.0.0.1:{ports['imaps']}/INBOX?SUBJECT%20hello") == b"* SEARCH 3\r\n"
        assert server.end() == 0
    timeline = Timeline.load(record)
    speaks = timeline.header["speaks"]
    spoken = [speaks.get(str(n), timeline.header)["protocol"] for n in timeline.connections]
    assert spoken == ["pop2", "smtp", "pop3", "imap", "imap"]
    assert b"MAIL FROM:<carol@else.example>" in timeline.stream(1, "client")
    assert b"SEARCH SUBJECT hello" in timeline.stream(4, "client")
    assert timeline.header["mail"]["alice"][-1][-1] == "hello"
    shown = popsim("show", record)
    assert (shown.returncode, shown.stderr) == (0, "")
    for words in ("HELO alice", "RCPT TO:<alice@popsim.example>", "RETR 3", "SELECT INBOX", "SEARCH SUBJECT hello"):
        assert words in shown.stdout
