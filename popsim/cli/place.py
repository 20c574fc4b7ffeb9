"""Where mail is fetched from: a user at a server, as a URL names them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from popsim.protocols.protocol import Protocol

_EXPECTED = "expected a URL such as pop3s://user@host:port or imaps://user@host/MAILBOX"
_SECRET = re.compile(r":(?!//).*@")
"""Where a password might stand, which must not be said again."""


class Scheme(NamedTuple):
    """What a URL's first word stands for.

    Args:
        protocol: the short name of what is spoken.
        secure: whether the connection begins with TLS (RFC 8314 §3).
        keeps: whether mail stays on the server unless something else is asked for: IMAP is made for mail that does
            (RFC 3501 §1.1), POP2 and POP3 for mail that is taken home (RFC 1939 §1).
        mailboxes: whether one user has several mailboxes.
        pipelined: whether commands are sent without waiting for answers; None: where the server says it can.
    """

    protocol: str
    secure: bool = False
    keeps: bool = False
    mailboxes: bool = False
    pipelined: bool | None = None


SCHEMES = {
    "pop3": Scheme("pop3"),
    "pop3s": Scheme("pop3", True),
    "imap": Scheme("imap", False, True, True, True),
    "imaps": Scheme("imap", True, True, True, True),
    "pop2": Scheme("pop2", False, False, True),
}
"""What can stand before the ``://``."""


@dataclass(frozen=True, slots=True)
class Place:
    """Somebody's mail on a server.

    Args:
        user: whose it is.
        host, port: the server.
        scheme: how it is spoken to.
        mailbox: which mailbox; "" for the one to which mail comes.
    """

    user: str
    host: str
    port: int
    scheme: Scheme
    mailbox: str = ""

    @classmethod
    def parse(cls, url: str) -> Place:
        """The place that a URL names; a user's or mailbox's name may have %XX in it.

        Raises:
            ValueError: it names none, or brings the password along.
        """
        got = f"got {_SECRET.sub(':****@', url)!r}"
        try:
            parts = urlsplit(url)
            port = parts.port
            user = unquote(parts.username or "", errors="strict")
            mailbox = unquote(parts.path.removeprefix("/"), errors="strict")
        except ValueError:
            raise ValueError(f"{_EXPECTED}, {got}") from None
        if parts.password is not None:
            raise ValueError("a password does not belong into a URL, which others may read: leave it out")
        scheme = SCHEMES.get(parts.scheme)
        if scheme is None:
            raise ValueError(f"{_EXPECTED} ({', '.join(f'{name}://' for name in SCHEMES)}), {got}")
        if not user or not parts.hostname or port == 0:
            raise ValueError(f"{_EXPECTED}, with a user and a host, {got}")
        if parts.query or parts.fragment or ";" in parts.path or (mailbox and not scheme.mailboxes):
            behind = "at most a mailbox" if scheme.mailboxes else "nothing"
            raise ValueError(f"{_EXPECTED}, with {behind} behind the host, {got}")
        if not (user + mailbox).isprintable():
            raise ValueError(f"{_EXPECTED}, with names that can be printed, {got}")
        return cls(user, parts.hostname, port or _usual_port(scheme), scheme, mailbox)

    @property
    def protocol(self) -> Protocol:
        """What is spoken, with all extensions that popsim knows."""
        from popsim.protocols import find

        return find(self.scheme.protocol).extended()

    @property
    def is_here(self) -> bool:
        """Whether the server is on this machine, so that nothing crosses a network."""
        from ipaddress import ip_address

        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host.lower() == "localhost" or self.host.lower().endswith(".localhost")

    def account(self, mailbox: str) -> str:
        """What mail is known by that was fetched from one of its mailboxes: unique-ids mean nothing elsewhere."""
        from popsim.mail.names import INBOX, canonical

        if not self.scheme.mailboxes:
            return str(self)
        return f"{self.scheme.protocol}:{self}/{canonical(mailbox or INBOX)}"

    def __str__(self) -> str:
        """``user@host``, with the port where it is not the usual one: the same mail by either of the two."""
        return f"{self.user}@{self.host}" + (f"-{self.port}" if self.port != _usual_port(self.scheme) else "")


def _usual_port(scheme: Scheme) -> int:
    from popsim.protocols import find

    table = find(scheme.protocol).table
    return table.secure_port if scheme.secure else table.port
