"""Mail fetchers that nobody here wrote fetch a nasty mailbox by IMAP from `popsim serve`, octet for octet."""

from __future__ import annotations

import imaplib
import os
import subprocess
from pathlib import Path

import pytest

from tests.judges.fetchers import Server
from tests.judges.house import NASTY, SECRET, house
from tests.judges.imap_fetchers import IMAP_FETCHERS
from tests.judges.test_fetchers import subject, taken_back
from tests.programs import require_program

BRIEF = {("fetchmail", "STARTTLS")}
WAYS = [
    pytest.param(name, way, id=f"{name}-{way}", marks=[] if (name, way) in BRIEF else pytest.mark.slow)
    for name, fetcher in IMAP_FETCHERS.items()
    for way in fetcher.ways
]


@pytest.mark.parametrize(("name", "way"), WAYS)
def test_not_one_octet_is_different(tmp_path: Path, name: str, way: str) -> None:
    fetcher = IMAP_FETCHERS[name]
    for folder in ("served", "kept", "taken"):
        (tmp_path / folder).mkdir()
    with house(tmp_path / "served", NASTY) as found:
        server = Server(found["imap"], found["imaps"], found.authority)
        got = fetcher.fetch(server, way, tmp_path / "kept")
        wanted, subjects = found.by_imap, list(map(subject, found.wanted))
        assert len(got) == len(wanted)
        for message, octets, want in zip(NASTY, taken_back(fetcher, got, subjects), wanted, strict=True):
            assert octets == want, message[:30]
        assert len(fetcher.fetch(server, way, tmp_path / "taken", keep=False)) == len(wanted)
        client = imaplib.IMAP4("127.0.0.1", found["imap"], timeout=20)
        client.login("alice", SECRET)
        assert client.select("INBOX") == ("OK", [b"0"])
        client.logout()


OFFLINEIMAP = """
[general]
accounts = alice
metadata = {folder}/state
[Account alice]
localrepository = near
remoterepository = far
[Repository near]
type = Maildir
localfolders = {folder}/near
[Repository far]
type = IMAP
remotehost = localhost
remoteport = {port}
remoteuser = alice
remotepass = secret
ssl = {ssl}
starttls = no
{certificate}
"""


@pytest.mark.slow
@pytest.mark.parametrize("secure", [False, True], ids=["clear", "imaps"])
def test_offlineimap_keeps_both_sides_the_same(tmp_path: Path, secure: bool) -> None:
    program = require_program("offlineimap", package="offlineimap3")
    plain = [message for message in NASTY[:5] if b"\n\n" in message and message.isascii()]
    (tmp_path / "served").mkdir()
    with house(tmp_path / "served", plain, "Maildir", "--write") as found:
        rc = tmp_path / "rc"
        rc.write_text(
            OFFLINEIMAP.format(
                folder=tmp_path,
                port=found["imaps" if secure else "imap"],
                ssl="yes" if secure else "no",
                certificate=f"sslcacertfile = {found.authority}" if secure else "",
            ),
            encoding="utf-8",
        )

        def sync() -> None:
            command = [program, "-o", "-u", "quiet", "-c", str(rc)]
            done = subprocess.run(
                command, capture_output=True, timeout=60, env={**os.environ, "HOME": str(tmp_path), "LC_ALL": "C"}
            )
            assert done.returncode == 0, (done.stdout[-2000:], done.stderr[-2000:])

        def near() -> list[bytes]:
            files = [path for part in ("cur", "new") for path in (tmp_path / "near" / "INBOX" / part).iterdir()]
            return sorted(path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") for path in files)

        sync()
        assert near() == sorted(found.wanted)
        (tmp_path / "near" / "INBOX" / "new" / "1.near").write_bytes(b"Subject: near\n\nNear.\n")
        client = imaplib.IMAP4("127.0.0.1", found["imap"], timeout=20)
        client.login("alice", SECRET)
        client.select("INBOX")
        client.store("1", "+FLAGS", r"(\Deleted)")
        client.expunge()
        sync()
        assert client.noop()[0] == "OK"
        parts = client.fetch("1:*", "(BODY.PEEK[])")[1]
        far = sorted(without_mark(part[1]) for part in parts if isinstance(part, tuple))
        client.logout()
        assert far == sorted([*found.wanted[1:], b"Subject: near\r\n\r\nNear.\r\n"])
        assert [without_mark(octets) for octets in near()] == far


def without_mark(octets: bytes) -> bytes:
    """A message without the field that offlineimap puts into what it uploads."""
    return b"".join(line for line in octets.splitlines(keepends=True) if not line.startswith(b"X-OfflineIMAP: "))
