"""What one session does the others hear of, on sockets: who waits at once, and nobody costs more for not listening."""

from __future__ import annotations

import smtplib
import socket
import struct
import time
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

from popsim.mail.boxes import box
from popsim.mail.collection import Mail
from popsim.mail.message import Message
from popsim.mail.store import Store, User
from popsim.sockets.credentials import Credentials
from popsim.tls import Certificate, TlsEnd, client_context, fresh_certificate
from tests.sockets.clients import Raw
from tests.sockets.several import Reader, Several, several

SOON = 1.0
"""Seconds within which who waits has heard of it; nothing here is a matter of time, and a busy machine is slow."""


def letters(count: int) -> Mail:
    return Mail("letters", [Message.of(b"Subject: %d\r\n\r\nOne line.\r\n" % number) for number in range(count)])


def store(count: int = 3) -> Store:
    return Store([User("alice", "secret"), User("bob", "secret")], {"alice": letters(count)})


@pytest.fixture
def running() -> Iterator[Several]:
    with several(store()) as found:
        yield found


def send(port: int, text: bytes = b"Subject: new\r\n\r\nHello.\r\n") -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        assert client.sendmail("bob@popsim.example", ["alice@popsim.example"], text) == {}


def deleted_by_pop3(port: int, number: int) -> None:
    with Raw(port) as client:
        client.login()
        assert client.say(f"DELE {number}").startswith(b"+OK")
        assert client.say("QUIT").startswith(b"+OK")


def test_who_idles_hears_of_everything_at_once(running: Several) -> None:
    with Reader(running.ports["imap"]) as waits, Reader(running.ports["imap"]) as works:
        waits.idle()
        waits.socket.settimeout(SOON)
        send(running.ports["smtp"])
        assert [waits.line(), waits.line()] == [b"* 4 EXISTS", b"* 4 RECENT"]
        works.ask(r"STORE 2 +FLAGS (\Flagged)")
        assert waits.line() == rb"* 2 FETCH (FLAGS (\Flagged \Recent))"
        works.ask(r"STORE 1 +FLAGS.SILENT (\Deleted)")
        assert waits.line() == rb"* 1 FETCH (FLAGS (\Deleted \Recent))"
        works.ask("EXPUNGE")
        assert waits.line() == b"* 1 EXPUNGE"
        deleted_by_pop3(running.ports["pop3"], 2)
        assert waits.line() == b"* 2 EXPUNGE"
        appended = works.ask("APPEND INBOX {3+}\r\nX\r\n")
        assert [line for line in appended if b"EXPUNGE" in line] == [b"* 2 EXPUNGE"]
        assert [waits.line(), waits.line()] == [b"* 3 EXISTS", b"* 2 RECENT"]
        assert waits.done() == [b"a3 OK the waiting has ended"]


def test_who_does_not_idle_hears_of_it_with_the_next_command(running: Several) -> None:
    with Reader(running.ports["imap"]) as reader:
        send(running.ports["smtp"])
        deleted_by_pop3(running.ports["pop3"], 1)
        reader.socket.settimeout(0.3)
        with pytest.raises(TimeoutError):
            reader.line()
        reader.socket.settimeout(10)
        assert reader.ask("FETCH 2 (FLAGS)")[:-1] == [b"* 2 FETCH (FLAGS (\\Recent))", b"* 4 EXISTS", b"* 4 RECENT"]
        assert reader.ask("NOOP")[:-1] == [b"* 1 EXPUNGE"]


def test_news_between_the_parts_of_a_command_change_nothing_of_it(running: Several) -> None:
    """A literal that is on its way, a password that is asked for and a text are not disturbed by what others do."""
    ports = running.ports
    with Reader(ports["imap"]) as appends, Reader(ports["imap"], "") as logs_in, Raw(ports["smtp"]) as sends:
        appends.send(b"x APPEND INBOX {12}\r\n")
        assert appends.line().startswith(b"+ ")
        appends.send(b"Subject:")
        logs_in.send(b"y LOGIN {5}\r\n")
        assert logs_in.line().startswith(b"+ ")
        for line in ("EHLO c.example", "MAIL FROM:<>", "RCPT TO:<alice@localhost>", "DATA"):
            sends.say(line)
        sends.send(b"Subject: b\r\n")
        for _ in range(3):
            send(ports["smtp"])
        appends.send(b" a\r\n\r\n")
        assert b"APPENDUID" in [appends.line() for _ in range(3)][-1]
        logs_in.send(b"alice secret\r\n")
        assert logs_in.line().startswith(b"y OK")
        while sends.socket.recv(65536)[-2:] != b"\r\n":
            pass
        sends.send(b".\r\n")
        sends.socket.settimeout(10)
        assert sends.socket.recv(100).startswith(b"250 ")
        assert b"* STATUS INBOX (MESSAGES 8)" in logs_in.ask("STATUS INBOX (MESSAGES)")


def test_one_that_never_reads_costs_no_more_than_one_answer() -> None:
    count = 500
    with several(store(count)) as running, Reader(running.ports["imap"], "") as waits:
        running.shrink(8192)
        waits.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        waits.ask("LOGIN alice secret")
        waits.ask("SELECT INBOX")
        waits.idle()
        with Reader(running.ports["imap"]) as works:
            unsent = []
            for turn in range(40):
                works.ask(rf"STORE 1:* {'+-'[turn % 2]}FLAGS.SILENT (\Seen Odd)")
                unsent.append(running.unsent())
            # About 40 octets of news for each message in each turn: 800 kB in all.
            assert unsent[-1] > 0 and max(unsent) < 64 * 1024 + count * 60, unsent
            works.ask(r"STORE 7 FLAGS.SILENT (\Answered)")
        said = b""
        waits.socket.settimeout(10)
        while b"Answered" not in said or not said.endswith(b"\r\n"):
            said += waits.socket.recv(65536)
        assert len(said) < 400_000  # what changes and changes back is told once
        assert b"\r\n* 7 FETCH (FLAGS (\\Answered \\Recent))\r\n" in said
        assert waits.done()[-1].startswith(b"a3 OK")


@pytest.fixture(scope="module")
def pair() -> Certificate:
    return fresh_certificate("localhost")


@pytest.mark.parametrize("way", ["imaps", "STARTTLS"])
def test_news_while_a_handshake_goes_on(pair: Certificate, way: str) -> None:
    with several(store(), Credentials(pair)) as running:
        ports = running.ports
        client = Reader(ports["imaps" if way == "imaps" else "imap"], "", greeted=way != "imaps")
        with client:
            if way == "STARTTLS":
                assert client.ask("STARTTLS")[-1].startswith(b"a1 OK")
            tls = TlsEnd(client_context(pair), server_side=False, hostname="localhost")
            tls.begin()
            hello = tls.take()
            client.send(hello[:20])
            send(ports["smtp"])
            client.send(hello[20:])
            assert client.socket.recv(5, socket.MSG_PEEK)[:1] == b"\x16"  # a handshake's record, and nothing in clear
            send(ports["smtp"])
            said = b""
            while not tls.established:
                tls.receive(client.socket.recv(65536))
                client.send(tls.take())
            for command in (b"a LOGIN alice secret\r\n", b"b SELECT INBOX\r\n"):
                tls.send(command)
                client.send(tls.take())
                while command[:2] + b"OK" not in said:
                    said += tls.receive(client.socket.recv(65536))
            assert b"* 5 EXISTS" in said


def maildir(folder: Path, count: int) -> Path:
    for part in ("cur", "new", "tmp"):
        (folder / part).mkdir(parents=True)
    for number in range(count):
        (folder / "cur" / f"{number}.here:2,").write_bytes(b"Subject: %d\n\nOne line.\n" % number)
    return folder


def test_mail_that_another_program_brings(tmp_path: Path) -> None:
    place = maildir(tmp_path / "box", 2)
    kept = Store([User("alice", "secret")], {"alice": box(place, time.sleep)})
    with several(kept) as running, Reader(running.ports["imap"]) as waits, Reader(running.ports["imap"]) as asks:
        waits.idle()
        (place / "new" / "9.there").write_bytes(b"Subject: brought\n\nHello.\n")
        assert [waits.line(), waits.line()] == [b"* 3 EXISTS", b"* 1 RECENT"]
        assert asks.ask("NOOP")[:1] == [b"* 3 EXISTS"]
        (place / "new" / "9.there").rename(place / "cur" / "9.there:2,S")
        assert waits.line() == rb"* 3 FETCH (FLAGS (\Recent \Seen))"
        (place / "cur" / "0.here:2,").unlink()
        assert waits.line() == b"* 1 EXPUNGE"
        waits.done()
        marks = running.timeline.at(len(running.timeline) - 1).marks("alice")
        assert marks == {1: "removed", 2: "kept", 3: "kept"}
        (row,) = [row for row in running.timeline.header["mail"]["alice"] if row[0] == 3]
        assert row[-1] == "brought"


def test_nobody_looks_at_the_disk_when_nobody_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = box(maildir(tmp_path / "box", 2), time.sleep)
    looks: list[float] = []
    look = found.news

    def news() -> list[Message] | None:
        looks.append(time.monotonic())
        return look()

    monkeypatch.setattr(found, "news", news)
    monkeypatch.setattr("popsim.sockets.disk_watch.EVERY", 0.05)
    with several(Store([User("alice", "secret")], {"alice": found})) as running:
        with Raw(running.ports["pop3"]) as client:
            client.login()
            before = len(looks)
            time.sleep(0.3)
            assert len(looks) == before
        with Reader(running.ports["imap"]) as reader:
            before = len(looks)
            time.sleep(0.4)
            assert len(looks) > before
            reader.ask("CLOSE")
            before = len(looks)
            time.sleep(0.3)
            assert len(looks) == before


def test_a_deletion_that_takes_its_time_on_the_disk(tmp_path: Path) -> None:
    """The maildrop is removed from in a thread while the loop goes on: who idles hears of it when it is done."""
    place = maildir(tmp_path / "box", 30)
    found = box(place, time.sleep)
    with several(Store([User("alice", "secret")], {"alice": found}, writes=True)) as running:
        with Reader(running.ports["imap"]) as waits, Reader(running.ports["imap"]) as works:
            waits.idle()
            with Raw(running.ports["pop3"]) as client:
                client.login()
                for number in range(1, 30):
                    client.say(f"DELE {number}")
                assert works.ask("STORE 30 +FLAGS.SILENT (\\Deleted)")[-1].startswith(b"a3 OK")
                assert works.ask("EXPUNGE")[-1].startswith(b"a4 NO")  # POP3 has the lock
                assert waits.line() == b"* 30 FETCH (FLAGS (\\Deleted))"
                client.say("QUIT")
            assert [waits.line() for _ in range(29)] == [b"* 1 EXPUNGE"] * 29
            assert works.ask("EXPUNGE")[-1].startswith(b"a5 OK")
            assert waits.line() == b"* 1 EXPUNGE"
            assert list((place / "cur").iterdir()) == []


def test_an_mbox_that_another_program_has_locked_delays_nobody(tmp_path: Path) -> None:
    place = tmp_path / "mbox"
    place.write_bytes(b"From a@b Thu Jan  1 00:00:00 1970\nSubject: 0\n\nOne line.\n\n")
    (tmp_path / "mbox.lock").write_bytes(b"somebody's")
    kept = Store([User("alice", "secret")], {"alice": box(place, time.sleep)}, writes=True)
    with several(kept) as running, Reader(running.ports["imap"]) as reader:
        begun = time.monotonic()
        with pytest.raises(smtplib.SMTPDataError) as caught:
            send(running.ports["smtp"])
        assert caught.value.smtp_code == 451
        assert reader.ask("APPEND INBOX {3+}\r\nX\r\n")[-1].startswith(b"a3 NO")
        assert time.monotonic() - begun < 2.5  # a removal, which has a thread of its own, waits for 3 seconds
        (tmp_path / "mbox.lock").unlink()
        send(running.ports["smtp"])
        assert b"* 2 EXISTS" in reader.ask("NOOP")


def test_a_deletion_of_a_client_that_is_gone_before_it_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = maildir(tmp_path / "box", 2)
    found = box(place, time.sleep)
    remove = found.remove

    def slowly(uids: Collection[str]) -> frozenset[str]:
        time.sleep(0.5)
        return remove(uids)

    monkeypatch.setattr(found, "remove", slowly)
    monkeypatch.setattr("popsim.sockets.disk_watch.EVERY", 60)
    with several(Store([User("alice", "secret")], {"alice": found}, writes=True)) as running:
        with Reader(running.ports["imap"]) as waits:
            waits.idle()
            with Raw(running.ports["pop3"]) as client:
                client.login()
                client.say("DELE 1")
                client.send(b"QUIT\r\n")
                client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            assert waits.line() == b"* 1 EXPUNGE"
