"""mbsync keeps a Maildir and a mailbox of `popsim serve` the same, whichever side changes."""

from __future__ import annotations

import imaplib
import re
import subprocess
from pathlib import Path

import pytest

from tests.judges.house import NASTY, SECRET, House, house
from tests.programs import require_program

CONFIGURATION = """
IMAPAccount popsim
Host localhost
Port {port}
User alice
Pass {secret}
SSLType {kind}
{more}

IMAPStore far
Account popsim

MaildirStore near
Path {near}/
Inbox {near}/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Remove Both
Expunge Both
SyncState *
CopyArrivalDate yes
"""


class Synced:
    """A mailbox of popsim and the Maildir that mbsync keeps beside it."""

    def __init__(self, found: House, way: str) -> None:
        self.house, self.near = found, found.folder / "near"
        self.near.mkdir()
        self._program = require_program("mbsync", package="isync")
        self._rc = found.folder / "rc"
        self._rc.write_text(
            CONFIGURATION.format(
                port=found["imaps" if way == "IMAPS" else "imap"],
                secret=SECRET,
                kind=way,
                more="AuthMechs LOGIN" if way == "None" else f"CertificateFile {found.authority}",
                near=self.near,
            ),
            encoding="utf-8",
        )

    def sync(self) -> str:
        """Let it work once."""
        done = subprocess.run(
            [self._program, "--config", self._rc, "--all", "--verbose"], capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, (done.stdout[-3000:], done.stderr[-3000:])
        assert "skipping" not in done.stderr, done.stderr
        return done.stdout

    def mail(self, mailbox: str = "INBOX") -> dict[Path, bytes]:
        """The messages of a mailbox as they lie in the Maildir, with CRLF."""
        found = [path for part in ("cur", "new") for path in (self.near / mailbox / part).iterdir()]
        return {path: plain(path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")) for path in found}

    def client(self) -> imaplib.IMAP4:
        client = imaplib.IMAP4("localhost", self.house["imap"], timeout=20)
        client.login("alice", SECRET)
        return client

    def far(self, mailbox: str = "INBOX") -> dict[bytes, bytes]:
        """The messages of a mailbox as popsim has them, with their flags."""
        client = self.client()
        assert client.select(mailbox, readonly=True)[0] == "OK"
        found = client.uid("FETCH", "1:*", "(FLAGS BODY.PEEK[])")[1]
        client.logout()
        parts = [part for part in found if isinstance(part, tuple)]
        return {plain(part[1]): b" ".join(sorted(set(imaplib.ParseFlags(part[0])) - {rb"\Recent"})) for part in parts}


def plain(octets: bytes) -> bytes:
    """A message without the mark that mbsync puts into what it copies."""
    return b"".join(line for line in octets.splitlines(keepends=True) if not line.startswith(b"X-TUID: "))


@pytest.mark.parametrize(
    ("way", "kind"),
    [
        ("IMAPS", "Maildir"),
        pytest.param("None", "mbox", marks=pytest.mark.slow),
        pytest.param("STARTTLS", "Maildir", marks=pytest.mark.slow),
    ],
)
def test_both_sides_stay_the_same(tmp_path: Path, way: str, kind: str) -> None:
    # It skips a message without an empty line, and takes a CR for the end of one.
    messages = [message for message in NASTY if b"\n\n" in message and not re.search(rb"\0|\r", message)]
    with house(tmp_path, messages, kind, "--write") as found:
        synced = Synced(found, way)
        synced.sync()
        assert sorted(synced.mail().values()) == sorted(found.wanted) == sorted(synced.far())
        before = {path.name for path in synced.mail()}
        synced.sync()
        assert {path.name for path in synced.mail()} == before  # nothing left to do

        # What the server's side changes
        client = synced.client()
        client.select("INBOX")
        client.store("1", "+FLAGS", r"(\Seen \Flagged)")
        client.store("2", "+FLAGS", r"(\Deleted)")
        client.expunge()
        client.append("INBOX", r"(\Answered)", imaplib.Time2Internaldate(86_400.0), b"Subject: late\r\n\r\nLate.\r\n")
        client.logout()
        synced.sync()
        assert sorted(synced.mail().values()) == sorted(synced.far())
        flags = {octets: path.name.rpartition(":2,")[2] for path, octets in synced.mail().items()}
        assert flags[found.wanted[0]] == "FS" and flags[b"Subject: late\r\n\r\nLate.\r\n"] == "R"
        (late,) = (path for path, octets in synced.mail().items() if octets.startswith(b"Subject: late"))
        assert late.stat().st_mtime == 86_400

        # What the Maildir's side changes
        (first,) = (path for path, octets in synced.mail().items() if octets == found.wanted[0])
        first.rename(first.with_name(first.name.rpartition(":2,")[0] + ":2,RS"))
        late.unlink()
        (synced.near / "INBOX" / "new" / "1.near").write_bytes(b"Subject: near\n\nNear.\n")
        if kind == "Maildir":
            for part in ("cur", "new", "tmp"):
                (synced.near / "Cutie" / part).mkdir(parents=True)
            (synced.near / "Cutie" / "new" / "2.near").write_bytes(b"Subject: filed\n\nFiled.\n")
        synced.sync()
        synced.sync()
        far = synced.far()
        assert far[found.wanted[0]] == rb"\Answered \Seen"
        assert b"Subject: late\r\n\r\nLate.\r\n" not in far
        assert b"Subject: near\r\n\r\nNear.\r\n" in far
        assert sorted(synced.mail().values()) == sorted(far)
        if kind == "Maildir":
            assert list(synced.far("Cutie")) == [b"Subject: filed\r\n\r\nFiled.\r\n"]
