"""What is spoken on a connection, as words of a scenario: ``imap edition=3501 extension=2177 tls``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from popsim.protocols import find
from popsim.protocols.protocol import Protocol

TLS = "tls"
ALONE = ("minimal", TLS)
"""The settings that are a word without a value."""
_OF_A_PROTOCOL = ("edition", "extension", "minimal", "without")

Settings = dict[str, list[str]]


class Speech(NamedTuple):
    """What is spoken on a connection.

    Args:
        protocol: the edition and its extensions.
        tls: whether TLS comes first, before the greeting (RFC 8314 §3).
    """

    protocol: Protocol
    tls: bool = False

    @classmethod
    def parse(cls, text: str) -> Speech:
        """Read such words.

        Raises:
            ValueError: a word is not understood; the message says which and what was expected.
        """
        name, *rest = text.split()
        settings = settings_of(rest)
        protocol, tls = protocol_of(name, settings), bool(settings.pop(TLS, []))
        if settings:
            raise ValueError(f"what is spoken on a connection has no setting {next(iter(settings))!r}")
        return cls(protocol, tls)

    def __str__(self) -> str:
        return " ".join([*words(self.protocol), *([TLS] if self.tls else [])])


def words(protocol: Protocol) -> list[str]:
    """The words that stand for a protocol: :func:`protocol_of` reads them."""
    found = [protocol.name, f"edition={protocol.number}", *(["minimal"] if protocol.is_minimal else [])]
    found += [f"extension={number}" for number in protocol.enabled]
    return found + [f"without={keyword}" for keyword in protocol.omitted]


def protocol_of(name: str, settings: Settings) -> Protocol:
    """The protocol of that name with these settings, which are taken out.

    Raises:
        ValueError: there is no such protocol, edition, extension or command.
    """
    edition, extensions, minimal, without = (settings.pop(setting, []) for setting in _OF_A_PROTOCOL)
    protocol = find(name)
    if edition:
        protocol = protocol.edition(edition[-1])
    if extensions:
        protocol = protocol.extended(*extensions)
    if minimal:
        protocol = protocol.minimal()
    return protocol.without(*without)


def settings_of(words: Iterable[str]) -> Settings:
    """The settings that words such as ``edition=1939`` or ``tls`` stand for, each with its values.

    Raises:
        ValueError: a word is neither ``name=value`` nor one that stands alone.
    """
    found: Settings = {}
    for word in words:
        name, sign, value = word.partition("=")
        if bool(sign) is (name in ALONE):
            raise ValueError(
                f"expected settings as name=value, or {' or '.join(ALONE)} alone, before '--'; got {word!r}"
            )
        found.setdefault(name, []).append(value or name)
    return found
