"""Records the captures in ``recorded/``: real clients read mail from Dovecot over loopback, and dumpcap listens.

    python -m tests.capture.record

It needs Debian's packages dovecot-pop3d, curl, fetchmail, mpop and tshark, and the right to listen on ``lo``. Nothing
in the files is secret or names a machine: users, passwords and mail are made up below, the server has no mechanism
whose challenge has the machine's name in it, and what dumpcap says of the machine is left out. Sizes are of one run;
another run has other times and numbers, and the tests know only what is written here.
"""

from __future__ import annotations

import ssl
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from poplib import POP3, POP3_SSL
from struct import pack, unpack_from

from tests.judges.dovecot import Dovecot, dovecot
from tests.programs import require_program

RECORDED = Path(__file__).with_name("recorded")
USERS = {"alice": "opensesame"}
MESSAGES = [
    b"From: bob@example.org\r\nTo: alice@example.org\r\nSubject: first\r\n\r\nHello.\r\n",
    b"From: carol@example.org\r\nSubject: dots\r\n\r\n.\r\n..two\r\nend\r\n",
    b"Subject: long\r\n\r\n"
    + b"".join(b"line %04d of a long message, so that it needs many segments\r\n" % n for n in range(700)),
]
STUFFED = [message.replace(b"\r\n.", b"\r\n..") + b".\r\n" for message in MESSAGES]
"""What crosses the wire for each of them: RFC 1939 §3."""
HOST = "127.0.0.1"


def curl(server: Dovecot, keys: Path) -> None:
    """One session for each message."""
    for number in range(1, 4):
        url = f"pop3://{HOST}:{server.port}/{number}"
        _run("curl", "--silent", "--user", "alice:opensesame", url)


def curl_with_stls(server: Dovecot, keys: Path) -> None:
    """STLS before the login; nobody writes the keys."""
    url = f"pop3://{HOST}:{server.port}/2"
    _run("curl", "--silent", "--insecure", "--ssl-reqd", "--user", "alice:opensesame", url)


def poplib_with_stls(server: Dovecot, keys: Path) -> None:
    """STLS before the login, with the keys."""
    client = POP3(HOST, server.port, timeout=10)
    client.stls(_context(server, keys))
    _read(client)


def poplib_over_tls(server: Dovecot, keys: Path) -> None:
    """TLS 1.2 from the first octet, with the keys."""
    context = _context(server, keys)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    _read(POP3_SSL(HOST, server.secure_port, timeout=10, context=context))


def _context(server: Dovecot, keys: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(server.authority))
    context.keylog_filename = str(keys)
    return context


def _read(client: POP3) -> None:
    client.user("alice")
    client.pass_(USERS["alice"])
    client.retr(2)
    client.dele(2)
    client.quit()


def curl_over_ip6(server: Dovecot, keys: Path) -> None:
    """The list, over IPv6."""
    _run("curl", "--silent", "--globoff", "--user", "alice:opensesame", f"pop3://[::1]:{server.port}/")


def fetchmail(server: Dovecot, keys: Path) -> None:
    """Everything, marked as deleted one by one, and QUIT."""
    setup = (
        f"poll {HOST} protocol pop3 port {server.port} auth password username alice password opensesame "
        f"sslproto '' mda 'cat >/dev/null' no keep fetchall\n"
    )
    file = server.folder / "fetchmailrc"
    file.write_text(setup, encoding="ascii")
    file.chmod(0o600)
    _run("fetchmail", "--nosyslog", "--nodetach", "-f", str(file), "--pidfile", str(server.folder / "pid"))


def mpop(server: Dovecot, keys: Path) -> None:
    """Everything, in a pipeline, and kept on the server."""
    setup = (
        f"account default\nhost {HOST}\nport {server.port}\nuser alice\npassword opensesame\nauth user\ntls off\n"
        f"delivery mbox {server.folder}/read.mbox\nuidls_file {server.folder}/uidls\nkeep on\npipelining on\n"
    )
    file = server.folder / "mpoprc"
    file.write_text(setup, encoding="ascii")
    file.chmod(0o600)
    _run("mpop", "--quiet", f"--file={file}")


Session = Callable[[Dovecot, Path], None]
SESSIONS: dict[str, tuple[Session, list[str]]] = {
    "curl.pcapng": (curl, []),
    "curl-stls-cooked-2.pcapng": (curl_with_stls, ["-i", "any", "-y", "LINUX_SLL2"]),
    "poplib-stls.pcapng": (poplib_with_stls, []),
    "poplib-tls.pcapng": (poplib_over_tls, []),
    "curl-ip6.pcap": (curl_over_ip6, ["-P"]),
    "fetchmail.pcapng": (fetchmail, []),
    "fetchmail-cut-off.pcapng": (fetchmail, ["-s", "100"]),
    "mpop-cooked.pcapng": (mpop, ["-i", "any"]),
}


def main() -> None:
    """Record all sessions anew."""
    RECORDED.mkdir(exist_ok=True)
    for name, (session, options) in SESSIONS.items():
        with dovecot(USERS, auth_mechanisms="plain login", listen="127.0.0.1, ::1", login_greeting="ready") as server:
            for message in MESSAGES:
                server.deliver("alice", message)
            with tempfile.TemporaryDirectory() as folder:
                raw, keys = Path(folder, name), Path(folder, "keys")
                with _listening(server, raw, options):
                    session(server, keys)
                if keys.exists():
                    _run("editcap", "--inject-secrets", f"tls,{keys}", str(raw), f"{raw}.keys")
                    Path(f"{raw}.keys").rename(raw)
                (RECORDED / name).write_bytes(_nameless(raw.read_bytes()))
        print(name, (RECORDED / name).stat().st_size)


@contextmanager
def _listening(server: Dovecot, path: Path, options: list[str]) -> Iterator[None]:
    program = require_program("dumpcap", package="tshark")
    place = [] if "-i" in options else ["-i", "lo"]
    wanted = f"tcp port {server.port} or tcp port {server.secure_port}"
    command = [program, "-q", *place, *options, "-f", wanted, "-w", str(path)]
    listener = subprocess.Popen(command, stderr=subprocess.PIPE)
    assert listener.stderr is not None
    while b"File:" not in listener.stderr.readline():  # it listens from then on
        assert listener.poll() is None, "dumpcap did not come up: is listening permitted?"
    time.sleep(0.5)
    yield
    time.sleep(1)
    listener.terminate()
    listener.wait(10)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, timeout=60, stdout=subprocess.DEVNULL)


def _nameless(octets: bytes) -> bytes:
    """The same capture without what its sections and interfaces say of the machine and its programs; statistics too."""
    if octets[:4] != b"\x0a\x0d\x0d\x0a":
        return octets
    found, place = b"", 0
    while place < len(octets):
        kind, length = unpack_from("<II", octets, place)
        body = octets[place + 8 : place + length - 4]
        place += length
        if kind == 0x0A0D0D0A:
            body = body[:16]
        elif kind == 1:
            body = body[:8] + pack("<HHB3xHH", 9, 1, 9, 0, 0)  # its times are in nanoseconds
        if kind in (0x0A0D0D0A, 1, 6, 10):
            found += pack("<II", kind, len(body) + 12) + body + pack("<I", len(body) + 12)
    return found


if __name__ == "__main__":
    main()
