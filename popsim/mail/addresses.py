"""The addresses in a header field (RFC 5322 §3.4, §4.4), as octets: names, groups, routes, local parts and domains.

The standard library reads addresses too, but it drops routes and group names, which an IMAP envelope shows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from popsim.mail.fields import quoted, skip_blanks

_ATOM = re.compile(rb'[^\x00-\x20\x7f()<>\[\]:;@\\,."]+')
_LITERAL = re.compile(rb"\[(?:[^\[\]\\]|\\.)*\]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Address:
    """One address, or one end of a group.

    Args:
        name: the display name; where a bare address has none, the last comment beside it, as in old mail
            (RFC 5322 §3.4); None without either.
        route: the hosts that mail should pass (RFC 5322 §4.4), such as ``@one,@two``; None without.
        mailbox: the local part without its quotes; the name of a group at its beginning, None at its end.
        host: the domain, nothing where the sender left it out; None at both ends of a group.
    """

    name: bytes | None
    route: bytes | None
    mailbox: bytes | None
    host: bytes | None


LONGEST = 1 << 18
"""Octets of a field that are read for addresses: some ten thousand of them."""
_END = Address(None, None, None, None)


def addresses(body: bytes) -> tuple[Address, ...]:
    """The addresses in an unfolded field body; what is none is passed over up to the next comma."""
    return _Reader(body[:LONGEST]).read()


class _Reader:
    def __init__(self, body: bytes) -> None:
        self._body, self._place = body, 0
        self._comment: bytes | None = None

    def read(self) -> tuple[Address, ...]:
        found: list[Address] = []
        in_group = False
        self._blanks()
        while self._place < len(self._body):
            start = self._place
            self._comment = None
            self._blanks()
            at = self._at()
            if at == b",":
                self._place += 1
            elif at == b";":
                self._place += 1
                if in_group:
                    found.append(_END)
                    in_group = False
            else:
                group = self._one(found, in_group)
                in_group = in_group or group
            if self._place == start:
                self._place += 1  # an octet that begins nothing
        if in_group:
            found.append(_END)
        return tuple(found)

    def _one(self, found: list[Address], in_group: bool) -> bool:
        """Read one address into `found`; True where it is the beginning of a group."""
        words = self._words()
        at = self._at()
        if at == b":" and not in_group and words:
            self._place += 1
            found.append(Address(None, None, _phrase(words), None))
            return True
        if at == b"<":
            self._place += 1
            address = self._in_brackets(_phrase(words) if words else None)
            self._comment = None
        elif at == b"@":
            self._place += 1
            host = self._domain()
            address = Address(None, None, _local(words), host)
            self._blanks()
        elif len(words) > 1 and not _is_local(words):
            address = Address(_phrase(words), None, b"", b"")
        elif words:
            address = Address(None, None, _local(words), b"")
        else:
            return False
        if address.name is None and self._comment is not None:
            address = Address(self._comment, address.route, address.mailbox, address.host)
        self._to_separator()
        found.append(address)
        return False

    def _in_brackets(self, name: bytes | None) -> Address:
        """The address after ``<``."""
        self._blanks()
        route: list[bytes] = []
        while self._at() in (b"@", b","):
            if self._at() == b"@":
                self._place += 1
                route.append(b"@" + self._domain())
            else:
                self._place += 1
                self._blanks()
        if route and self._at() == b":":
            self._place += 1
            self._blanks()
        local = _local(self._words())
        host = b""
        if self._at() == b"@":
            self._place += 1
            host = self._domain()
        return Address(name, b",".join(route) if route else None, local, host)

    def _words(self) -> list[bytes]:
        """Atoms, quoted strings and dots that follow each other; a quoted string keeps its first quote as a mark."""
        words: list[bytes] = []
        while True:
            self._blanks()
            at = self._at()
            if at == b'"':
                text, self._place = quoted(self._body, self._place)
                words.append(b'"' + text)
            elif at == b".":
                words.append(b".")
                self._place += 1
            elif atom := _ATOM.match(self._body, self._place):
                words.append(atom[0])
                self._place = atom.end()
            else:
                return words

    def _domain(self) -> bytes:
        """A domain or a domain literal, without the blanks in it (RFC 5322 §3.4.1, §4.4)."""
        self._blanks()
        if literal := _LITERAL.match(self._body, self._place):
            self._place = literal.end()
            self._blanks()
            return literal[0]
        labels: list[bytes] = []
        while True:
            if atom := _ATOM.match(self._body, self._place):
                labels.append(atom[0])
                self._place = atom.end()
            elif self._at() == b".":
                labels.append(b".")
                self._place += 1
            else:
                return b"".join(labels)
            self._blanks()
            if labels[-1] != b"." and self._at() != b".":
                return b"".join(labels)

    def _to_separator(self) -> None:
        """Pass over what is left of an address, up to the comma or semicolon after it."""
        self._blanks()
        while (at := self._at()) not in (b"", b",", b";"):
            if at == b'"':
                _, self._place = quoted(self._body, self._place)
            else:
                self._place += 1
            self._blanks()

    def _blanks(self) -> None:
        self._place, comment = skip_blanks(self._body, self._place)
        if comment is not None:
            self._comment = comment

    def _at(self) -> bytes:
        return self._body[self._place : self._place + 1]


def _is_local(words: list[bytes]) -> bool:
    """Whether the words are one local part: no two of them beside each other without a dot."""
    return not any(one != b"." and two != b"." for one, two in zip(words, words[1:], strict=False))


def _local(words: list[bytes]) -> bytes:
    """A local part: its words without quotes and without the blanks around its dots (RFC 5322 §4.4)."""
    return _joined(words, after_dot=b"")


def _phrase(words: list[bytes]) -> bytes:
    """A display name: its words with one space between them; a dot stands at the word before it (RFC 5322 §4.1)."""
    return _joined(words, after_dot=b" ")


def _joined(words: list[bytes], after_dot: bytes) -> bytes:
    pieces: list[bytes] = []
    between = b""
    for word in words:
        if word == b".":
            pieces.append(word)
            between = after_dot
        else:
            pieces += (between, word.removeprefix(b'"'))
            between = b" "
    return b"".join(pieces)
