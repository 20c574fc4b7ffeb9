"""Where mail is fetched from: a user at a server, as a URL names them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

_EXPECTED = "expected pop3://user@host:port or pop3s://user@host:port"
_SECRET = re.compile(r":(?!//).*@")
"""Where a password might stand, which must not be said again."""
_PORTS = {"pop3": 110, "pop3s": 995}


@dataclass(frozen=True, slots=True)
class Place:
    """A maildrop on a server.

    Args:
        user: whose it is.
        host, port: the server.
        secure: whether the connection begins with TLS (RFC 8314 §3).
    """

    user: str
    host: str
    port: int
    secure: bool

    @classmethod
    def parse(cls, url: str) -> Place:
        """The place that a URL names; a user's name may have %XX in it.

        Raises:
            ValueError: it names none, or brings the password along.
        """
        got = f"got {_SECRET.sub(':****@', url)!r}"
        try:
            parts = urlsplit(url)
            port = parts.port
            user = unquote(parts.username or "", errors="strict")
        except ValueError:
            raise ValueError(f"{_EXPECTED}, {got}") from None
        if parts.password is not None:
            raise ValueError("a password does not belong into a URL, which others may read: leave it out")
        if parts.scheme not in _PORTS:
            raise ValueError(f"{_EXPECTED}, {got}")
        if not user or not parts.hostname or port == 0:
            raise ValueError(f"{_EXPECTED}, with a user and a host, {got}")
        if parts.path not in ("", "/") or parts.query or parts.fragment:
            raise ValueError(f"{_EXPECTED}, with nothing behind it, {got}")
        if not user.isprintable():
            raise ValueError(f"{_EXPECTED}, with a user whose name can be printed, {got}")
        return cls(user, parts.hostname, port or _PORTS[parts.scheme], parts.scheme == "pop3s")

    @property
    def is_here(self) -> bool:
        """Whether the server is on this machine, so that nothing crosses a network."""
        from ipaddress import ip_address

        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host.lower() == "localhost" or self.host.lower().endswith(".localhost")

    def __str__(self) -> str:
        """``user@host``, with the port where it is not the usual one: the same mail by either of the two."""
        usual = _PORTS["pop3s" if self.secure else "pop3"]
        return f"{self.user}@{self.host}" + (f"-{self.port}" if self.port != usual else "")
