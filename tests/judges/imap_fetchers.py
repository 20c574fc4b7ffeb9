"""Mail fetchers from Debian's packages that can speak IMAP: see :mod:`tests.judges.fetchers`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from tests.judges.fetchers import FETCHERS, Doing, Fetcher, Server


def _fetchmail(server: Server, way: str, folder: Path, delivery: Path, keep: bool) -> tuple[list[str], str]:
    tls = f'sslcertck sslcertfile "{server.authority}" sslcertpath "{folder}" sslcommonname "localhost"'
    how = {"clear": 'sslproto ""', "STARTTLS": f'sslproto "tls1.2+" {tls}', "imaps": f"ssl {tls}"}[way]
    port = server.secure_port if way == "imaps" else server.port
    files = ["--fetchmailrc", folder / "rc", "--idfile", folder / "ids", "--pidfile", folder / "pid"]
    configuration = f"""
set no bouncemail
set invisible
poll 127.0.0.1 service {port} protocol imap bad-header accept
  user "alice" password "secret" {how}
  {"keep" if keep else "nokeep"} fetchall norewrite nostripcr nomimedecode pass8bits
  mda "{delivery} {folder / "mail"}"
"""
    return [*map(str, files), "--nosyslog", "--silent"], configuration


def _getmail(server: Server, way: str, folder: Path, delivery: Path, keep: bool) -> tuple[list[str], str]:
    secure = way == "imaps"
    configuration = f"""
[retriever]
type = SimpleIMAP{"SSL" if secure else ""}Retriever
server = localhost
port = {server.secure_port if secure else server.port}
username = alice
password = secret
mailboxes = ("INBOX",)
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


_MAILBOX = re.compile(rb"X-getmail-retrieved-from-mailbox: INBOX\n")
_NAMES_THE_MAILBOX = Doing("it adds a field with the mailbox's name", lambda octets: _MAILBOX.sub(b"", octets))

IMAP_FETCHERS: Mapping[str, Fetcher] = {
    "fetchmail": Fetcher(
        "fetchmail", "fetchmail", ("clear", "STARTTLS", "imaps"), _fetchmail, FETCHERS["fetchmail"].doings
    ),
    "getmail": Fetcher(
        "getmail", "getmail6", ("clear", "imaps"), _getmail, (_NAMES_THE_MAILBOX, *FETCHERS["getmail"].doings)
    ),
}
