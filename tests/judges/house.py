"""A server of everything with one mailbox behind it, for programs that nobody here wrote."""

from __future__ import annotations

import mailbox
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from popsim.tls import fresh_certificate
from tests.sockets.nasty import ENDLESS, MESSAGES, write
from tests.sockets.running import EVERYTHING, Served, serving

NASTY = [*MESSAGES, ENDLESS]
SECRET = "secret"


class House:
    """The server, as alice's and bob's mail programs see it.

    Args:
        server: its process.
        folder: for whatever a test needs.
        box: alice's mail on the disk.
        authority: the file of the certificate that programs have to trust.
        wanted: alice's messages, octet for octet, in order.
    """

    def __init__(self, server: Served, folder: Path, box: Path, authority: Path, wanted: list[bytes]) -> None:
        self.server, self.folder, self.box, self.authority, self.wanted = server, folder, box, authority, wanted
        self.ports = server.by_name

    @property
    def by_imap(self) -> list[bytes]:
        """Alice's messages as IMAP sends them: no literal can carry NUL (RFC 3501 §9), and 0x80 stands for it."""
        return [message.replace(b"\0", b"\x80") for message in self.wanted]

    def trust(self) -> ssl.SSLContext:
        """What a Python program needs to know about TLS."""
        return ssl.create_default_context(cafile=str(self.authority))

    def __getitem__(self, name: str) -> int:
        """The port of a protocol, by its short name."""
        return self.ports[name]


@contextmanager
def house(folder: Path, messages: list[bytes], kind: str = "mbox", *options: str) -> Iterator[House]:
    """A server of everything; alice has these messages in a box of that kind, and bob has nothing."""
    made = fresh_certificate("localhost", "127.0.0.1")
    certificate, authority, box = folder / "both.pem", folder / "authority.pem", folder / "box"
    certificate.write_text(made.certificate + made.key, encoding="ascii")
    authority.write_text(made.certificate, encoding="ascii")
    users = ["--user", f"alice:{SECRET}", "--user", f"bob:{SECRET}", "--mail", f"alice:{box}", "--mail", "bob:empty"]
    wanted = laid(box, messages, kind)
    with serving(*EVERYTHING, *users, "--cert", str(certificate), *options) as server:
        yield House(server, folder, box, authority, wanted)
        assert server.end() == 0, server.err
        assert "Traceback" not in server.err, server.err


def laid(box: Path, messages: list[bytes], kind: str) -> list[bytes]:
    """Write a box, and return what a client must get."""
    if kind == "mbox":
        return write(box, messages)
    for part in ("cur", "new", "tmp"):
        (box / part).mkdir(parents=True)
    for number, message in enumerate(messages):
        (box / "cur" / f"{1_000_000_000 + number}.{number:03}.here:2,").write_bytes(message)
    whole = [message if message.endswith(b"\n") else message + b"\n" for message in messages]
    return [message.replace(b"\n", b"\r\n") for message in whole]


def on_disk(box: Path, kind: str) -> list[bytes]:
    """The messages that lie in a box, with CRLF, in no order."""
    if kind == "mbox":
        found = mailbox.mbox(box, create=False)
        octets = [found.get_bytes(key) for key in found.keys()]
    else:
        octets = [path.read_bytes() for part in ("cur", "new") for path in (box / part).iterdir()]
    return sorted(one.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") for one in octets)
