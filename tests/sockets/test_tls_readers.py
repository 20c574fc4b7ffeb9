"""Clients that nobody here wrote fetch a nasty mailbox over TLS, and from each kind of mailbox, octet for octet."""

from __future__ import annotations

import poplib
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from popsim.tls import Certificate, fresh_certificate
from tests.sockets.nasty import ENDLESS, MESSAGES, write
from tests.sockets.running import served


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Certificate, Path]:
    made = fresh_certificate("localhost", "127.0.0.1")
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_text(made.certificate + made.key, encoding="ascii")
    return made, path


def nasty(folder: Path, kind: str, messages: list[bytes]) -> tuple[Path, list[bytes]]:
    """The messages as a mailbox of that kind, and what a client must get of it."""
    place = folder / kind
    if kind == "mbox":
        return place, write(place, messages)
    for part in ("cur", "new", "tmp") if kind == "Maildir" else (".",):
        (place / part).mkdir(parents=True, exist_ok=True)
    wanted = []
    for number, message in enumerate(messages, 10):
        crlf = number % 2 == 0  # exact octets are kept where the lines end in CR LF already
        data = message.replace(b"\n", b"\r\n") if crlf else message
        name = f"cur/{number}.host:2,S" if kind == "Maildir" else f"{number}.eml"
        (place / name).write_bytes(data)
        wanted.append((message if message.endswith(b"\n") else message + b"\n").replace(b"\n", b"\r\n"))
    return place, wanted


@pytest.mark.parametrize("kind", ["mbox", "Maildir", "eml"])
@pytest.mark.parametrize("secure", ["stls", "implicit"])
def test_poplib(tmp_path: Path, certificate: tuple[Certificate, Path], kind: str, secure: str) -> None:
    made, pem = certificate
    place, wanted = nasty(tmp_path, kind, MESSAGES)
    context = ssl.create_default_context(cadata=made.certificate)
    with served("--pop3s", "0", "--mail", place, "--cert", pem) as server:
        if secure == "stls":
            reader = poplib.POP3("localhost", server.ports[0], timeout=20)
            reader.stls(context)
        else:
            reader = poplib.POP3_SSL("localhost", server.ports[1], timeout=20, context=context)
        reader.user("alice")
        reader.pass_("secret")
        assert reader.stat() == (len(wanted), sum(map(len, wanted)))
        for number, octets in enumerate(wanted, 1):
            assert b"".join(line + b"\r\n" for line in reader.retr(number)[1]) == octets, MESSAGES[number - 1][:30]
        reader.quit()


@pytest.mark.parametrize("line", ["stls", "implicit", "clear"])
@pytest.mark.parametrize("login", ["", "AUTH=CRAM-MD5", "AUTH=PLAIN", "AUTH=LOGIN"])
def test_curl(
    tmp_path: Path, certificate: tuple[Certificate, Path], line: str, login: str, require_program: Callable[..., str]
) -> None:
    curl = require_program("curl", package="curl")
    _, pem = certificate
    messages = [*MESSAGES, ENDLESS] if not login else MESSAGES[:3]
    place, wanted = nasty(tmp_path, "mbox", messages)
    with served("--pop3s", "0", "--mail", place, "--cert", pem) as server:
        command = [curl, "-sS", "--max-time", "20", "--user", "alice:secret", "--cacert", str(pem)]
        command += ["--ssl-reqd"] if line == "stls" else []
        command += ["--login-options", login] if login else []
        scheme, port = ("pop3s", server.ports[1]) if line == "implicit" else ("pop3", server.ports[0])
        for number in range(1, len(wanted) + 1):
            command += ["--output", str(tmp_path / str(number)), f"{scheme}://localhost:{port}/{number}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=40)
        assert (done.returncode, done.stderr) == (0, "")
        for number, octets in enumerate(wanted, 1):
            assert (tmp_path / str(number)).read_bytes() == octets, messages[number - 1][:30]
