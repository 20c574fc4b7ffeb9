"""Mail fetchers from Debian's packages: how each is run so that it changes as little as it can, and what it still does.

Nothing that a program changes is passed over: it is listed here as a doing, with the messages that it hits, and taken
back exactly. A doing that changes none of the messages that it names is a mistake in the list.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.programs import require_program

PATIENCE = 60
_DELIVERY = """#!/bin/sh
umask 077
cat > "$1/$(printf %06d "$(ls "$1" | wc -l)")"
"""


@dataclass(frozen=True)
class Doing:
    """Something that a program does to mail by its nature.

    Args:
        what: in words.
        undo: makes of what it delivered what it had got.
        only: the subjects of the messages that it hits; None for all.
    """

    what: str
    undo: Callable[[bytes], bytes]
    only: tuple[bytes, ...] | None = None


@dataclass(frozen=True)
class Server:
    """Where a fetcher fetches from, as alice with the password ``secret``.

    Args:
        port: where POP3 is spoken, with STLS.
        secure_port: where POP3 is spoken under TLS.
        authority: the file of the certificate.
    """

    port: int
    secure_port: int
    authority: Path


@dataclass(frozen=True)
class Fetcher:
    """A program that fetches mail.

    Args:
        program, package: its name, and Debian's package that brings it.
        ways: how it can be connected: "clear", "STLS", "pop3s".
        command: its command line, and what is to stand in its configuration file.
        doings: what it does to mail, in the order in which they are undone.
    """

    program: str
    package: str
    ways: tuple[str, ...]
    command: Callable[[Server, str, Path, Path, bool], tuple[list[str], str]]
    doings: tuple[Doing, ...] = ()

    def fetch(self, server: Server, way: str, folder: Path, keep: bool = True) -> list[bytes]:
        """Let it fetch everything, and return what it delivered, in order.

        Args:
            server: from where.
            way: one of its ways.
            folder: an empty folder for all that it writes.
            keep: whether it leaves the mail on the server.
        """
        path = require_program(self.program, package=self.package)
        mail, delivery = folder / "mail", folder / "deliver"
        mail.mkdir()
        delivery.write_text(_DELIVERY, encoding="ascii")
        delivery.chmod(0o700)
        command, configuration = self.command(server, way, folder, delivery, keep)
        rc = folder / "rc"
        rc.write_text(configuration, encoding="utf-8")
        rc.chmod(0o600)
        own = {"HOME": str(folder), "FETCHMAILHOME": str(folder), "XDG_CONFIG_HOME": str(folder), "LC_ALL": "C"}
        done = subprocess.run([path, *command], capture_output=True, timeout=PATIENCE, env={**os.environ, **own})
        assert done.returncode == 0, (done.stdout[-2000:], done.stderr[-2000:])
        return [one.read_bytes() for one in sorted(mail.iterdir())]


def _mpop(server: Server, way: str, folder: Path, delivery: Path, keep: bool) -> tuple[list[str], str]:
    options = {
        "port": server.secure_port if way == "pop3s" else server.port,
        "user": "alice",
        "passwordeval": "echo secret",
        "delivery": f"mda,{delivery} {folder / 'mail'}",
        "uidls-file": folder / "uidls",
        "keep": "on" if keep else "off",
        "received-header": "off",
        "auth": "on" if way != "clear" else "user",
        "tls": "off" if way == "clear" else "on",
        "tls-starttls": "on" if way == "STLS" else "off",
        "tls-trust-file": server.authority,
    }
    return ["--host=localhost", *(f"--{name}={value}" for name, value in options.items())], ""


def _fetchmail(server: Server, way: str, folder: Path, delivery: Path, keep: bool) -> tuple[list[str], str]:
    tls = f'sslcertck sslcertfile "{server.authority}" sslcertpath "{folder}" sslcommonname "localhost"'
    how = {"clear": 'sslproto ""', "STLS": f'sslproto "tls1.2+" {tls}', "pop3s": f"ssl {tls}"}[way]
    port = server.secure_port if way == "pop3s" else server.port
    files = ["--fetchmailrc", folder / "rc", "--idfile", folder / "ids", "--pidfile", folder / "pid"]
    configuration = f"""
set no bouncemail
set invisible
poll 127.0.0.1 service {port} protocol pop3 uidl bad-header accept
  user "alice" password "secret" {how}
  {"keep" if keep else "nokeep"} fetchall norewrite nostripcr nomimedecode pass8bits
  mda "{delivery} {folder / "mail"}"
"""
    return [*map(str, files), "--nosyslog", "--silent"], configuration


def _getmail(server: Server, way: str, folder: Path, delivery: Path, keep: bool) -> tuple[list[str], str]:
    secure = way == "pop3s"
    configuration = f"""
[retriever]
type = SimplePOP3{"SSL" if secure else ""}Retriever
server = localhost
port = {server.secure_port if secure else server.port}
username = alice
password = secret
{f"ca_certs = {server.authority}" if secure else ""}
[destination]
type = MDA_external
path = {delivery}
arguments = ("{folder / "mail"}",)
allow_root_commands = true
[options]
read_all = true
delete = {"false" if keep else "true"}
delivered_to = false
received = false
verbose = 0
"""
    return [f"--getmaildir={folder}", "--rcfile=rc"], configuration


def _with_crlf(octets: bytes) -> bytes:
    return octets.replace(b"\n", b"\r\n")


def _without(pattern: bytes, by: bytes = b"") -> Callable[[bytes], bytes]:
    whole = re.compile(pattern, re.DOTALL)
    return lambda octets: whole.sub(by, octets, count=0 if by else 1)


_LF = Doing("it delivers lines that end in LF", _with_crlf)
_OWN_HEADER = (
    rb"\AFrom: FETCHMAIL-DAEMON\r\nTo: [^\r\n]*\r\n"
    rb"Subject: Headerless mail from alice's mailbox on [^\r\n]*\r\n(?=\r\n)"
)

FETCHERS: Mapping[str, Fetcher] = {
    "mpop": Fetcher("mpop", "mpop", ("clear", "STLS", "pop3s"), _mpop, (_LF,)),
    "fetchmail": Fetcher(
        "fetchmail",
        "fetchmail",
        ("clear", "STLS", "pop3s"),
        _fetchmail,
        (
            Doing("it ends a header without a body by an empty line", _without(rb"\r\n\Z"), (b"no body",)),
            Doing("it gives mail without a header one of its own", _without(_OWN_HEADER), (b"",)),
            Doing(
                "it breaks a line after 8,191 octets, and puts two stray octets and a line end there",
                _without(rb"(?<=\n)([^\n]{8191})[^\n]{2}\r\n", rb"\1"),
                (b"endless line",),
            ),
        ),
    ),
    "getmail": Fetcher(
        "getmail",
        "getmail6",
        ("clear", "pop3s"),
        _getmail,
        (
            Doing("it begins with a line of its own", _without(rb"\AReturn-Path: <unknown>\n")),
            Doing("it ends a header without a body by an empty line", _without(rb"\n\Z"), (b"no body",)),
            Doing(
                "it takes a bare CR for the end of a line",
                lambda octets: octets.replace(b"\na\nb\nc\n\n\nd\n", b"\na\rb\nc\r\r\rd\n"),
                (b"bare CR",),
            ),
            _LF,
        ),
    ),
}
