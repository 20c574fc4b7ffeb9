"""What ``popsim fetch`` is given that is nobody else's business: passwords, and whose certificates are trusted."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from popsim.cli.place import Place
from popsim.cli.values import Trouble

if TYPE_CHECKING:
    from popsim.sockets.trust import Trust

VARIABLE = "POPSIM_PASSWORD"
"""The environment variable that may hold the password."""


def trusted(authority: str | None, insecure: bool) -> Trust:
    """Whose certificates are taken. Raises Trouble where a file of them is none."""
    from popsim.sockets.trust import Trust

    if authority is None:
        return Trust(verify=not insecure)
    if insecure:
        raise click.UsageError("--ca says whom to trust and --insecure to trust anybody: give one of them")
    from popsim.tls import TlsError

    trust = Trust(authority)
    try:
        trust.context()
    except (TlsError, UnicodeDecodeError) as error:
        words = str(error) if isinstance(error, TlsError) else "it is no text"
        raise Trouble(f"--ca {authority!r}: {words}") from None
    return trust


def secret_of(password: str | None, password_file: str | None, place: Place) -> str:
    """The password, wherever it comes from."""
    if password is not None and password_file is not None:
        raise click.UsageError("--password and --password-file both say what the password is: give one of them")
    if password is not None:
        return password
    if password_file is not None:
        return _read_secret(password_file)
    if given := os.environ.get(VARIABLE):
        return given
    if sys.stdin is None or not sys.stdin.isatty():
        raise click.UsageError(f"expected a password: give --password-file FILE, or set {VARIABLE}")
    prompted: str = click.prompt(f"password of {place}", hide_input=True, err=True)
    return prompted


def _read_secret(name: str) -> str:
    octets = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    lines = octets.splitlines()
    try:
        return lines[0].decode() if lines else ""
    except UnicodeDecodeError:
        raise Trouble(f"--password-file {name!r}: expected a line of UTF-8 text") from None
