"""What a server is to speak, and on which ports: the options of ``popsim serve`` that say so."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from popsim.cli.values import MINIMAL, PORT, WITHOUT, chosen

if TYPE_CHECKING:
    from popsim.protocols.protocol import Protocol

F = TypeVar("F", bound=Callable[..., Any])

SERVED = ("pop2", "pop3", "imap", "smtp")
"""The protocols that can be served, by their short names."""
_SECURE = ("pop3", "imap", "smtp")
"""Those of them that have a port on which TLS comes first."""

_CLEAR_HELP = "Serve {0} on this port; 0 takes one that is free. May be given more than once."
_SECURE_HELP = "The same over TLS from the first octet on."
_EDITION = click.option(
    "--edition",
    "editions",
    metavar="RFC",
    multiple=True,
    help="The edition of a protocol, by its RFC: 1460, 9051, 821.  [default: the usual one]",
)
_EXTENSIONS = click.option(
    "--extension",
    "extensions",
    multiple=True,
    metavar="RFC",
    help="An extension, by its RFC or what it is known by: 2449, STLS, IDLE, SIZE; or all.  [default: the usual ones]",
)

_USUAL = {"pop3": (2449, 3206, 5034, 2595)}
"""The extensions that are on where nobody says which; of a protocol that is not named here, all that are not obsolete.
RFC 6856 is not among them: with it a message whose header has UTF-8 in it is refused to a reader that has not sent
UTF8, and most readers do not know that command."""


_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")


def domain_name(text: str) -> str:
    """The name of a domain as it was given; "" where none was.

    Raises:
        ValueError: it can't be one (RFC 1035 §2.3.1, §2.3.4).
    """
    if text and not (_DOMAIN.fullmatch(text) and len(text) <= 253):
        raise ValueError(f"expected the name of a domain, such as mail.example.org, got {text!r}")
    return text


class Port(NamedTuple):
    """A port to listen on.

    Args:
        protocol: the short name of what is spoken there.
        secure: whether TLS comes first.
        number: the TCP port, 0 for any that is free.
    """

    protocol: str
    secure: bool
    number: int


def with_ports(command: F) -> F:
    """Give a command the options that say what is spoken and where."""
    options = [_EDITION, _EXTENSIONS, MINIMAL, WITHOUT]
    for name in SERVED:
        words = _CLEAR_HELP if name == SERVED[0] else _CLEAR_HELP.partition(";")[0] + "."
        options.append(_port(name, words.format(name.upper())))
        if name in _SECURE:
            options.append(_port(f"{name}s", _SECURE_HELP))
    for option in reversed(options[4:] + options[:4]):
        command = option(command)
    return command


def _port(name: str, words: str) -> Callable[[F], F]:
    return click.option(f"--{name}", metavar="PORT", multiple=True, callback=PORT, help=words)


def ports(given: dict[str, tuple[int, ...]]) -> list[Port]:
    """The ports that were asked for, in the order of the protocols.

    Args:
        given: the options' values, by their names.

    Raises:
        click.UsageError: there is none.
    """
    found = [
        Port(name, secure, number)
        for name in SERVED
        for secure in (False, True)
        for number in given.get(f"{name}{'s' * secure}", ())
    ]
    if not found:
        raise click.UsageError(
            "nothing to listen on: give --pop3 PORT, --imap PORT or such, with 0 for one that is free"
        )
    return found


def spoken(
    names: Sequence[str], editions: Sequence[str], extensions: Sequence[str], minimal: bool, without: Sequence[str]
) -> dict[str, Protocol]:
    """The protocols of these names, as the options want them.

    An edition belongs to the protocol that has it, an extension or a command to each that knows it.

    Raises:
        click.BadParameter: none of the protocols has what an option names.
    """
    from popsim.protocols import find

    plain = {name: find(name) for name in names}
    wanted = {name: _Wanted() for name in names}
    for edition in editions:
        owner = _knowing(plain, "edition", edition)[0]
        wanted[owner].edition = edition
    for extension in extensions:
        everybody = extension == "all"
        for name in names if everybody else _knowing(plain, "extended", extension):
            wanted[name].extensions.append(extension)
    found = {}
    for name, protocol in plain.items():
        ask = wanted[name]
        if not (ask.edition or ask.extensions or minimal):
            protocol = protocol.extended(*_USUAL.get(name, ())) if protocol.table.extensions else protocol
        found[name] = chosen(protocol, ask.edition, minimal, ask.extensions)
    for keyword in without:
        for name in _knowing(found, "without", keyword):
            found[name] = found[name].without(keyword)
    return found


class _Wanted:
    """What the options want of one protocol."""

    def __init__(self) -> None:
        self.edition: str | None = None
        self.extensions: list[str] = []


_OPTIONS = {"edition": "--edition", "extended": "--extension", "without": "--without"}


def _knowing(protocols: dict[str, Protocol], method: str, text: str) -> list[str]:
    """The names of the protocols that have what an option names: one of those methods of a protocol takes it."""
    found, complaints = [], []
    for name, protocol in protocols.items():
        try:
            getattr(protocol, method)(text)
            found.append(name)
        except ValueError as error:
            complaints.append(str(error))
    if not found:
        raise click.BadParameter("; ".join(complaints), param_hint=f"'{_OPTIONS[method]}'")
    return found
