"""How a mail reader talks to an IMAP server: tags in order, strings as they can cross, literals when asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable

from popsim.engine.entering import Refused, said
from popsim.engine.response import Response
from popsim.engine.script import CarryOn, Script, Send
from popsim.protocols.imap import word_table as words
from popsim.protocols.model import Form
from popsim.protocols.protocol import Protocol

_CODE = re.compile(rb"\[([^\] \r\n]+)(?: ([^\]\r\n]*))?\]")
_ATOM = re.compile(rb'[^\x00-\x20\x7f-\xff(){%*"\\\]]+')
_QUOTABLE = re.compile(rb"[\x01-\x09\x0b\x0c\x0e-\x7f]*")


class Literal(bytes):
    """Octets that cross as a literal, whatever they are."""


def string(text: str | bytes) -> bytes:
    """An argument that is a string: an atom or in quotes where it can be, else a literal (RFC 3501 §9, astring)."""
    octets = text.encode() if isinstance(text, str) else text
    if _ATOM.fullmatch(octets):
        return octets
    if _QUOTABLE.fullmatch(octets):
        return b'"%b"' % octets.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    return Literal(octets)


def code_of(answer: Response) -> tuple[str, str]:
    """The code in square brackets that opens an answer's text, and what stands behind it there; "" for none."""
    match = _CODE.match(answer.text)
    return (match[1].decode("latin-1").upper(), (match[2] or b"").decode("latin-1")) if match else ("", "")


def refused(what: str, answer: Response) -> Refused:
    """What to raise where the server said no."""
    return Refused(f"{what}: {said(answer)}", code_of(answer)[0])


class Talk:
    """One connection as a mail reader has it.

    Args:
        protocol: which commands may be tried.

    Attributes:
        capabilities: what the server has announced, in capitals; those of the moment.
    """

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol
        self.capabilities: frozenset[str] = frozenset()
        self._count = 0

    def can(self, form: Form, capability: str = "") -> bool:
        """Whether a command may be sent: the protocol has it, and the server announces what it belongs to."""
        return form in self.protocol.forms and (not capability or capability.upper() in self.capabilities)

    def command(self, form: Form, *arguments: bytes) -> tuple[bytes, ...]:
        """A command with the next tag (a1, a2, ...): its first line, and what follows each literal's announcement."""
        self._count += 1
        pieces = [b"a%d %b" % (self._count, form.keyword.encode())]
        # Where the server takes literals unasked the command is whole at once (RFC 7888 §4).
        at_once = words.CAP_LITERAL_PLUS.tag in self.capabilities
        for argument in arguments:
            if not isinstance(argument, Literal):
                pieces[-1] += b" " + argument
            elif at_once:
                pieces[-1] += b" {%d+}\r\n%b" % (len(argument), argument)
            else:
                pieces[-1] += b" {%d}" % len(argument)
                pieces.append(bytes(argument))
        return tuple(pieces)

    def ask(self, form: Form, *arguments: bytes) -> Script[Response]:
        """Send one command and return the answer that ends it; a refused literal ends it too (RFC 3501 §7.5)."""
        first, *rest = self.command(form, *arguments)
        (answer,) = yield Send((first,))
        for piece in rest:
            if answer.reader is None:
                break
            (answer,) = yield CarryOn(piece)
        return answer

    def ask_all(self, commands: Iterable[tuple[Form, tuple[bytes, ...]]]) -> Script[list[Response]]:
        """Send commands without literals at once, and return the answers to all of them."""
        lines = [self.command(form, *arguments)[0] for form, arguments in commands]
        return (yield Send(tuple(lines))) if lines else []

    def need(self, form: Form, *arguments: bytes) -> Script[Response]:
        """The same as :meth:`ask`, where there is no going on without it. Raises Refused where it is refused."""
        answer = yield from self.ask(form, *arguments)
        if not answer.positive:
            raise refused(f"{form.keyword} was refused", answer)
        return answer
