"""What the runs on POP2, IMAP and SMTP begin with: the sessions of the transcripts, as each target reads them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.fuzz.inputs import LOST, SECURED, SILENT
from tests.fuzz.parsers import KINDS
from tests.imap.nasty import NASTY
from tests.transcripts import transcript
from tests.transcripts.matching import said
from tests.transcripts.replay import Replay
from tests.transcripts.transcript import Connect, Later, Lose, Secure, Send, TimeOut, Transcript

TESTS = Path(__file__).parents[1]
LONGEST = 800
"""Octets of a seed, at most."""
FOLDERS = {name: TESTS / name / "transcripts" for name in ("imap", "pop2", "smtp")}
MORE: dict[str, tuple[bytes, ...]] = {
    "imap-server": (
        b"\x00a LOGIN alice secret\r\na APPEND INBOX {5+}\r\nabc\r\n\r\na SELECT INBOX\r\n"
        b"a SEARCH OR NOT (SEEN) HEADER {7+}\r\nSubject one 1:*\r\n",
        b"\x00a LOGIN alice secret\r\na SELECT {5}\r\nINBOX\r\n"
        b"a FETCH 1:3 (BODYSTRUCTURE ENVELOPE BODY.PEEK[1.MIME]<0.9>)\r\n"
        b"a UID STORE 2,1 +FLAGS.SILENT (\\Deleted $x)\r\na EXPUNGE\r\na IDLE\r\n\xfeDONE\r\na LIST \"\" %/&AOk-*\r\n",
        b"\x03a AUTHENTICATE PLAIN AGFsaWNlAHNlY3JldA==\r\nb ENABLE CONDSTORE\r\nc CREATE Entw&APw-rfe/neu\r\n"
        b"e SEARCH HEADER {1+}\r\nx {1+}\r\ny BODY {2+}\r\nab\r\n"
        b"d LIST (SUBSCRIBED) \"\" (% *) RETURN (STATUS (MESSAGES))\r\n{9999999999}\r\n",
    ),
    "imap-client": (
        b"\x00* OK hi\r\n\xfea1 FETCH 1 RFC822\xfe* 1 FETCH (A {1}\r\nx B {1}\r\ny C {2}\r\n..)\r\na1 OK\r\n",
    ),
    "pop2-server": (b"\x00HELO alice secret\r\nREAD 1\r\nRETR\r\nACKD\r\nFOLD Sent\r\nREAD\r\nQUIT\r\n",),
    "smtp-server": (
        b"\x00EHLO a\r\nMAIL FROM:<> SIZE=9\r\nRCPT TO:<alice@popsim.example>\r\nDATA\r\n..\r\n.\r\nQUIT\r\n",
    ),
}  # fmt: skip


def seeds() -> dict[str, tuple[bytes, ...]]:
    """The seeds of each target, by its name."""
    found: dict[str, list[bytes]] = {}
    for name, folder in FOLDERS.items():
        for one in transcript.names(folder):
            told = transcript.read(folder, one)
            found.setdefault(f"{name}-server", []).append(b"\x00" + b"".join(_server(told)))
            found.setdefault(f"{name}-client", []).append(b"\x00" + _client(told))
            found.setdefault(f"{name}-both", []).append(b"\x00" + b"\xff".join(_lines(told)))
    for target, more in MORE.items():
        found[target] += more
    found["dissector"] = [one[1:] for name in FOLDERS for one in found[f"{name}-client"][::6]]
    lines = [line for told in found["imap-server"] for line in told[1:].split(b"\r\n")]
    found["syntax"] = [bytes([n % len(KINDS), n % 4]) + line for n, line in enumerate(sorted(set(lines)))]
    found["syntax"] += [bytes([n, 0]) + some for n in range(len(KINDS)) for some in (b"1:*,5", b"2:4,1:3,7:9")]
    found["literals"] = [one[1:] for one in found["imap-server"] if b"}\r\n" in one] + [
        b"a LOGIN {1+}\r\nx {1}\r\ny\r\n"
    ]
    found["mime"] = [octets for octets in NASTY.values() if len(octets) < 1500]
    found["names"] = [b"Entw&APw-rfe", b"&-", b"&2D3eAA-/&AOk-&-", "日本語/é".encode(), b"inbox/x", b"&AGE-", b"&a"]
    found["patterns"] = [
        b"%*%/in*\nINBOX/sub",
        b"*a%b\na/b",
        b"INBOX\ninbox",
        b"%/%\na/b/c",
        b"%*" * 20 + b"\n" + b"a/" * 20,
    ]
    return {name: tuple(one[:LONGEST] for one in several) for name, several in found.items()}


def _server(told: Transcript) -> Iterator[bytes]:
    """What the client says and what else happens, until a second connection begins."""
    for _, step in _first_session(told):
        if isinstance(step, Send):
            yield said(step.octets, told.messages)
        elif isinstance(step, Secure | TimeOut | Lose):
            yield bytes([SECURED if isinstance(step, Secure) else SILENT if isinstance(step, TimeOut) else LOST])


def _lines(told: Transcript) -> list[bytes]:
    """The same line by line; the octets of a literal stand in the line that goes on behind them."""
    found, octets = [], b""
    for _, step in _first_session(told):
        if isinstance(step, Send):
            octets += said(step.octets, told.messages)
            if octets.endswith(b"\r\n") and not step.octets.startswith(b"<octets"):
                found.append(octets.removesuffix(b"\r\n"))
                octets = b""
    return [*found, octets] if octets else found


def _client(told: Transcript) -> bytes:
    """What both said, in turn."""
    replay = Replay(told)
    session = replay.stage.connect()
    whole = session.take()
    for line in _lines(told):
        answer = session.send(line + b"\r\n")
        if session.engine.securing:
            session.engine.secured()
        whole += b"\xfe" + line + b"\xfe" + answer.translate(None, bytes(range(0xFC, 0x100)))
    return whole


def _first_session(told: Transcript) -> Iterator[tuple[int, transcript.Step]]:
    connections = 0
    for numbered in told.steps:
        connections += isinstance(numbered[1], Connect)
        if connections > 1 or isinstance(numbered[1], Later):
            return
        yield numbered
