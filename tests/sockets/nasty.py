"""An mbox full of what goes wrong on the way, and what a client must get of it, octet for octet."""

from __future__ import annotations

from pathlib import Path

_EIGHT_BIT = bytes(range(128, 256))

# As they lie in the file, with LF; the last one there has no line end.
MESSAGES = [
    b"From: a@example.org\nSubject: plain\n\nOne line.\n",
    b".Dot: first octet\nSubject: dots\n\n.\n..\n...\n.x\n \n.\n",
    b"Subject: From lines\n\n>From here\n>>From there\nFromage\n From a space\n",
    b"Subject: eight bits\n\n" + _EIGHT_BIT + b"\n\xff\xfe\n",
    "Subject: Mureșan, în antet\nFrom: Ştefan <s@example.org>\n\nUTF-8 in the header, too: ţară\n".encode(),
    b"Subject: NUL\n\n\x00\na\x00b\n\x00\x00\x00\n",
    b"Subject: bare CR\n\na\rb\nc\r\r\rd\n",
    b"Subject: no body\n",
    b"Subject: empty body\n\n",
    b"\n",
    b"Subject: line ends at the end\n\n\n\n\n",
    b"Subject: long line\n\n" + b"x" * 2040 + b"\n." + b"y" * 2040 + b"\n",
    b"Subject: large\n\n" + b".".join([b"0123456789abcdef" * 4 + b"\n"] * 9000),
    b"Subject: the last\n\nwithout a line end",
]
ENDLESS = b"Subject: endless line\n\n" + b"z" * 200_000 + b"\n"
"""poplib reads no line that is longer than 2,048 octets; curl does."""


def write(path: Path, messages: list[bytes]) -> list[bytes]:
    """Write an mbox, and return what a client must get: each message with CRLF line ends."""
    lines = b"From nobody@example.org Thu Jan  1 00:00:00 1970\n"
    path.write_bytes(b"\n".join(lines + message for message in messages))
    whole = [message if message.endswith(b"\n") else message + b"\n" for message in messages]
    return [message.replace(b"\n", b"\r\n") for message in whole]
