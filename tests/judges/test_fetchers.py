"""Mail fetchers that nobody here wrote fetch a nasty mailbox from `popsim serve`, octet for octet."""

from __future__ import annotations

import poplib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from popsim.tls import fresh_certificate
from tests.judges.fetchers import FETCHERS, Fetcher, Server
from tests.sockets.nasty import ENDLESS, MESSAGES, write
from tests.sockets.running import served

NASTY = [*MESSAGES, ENDLESS]


@contextmanager
def popsim_serves(folder: Path, messages: list[bytes]) -> Iterator[tuple[Server, list[bytes]]]:
    """A server with these messages, and what a client must get of them."""
    made = fresh_certificate("localhost", "127.0.0.1")
    certificate, authority, box = folder / "both.pem", folder / "authority.pem", folder / "box"
    certificate.write_text(made.certificate + made.key, encoding="ascii")
    authority.write_text(made.certificate, encoding="ascii")
    wanted = write(box, messages)
    with served("--pop3s", "0", "--mail", box, "--cert", certificate) as server:
        port, secure_port = server.ports
        yield Server(port, secure_port, authority), wanted
        assert server.end() == 0


def taken_back(fetcher: Fetcher, got: list[bytes], subjects: list[bytes]) -> list[bytes]:
    """What a fetcher got, of what it delivered; each of its doings must have been done."""
    for doing in fetcher.doings:
        before = got
        hit = [doing.only is None or subject in doing.only for subject in subjects]
        got = [doing.undo(octets) if hits else octets for octets, hits in zip(before, hit, strict=True)]
        idle = [subject for subject, a, b, hits in zip(subjects, before, got, hit, strict=True) if hits and a == b]
        assert not idle, f"{fetcher.program} did not do to {idle}: {doing.what}"
    return got


def subject(octets: bytes) -> bytes:
    match = re.search(rb"^Subject: (.*?)\r$", octets, re.MULTILINE)
    return match[1] if match else b""


BRIEF = {("mpop", "clear"), ("mpop", "STLS"), ("fetchmail", "STLS"), ("getmail", "pop3s")}
WAYS = [
    pytest.param(name, way, id=f"{name}-{way}", marks=[] if (name, way) in BRIEF else pytest.mark.slow)
    for name, fetcher in FETCHERS.items()
    for way in fetcher.ways
]


@pytest.mark.parametrize(("name", "way"), WAYS)
def test_not_one_octet_is_different(tmp_path: Path, name: str, way: str) -> None:
    fetcher = FETCHERS[name]
    (tmp_path / "served").mkdir()
    (tmp_path / "fetched").mkdir()
    with popsim_serves(tmp_path / "served", NASTY) as (server, wanted):
        got = fetcher.fetch(server, way, tmp_path / "fetched")
    assert len(got) == len(wanted)
    for message, octets, want in zip(NASTY, taken_back(fetcher, got, list(map(subject, wanted))), wanted, strict=True):
        assert octets == want, message[:30]


@pytest.mark.parametrize("name", FETCHERS)
def test_what_it_deletes_is_gone_and_nothing_else(tmp_path: Path, name: str) -> None:
    fetcher = FETCHERS[name]
    for folder in ("served", "once", "again"):
        (tmp_path / folder).mkdir()
    with popsim_serves(tmp_path / "served", MESSAGES[:4]) as (server, wanted):
        way = fetcher.ways[-1]
        assert len(fetcher.fetch(server, way, tmp_path / "once", keep=True)) == 4
        client = poplib.POP3("127.0.0.1", server.port, timeout=10)
        client.user("alice")
        client.pass_("secret")
        client.dele(2)
        client.quit()
        got = fetcher.fetch(server, way, tmp_path / "again", keep=False)
        left = [wanted[0], wanted[2], wanted[3]]
        assert taken_back(fetcher, got, list(map(subject, left))) == left
        client = poplib.POP3("127.0.0.1", server.port, timeout=10)
        client.user("alice")
        client.pass_("secret")
        assert client.stat() == (0, 0)
        client.quit()
