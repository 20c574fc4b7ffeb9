"""Policy: what the site that runs a server has decided, where the protocol leaves it a choice."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from popsim.mail.dates import DAY as DAY
from popsim.mail.dates import SECOND as SECOND

NEVER = "never"
"""The expiry of a site that removes nothing."""
NAME = "popsim"
"""What a server says that it is."""

_TIME = re.compile(r"([0-9]{1,9}) ?(s|min|h|d)?")
_UNITS = {None: 1, "s": 1, "min": 60, "h": 3600, "d": 86_400}
_TOKEN = re.compile(r"[!-~]+")
_OFF: dict[str, tuple[str, Any]] = {
    "no-plaintext": ("plaintext", False),
    "no-pipelining": ("pipelining", False),
    "no-response-codes": ("response_codes", False),
    "no-sasl": ("sasl", ()),
    "no-expire": ("expire", None),
    "no-implementation": ("implementation", ""),
}
"""The words that switch something off: what, and what it is then."""
_ON: dict[str, tuple[str, Any]] = {"retr-sets-seen": ("retr_sets_seen", True)}
"""The same for what is usually off."""
_SWITCHES = {**_OFF, **_ON}

PerUser = tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """What a server does where the RFCs leave it a choice; each has a word, such as ``login-delay:60s``.

    Args:
        sasl: the names of the SASL mechanisms that are offered; None: all that popsim has, the strongest first.
        plaintext: whether a password may cross a line that is not encrypted (RFC 2595 §2.3).
        login_delay: how long after a login the next one of that user is refused, in nanoseconds or as a text such as
            ``"60 s"``; whole seconds, 0 for no delay (RFC 2449 §6.5).
        login_delays: the same for single users, by name.
        expire: after how many days a message is removed; 0: at QUIT, once it was retrieved; ``"never"``; or None, where
            the server says nothing of it and removes nothing (RFC 2449 §6.7).
        expires: the same for single users, by name.
        response_codes: whether refusals open with a code in square brackets (RFC 2449 §8).
        pipelining: whether commands may come before the one before is answered (RFC 2449 §6.6); else they are lost.
        implementation: what the server says that it is, one word; "" for nothing (RFC 2449 §6.9).
        retr_sets_seen: whether a message that was sent whole by POP is ``\\Seen`` in IMAP from then on; POP itself has
            no such flag, and no RFC says it.
        read_only: the names of mailboxes, each one word, whose messages may be read and not changed. POP2 answers a
            deletion there as it does any other (RFC 937 p.9); IMAP opens them READ-ONLY (RFC 3501 §6.3.1) and puts
            nothing into them, but lets the mailbox as a whole be renamed or deleted. POP3 and SMTP know nothing of it.

    Delays and expiry are what POP3 can announce: a login by POP2 or IMAP waits for nothing, and neither of them removes
    what is old. ``sasl`` and ``plaintext`` hold in every protocol that has them, ``implementation`` is told by POP3
    (CAPA) and IMAP (ID), and IMAP, whose commands have tags, takes them as they come, whatever ``pipelining`` says.

    Raises:
        ValueError: a value is not of that form.
    """

    sasl: tuple[str, ...] | None = None
    plaintext: bool = True
    login_delay: int | str = 0
    login_delays: Mapping[str, int | str] | PerUser = ()
    expire: int | str | None = NEVER
    expires: Mapping[str, int | str] | PerUser = ()
    response_codes: bool = True
    pipelining: bool = True
    implementation: str = NAME
    retr_sets_seen: bool = False
    read_only: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        def put(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        if self.sasl is not None:
            put("sasl", tuple(_mechanism(name) for name in self.sasl))
        put("login_delay", _delay(self.login_delay))
        put("login_delays", _each(self.login_delays, _delay))
        put("expire", None if self.expire is None else _days(self.expire))
        put("expires", _each(self.expires, _days))
        put("read_only", tuple(sorted(map(_mailbox, self.read_only))))
        if self.implementation and not _TOKEN.fullmatch(self.implementation):
            raise ValueError(f"expected one word of ASCII for the implementation, got {self.implementation!r}")

    # What holds for whom

    def delay(self, user: str) -> int:
        """How long after a login of this user the next one is refused, in nanoseconds."""
        return int(dict(self.login_delays).get(user, self.login_delay))

    @property
    def longest_delay(self) -> int:
        """The longest delay of any user, in nanoseconds: what a stranger is told (RFC 2449 §6.5)."""
        return max(int(self.login_delay), *(int(delay) for _, delay in self._delays), 0)

    @property
    def delays_differ(self) -> bool:
        """Whether it is another one for another user."""
        return any(delay != self.login_delay for _, delay in self._delays)

    def expiry(self, user: str) -> int | None:
        """After how many days a message of this user is removed; None: never."""
        days = dict(self.expires).get(user, self.expire)
        return days if isinstance(days, int) else None

    @property
    def soonest_expiry(self) -> int | None:
        """The fewest days of any user: what a stranger is told (RFC 2449 §6.7). None: never."""
        return min((d for d in (self.expire, *(d for _, d in self._expiries)) if isinstance(d, int)), default=None)

    @property
    def expiries_differ(self) -> bool:
        """Whether it is another number for another user."""
        return any(days != self.expire for _, days in self._expiries)

    @property
    def _delays(self) -> PerUser:
        return tuple(dict(self.login_delays).items())

    @property
    def _expiries(self) -> PerUser:
        return tuple(dict(self.expires).items())

    # As a text

    @property
    def words(self) -> tuple[str, ...]:
        """What differs from the usual policy, a word for each; :meth:`parse` reads them."""
        words = [word for word, (name, value) in _SWITCHES.items() if getattr(self, name) == value]
        if self.sasl:
            words.append(f"sasl:{','.join(self.sasl)}")
        if self.login_delay:
            words.append(f"login-delay:{int(self.login_delay) // SECOND}s")
        words += [f"login-delay:{user}:{delay // SECOND}s" for user, delay in self._delays]
        if self.expire not in (NEVER, None):
            words.append(f"expire:{self.expire}")
        words += [f"expire:{user}:{days}" for user, days in self._expiries]
        if self.implementation not in (NAME, ""):
            words.append(f"implementation:{self.implementation}")
        words += [f"read-only:{name}" for name in self.read_only]
        return tuple(words)

    def __str__(self) -> str:
        return " ".join(self.words)

    @classmethod
    def parse(cls, *words: str) -> Policy:
        """Read words such as ``login-delay:60s``, ``expire:bob:30``, ``sasl:PLAIN,CRAM-MD5`` or ``no-pipelining``.

        Args:
            words: each one word, or several with spaces between them; a later one holds where two say the same.

        Raises:
            ValueError: a word is not understood; the message says which there are.
        """
        policy = cls()
        for word in " ".join(words).split():
            policy = policy._with(word)
        return policy

    def _with(self, word: str) -> Policy:
        name, colon, value = word.partition(":")
        user, second, of_user = value.rpartition(":")
        if not colon:
            return self._switched(word)
        if name == "sasl" and value:
            return replace(self, sasl=tuple(value.split(",")))
        if name == "implementation" and value:
            return replace(self, implementation=value)
        if name == "read-only" and value:
            return replace(self, read_only=(*self.read_only, value))
        if name == "login-delay":
            if second:
                return replace(self, login_delays={**dict(self.login_delays), user: of_user})
            return replace(self, login_delay=value)
        if name == "expire":
            if second:
                return replace(self, expires={**dict(self.expires), user: of_user})
            return replace(self, expire=value)
        raise _unknown(word)

    def _switched(self, word: str) -> Policy:
        if word not in _SWITCHES:
            raise _unknown(word)
        name, value = _SWITCHES[word]
        switched: dict[str, Any] = {name: value}
        return replace(self, **switched)


def _unknown(word: str) -> ValueError:
    return ValueError(
        "a policy is made of login-delay:60s, login-delay:NAME:60s, expire:DAYS, expire:NAME:DAYS, "
        f"sasl:PLAIN,CRAM-MD5, implementation:WORD, read-only:MAILBOX, {', '.join(_SWITCHES)}; got {word!r}"
    )


def _each(given: Mapping[str, Any] | PerUser, read: Any) -> PerUser:
    pairs: Iterable[tuple[str, Any]] = given.items() if isinstance(given, Mapping) else given
    return tuple(sorted((name, read(value)) for name, value in pairs))


def _mechanism(name: str) -> str:
    if not _TOKEN.fullmatch(name):
        raise ValueError(f"expected the name of a SASL mechanism such as PLAIN, got {name!r}")
    return name.upper()


def _mailbox(name: str) -> str:
    if not name or any(c.isspace() for c in name):
        raise ValueError(f"expected the name of a mailbox without spaces, such as Archive, got {name!r}")
    return name


def _delay(value: int | str) -> int:
    """Nanoseconds: whole seconds, as RFC 2449 §6.5 counts them."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0 and value % SECOND == 0:
        return value
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if not match:
        raise ValueError(f"expected a login delay in whole seconds, such as '60 s' or '15 min', got {value!r}")
    return int(match[1]) * _UNITS[match[2]] * SECOND


def _days(value: int | str) -> int | str:
    if value == NEVER:
        return NEVER
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdecimal() and len(text) < 6):
        raise ValueError(f"expected an expiry as a number of days, such as 30, or '{NEVER}', got {value!r}")
    return int(text)


USUAL = Policy()
"""The policy of a server that nobody has told anything."""
