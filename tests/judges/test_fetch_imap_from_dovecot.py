"""`popsim fetch` reads mail by IMAP from a Dovecot: exact octets, deleting, taking up again, mailboxes, TLS."""

from __future__ import annotations

import itertools
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.fetching import Fetch, fetching
from tests.cli.running import COMMAND, environment
from tests.imap.said import Session
from tests.judges.dovecot import Dovecot, dovecot
from tests.sockets.nasty import ENDLESS, MESSAGES

NASTY = [*MESSAGES, ENDLESS]
PEOPLE = {f"user{n}": f"se cret {n}" for n in range(12)}
_FREE = itertools.count()


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with dovecot(PEOPLE, imap=True) as running:
        yield running


@pytest.fixture
def user(server: Dovecot) -> str:
    """A user whom no other test has."""
    return f"user{next(_FREE)}"


def crlf(octets: bytes) -> bytes:
    """What a message is on its way: a literal has no NUL in it (RFC 3501 §4.3.1), and Dovecot puts 128 there."""
    return octets.replace(b"\n", b"\r\n").replace(b"\0", b"\x80")


def stored(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.glob("*.eml"))]


def url(server: Dovecot, user: str, scheme: str = "imap") -> str:
    port = server.secure_imap_port if scheme == "imaps" else server.imap_port
    return f"{scheme}://{user}@localhost:{port}"


Get = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Fetch:
    """Runs the command in this process."""
    return fetching(tmp_path / "mail", capsys, monkeypatch)


@pytest.fixture
def fetch(server: Dovecot, user: str, run: Fetch) -> Get:
    """Fetches a user's mail, and returns what was said of it."""

    def get(*options: str, scheme: str = "imap") -> str:
        given = ["--ca", str(server.authority), *options]
        done = run(0, *given, url=url(server, user, scheme), secret=PEOPLE[user])
        assert (done.code, done.err) == (0, "")
        assert PEOPLE[user] not in done.out
        return done.out

    return get


@pytest.mark.parametrize("way", ["clear", "STARTTLS", "imaps"])
def test_not_one_octet_is_different(server: Dovecot, user: str, fetch: Get, tmp_path: Path, way: str) -> None:
    for message in NASTY:
        server.deliver(user, message)
    options = {"clear": ("--starttls", "never"), "STARTTLS": ("--starttls", "always"), "imaps": ()}[way]
    scheme = "imaps" if way == "imaps" else "imap"
    said = fetch(*options, scheme=scheme)
    assert said.startswith(f"{len(NASTY)} messages stored in ")
    assert stored(tmp_path / "mail") == list(map(crlf, NASTY))
    box = server.folder / "mail" / user / "Maildir"
    assert server.messages(user) == NASTY and not any(path.name[-1] == "S" for path in box.rglob("cur/*"))

    said = fetch("--delete", *options, scheme=scheme)
    assert f"{len(NASTY)} stored by an earlier run; {len(NASTY)} deleted on the server" in said
    assert server.messages(user) == [] and len(stored(tmp_path / "mail")) == len(NASTY)


def test_what_is_new_is_fetched_and_other_uids_are_other_messages(
    server: Dovecot, user: str, fetch: Get, tmp_path: Path
) -> None:
    old = [b"Subject: %d\n\ntext\n" % number for number in range(3)]
    for message in old:
        server.deliver(user, message)
    fetch()
    server.deliver(user, b"Subject: new\n\ntext\n")
    said = fetch()
    assert said.startswith("1 message stored in ") and "; 3 stored by an earlier run" in said
    for index in (server.folder / "mail" / user / "Maildir").glob("dovecot*"):
        index.unlink()  # its memory of UIDs is gone, and with it their validity
    wanted = [crlf(message) for message in [*old, b"Subject: new\n\ntext\n"]]
    time.sleep(1.1)  # UIDVALIDITY is the time in seconds here
    assert fetch().startswith("4 messages stored in ")
    assert stored(tmp_path / "mail") == wanted * 2  # and nothing that was there is overwritten
    assert fetch().startswith("0 messages stored in ")


def test_taken_up_after_kills(server: Dovecot, user: str, fetch: Get, tmp_path: Path) -> None:
    wanted = [b"Subject: %d\n\n" % number + b"%d 56789\n" % number * 2000 for number in range(70)]
    for message in wanted:
        server.deliver(user, message)
    folder, kills = tmp_path / "mail", 0
    command = [*COMMAND, "fetch", url(server, user), "--output", str(folder), "--starttls", "never", "--delete"]
    for count in (1, 20, 50):
        process = subprocess.Popen(command, env=environment(POPSIM_PASSWORD=PEOPLE[user]), stdout=subprocess.PIPE)
        end = time.monotonic() + 20
        while len(list(folder.glob("*.eml"))) < count and process.poll() is None:
            assert time.monotonic() < end
            time.sleep(0.001)
        kills += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=10)
        assert set(stored(folder)) <= set(map(crlf, wanted))  # whole ones only
    assert kills == 3
    assert server.messages(user) == wanted  # nothing is removed before everything is stored
    fetch("--delete")
    assert stored(folder) == list(map(crlf, wanted))  # each of them once
    assert server.messages(user) == []
    assert {path.suffix for path in folder.iterdir()} == {".eml", ".fetched"}


def test_all_mailboxes(server: Dovecot, user: str, fetch: Get, tmp_path: Path) -> None:
    other = Session(server.imap_port)
    other.ask(b'LOGIN %b "%b"' % (user.encode(), PEOPLE[user].encode()))
    letter = b"Subject: sent\r\n\r\ntext\r\n"
    for name in (b"T&AOQ-glich", b"007", b'"a b"'):
        other.ask(b"CREATE " + name)
        other.ask(b"APPEND %b {%d}" % (name, len(letter)), letter)
    other.close()
    server.deliver(user, b"Subject: here\n\ntext\n")
    said = fetch("--all")
    assert said.count("1 message stored") == 4
    assert [stored(tmp_path / "mail" / name) for name in ("T%C3%A4glich", "007", "a%20b")] == [[letter]] * 3
    assert fetch("--mailbox", "Täglich").startswith("0 messages stored")


def test_what_is_wrong(server: Dovecot, user: str, run: Fetch) -> None:
    trust = ("--ca", str(server.authority))
    told = run(0, *trust, url=url(server, user), secret="wrong").told()
    assert "was refused: [AUTHENTICATIONFAILED] " in told and "(are name and password right?)" in told
    told = run(0, *trust, url=f"{url(server, user)}/No", secret=PEOPLE[user]).told()
    assert "EXAMINE was refused: " in told and "--all fetches all that there are" in told
    told = run(0, url=url(server, user, "imaps"), secret=PEOPLE[user]).told()
    assert "self-signed certificate" in told and "--ca FILE" in told and PEOPLE[user] not in told
