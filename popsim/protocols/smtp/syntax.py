"""What stands in SMTP's commands: paths, mailboxes, domains, parameters (RFC 5321 §4.1.2, §4.1.3; RFC 821 §4.1.2)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from popsim.protocols.kind import NotRead, Syntax

OLD = 821
"""The edition whose grammar is another one."""
FROM, TO = "FROM:", "TO:"
"""What stands before a reverse-path and before a forward-path."""
POSTMASTER = "postmaster"
"""The name that every server has, in whatever case (RFC 5321 §4.5.1)."""

_ATOM = rb"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = rb"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_NEW_DOMAIN = rb"(?:%s(?:\.%s)*|\[[!-Z^-~]+\])" % (_LABEL, _LABEL)
_ELEMENT = rb"(?:%s|#[0-9]+|\[[0-9]{1,3}(?:\.[0-9]{1,3}){3}\])" % _LABEL
_OLD_DOMAIN = rb"%s(?:\.%s)*" % (_ELEMENT, _ELEMENT)
_QUOTED = rb'"(?:[ !#-\[\]-~]|\\[ -~])*"'
_NEW_LOCAL = rb"(?:%s(?:\.%s)*|%s)" % (_ATOM, _ATOM, _QUOTED)
_OLD_STRING = rb"(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]|\\[ -~])+"
_OLD_LOCAL = rb"(?:%s(?:\.%s)*|%s)" % (_OLD_STRING, _OLD_STRING, _QUOTED)

_PLAIN = re.compile(rb"%s(?:\.%s)*" % (_ATOM, _ATOM))
_ESCAPED = re.compile(r"\\(.)")
_IPV4 = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_TAGGED = re.compile(r"([A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?):(.+)")
_PARAMETER = re.compile(rb"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([!-<>-~]+))?")
_XTEXT = re.compile(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})*")
_HEX = re.compile(r"\+([0-9A-F]{2})")


class Mailbox(NamedTuple):
    """Somebody's mailbox.

    Args:
        local: the local part as it is meant, with nothing quoted: all quoted forms of a name are one (§4.1.2).
        domain: the domain as it was written; "" for the postmaster of whatever host this is.
    """

    local: str
    domain: str

    def __str__(self) -> str:
        """The mailbox with no more quotes than it needs (§4.1.2)."""
        local = self.local
        if not _PLAIN.fullmatch(local.encode()):
            local = '"' + re.sub(r'(["\\])', r"\\\1", local) + '"'
        return f"{local}@{self.domain}" if self.domain else local


class Path(NamedTuple):
    """A reverse-path or forward-path.

    Args:
        mailbox: whose it is; None for the null reverse-path, to which nothing is ever answered.
        size: how many octets it has with all its punctuation (§4.5.3.1.3).
        route: the hosts of a source route, which is read and then ignored (§4.1.1.3).
    """

    mailbox: Mailbox | None
    size: int = 2
    route: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The path without its route: ``<alice@popsim.example>``."""
        return f"<{self.mailbox or ''}>"

    @property
    def routed(self) -> str:
        """The path with its route, as RFC 821 §4.1.1 (Example 8) keeps it for the way back."""
        hosts = ",".join(f"@{host}" for host in self.route)
        return f"<{hosts}:{self.mailbox}>" if hosts else str(self)


class Parameter(NamedTuple):
    """A parameter of a service extension: its keyword in capitals, and its value or None."""

    keyword: str
    value: str | None


class _Grammar:
    """The forms of one edition, as patterns."""

    def __init__(self, domain: bytes, local: bytes, spaces: bool, has_postmaster: bool) -> None:
        self.domain = re.compile(domain)
        self.path = re.compile(rb"<(?:(@%s(?:,@%s)*):)?(%s)@(%s)>" % (domain, domain, local, domain))
        self.spaces = spaces
        self.has_postmaster = has_postmaster

    def begin(self, text: bytes, place: int) -> int:
        """Where an argument begins: RFC 821 §4.1.2 allows several spaces before it."""
        while self.spaces and text[place : place + 1] == b" ":
            place += 1
        return place


_NEW = _Grammar(_NEW_DOMAIN, _NEW_LOCAL, False, True)
_OLDER = _Grammar(_OLD_DOMAIN, _OLD_LOCAL, True, False)


def _syntax(name: str, words: str, read: Callable[[_Grammar, bytes, int], tuple[object, int]]) -> Syntax:
    """A kind of argument that the editions spell each in its own way."""
    new, old = Syntax(name, words, partial(read, _NEW)), Syntax(name, words, partial(read, _OLDER))

    def either(text: bytes, place: int) -> tuple[object, int]:
        try:
            return new.read(text, place)
        except NotRead:
            return old.read(text, place)

    return Syntax(name, words, either, lambda rfcs: old if OLD in rfcs else new)


def _client(grammar: _Grammar, text: bytes, place: int) -> tuple[str, int]:
    """The client's name; what follows an address literal is let pass (§4.1.1.1)."""
    place = grammar.begin(text, place)
    match = grammar.domain.match(text, place)
    if match is None or not _is_address(match[0].decode()):
        raise NotRead("a domain such as client.example or an address such as [127.0.0.1]")
    name, end = match[0].decode(), match.end()
    return name, len(text) if name.startswith("[") and text[end : end + 1] == b" " else end


def _labelled(label: str, grammar: _Grammar, text: bytes, place: int) -> int:
    """Where the path begins behind its label, in whatever case; no space stands on either side of the colon (§3.3)."""
    place = grammar.begin(text, place)
    end = place + len(label)
    if text[place:end].upper() != label.encode():
        raise NotRead(f"{label} and a path such as <alice@popsim.example>, without a space between")
    return end


def _reverse(grammar: _Grammar, text: bytes, place: int) -> tuple[Path, int]:
    place = _labelled(FROM, grammar, text, place)
    if text.startswith(b"<>", place):
        return Path(None), place + 2
    return _path(grammar, text, place)


def _forward(grammar: _Grammar, text: bytes, place: int) -> tuple[Path, int]:
    place = _labelled(TO, grammar, text, place)
    end = place + len(POSTMASTER) + 2
    if grammar.has_postmaster and text[place:end].lower() == b"<%s>" % POSTMASTER.encode():
        return Path(Mailbox(text[place + 1 : end - 1].decode(), ""), end - place), end
    return _path(grammar, text, place)


def _path(grammar: _Grammar, text: bytes, place: int) -> tuple[Path, int]:
    match = grammar.path.match(text, place)
    if match is None:
        raise NotRead("a path such as <alice@popsim.example>, in pointed brackets")
    domain = match[3].decode()
    route = tuple(match[1].decode()[1:].split(",@")) if match[1] else ()
    if not all(_is_address(host) for host in (*route, domain)):
        raise NotRead(f"a path with an address such as [127.0.0.1], and {domain} is none (RFC 5321 section 4.1.3)")
    return Path(Mailbox(unquoted(match[2].decode()), domain), len(match[0]), route), match.end()


def unquoted(local: str) -> str:
    """A local part as it is meant: what a backslash or quotes hide is itself."""
    inner = local[1:-1] if local.startswith('"') else local
    return _ESCAPED.sub(r"\1", inner)


def _is_address(domain: str) -> bool:
    """Whether a domain is none of the literals, or one that is an address (§4.1.3)."""
    if not domain.startswith("[") or not domain.endswith("]"):
        return True
    literal = domain[1:-1]
    if _IPV4.fullmatch(literal):
        return all(int(number) < 256 for number in literal.split("."))
    tag = _TAGGED.fullmatch(literal)
    if tag is None:
        return False
    return tag[1].lower() != "ipv6" or _is_ipv6(tag[2])


def _is_ipv6(address: str) -> bool:
    from ipaddress import AddressValueError, IPv6Address

    try:
        IPv6Address(address)
    except AddressValueError:
        return False
    return "%" not in address


def _parameters(text: bytes, place: int) -> tuple[tuple[Parameter, ...], int]:
    found = []
    for part in text[place:].split(b" "):
        match = _PARAMETER.fullmatch(part)
        if match is None:
            raise NotRead("a list such as KEYWORD=value KEYWORD, each after one space")
        found.append(Parameter(match[1].decode().upper(), match[2].decode() if match[2] else None))
    return tuple(found), len(text)


def mailbox(text: str) -> Mailbox | None:
    """The mailbox that a text such as ``alice@popsim.example`` is, or None."""
    match = _NEW.path.fullmatch(b"<" + text.encode("utf-8", "replace") + b">")
    if match is None or match[1] or not _is_address(match[3].decode()):
        return None
    return Mailbox(unquoted(match[2].decode()), match[3].decode())


def decoded(xtext: str) -> str | None:
    """What a text in the form of xtext says, or None where it is not in that form (RFC 4954 §8)."""
    if not _XTEXT.fullmatch(xtext):
        return None
    return _HEX.sub(lambda match: chr(int(match[1], 16)), xtext)


CLIENT = _syntax("domain", "a domain or an address literal", _client)
REVERSE_PATH = _syntax(f"{FROM}<reverse-path>", "the sender's path, or <>", _reverse)
FORWARD_PATH = _syntax(f"{TO}<forward-path>", "a recipient's path", _forward)
PARAMETERS = Syntax("parameters", "parameters such as KEYWORD=value", _parameters)
