"""What a server's line says first: its status, as the table has it."""

from __future__ import annotations

from popsim.protocols.model import Reader, Reply, Unit
from popsim.protocols.protocol import Protocol

DIGITS = 3
"""How many digits a status of digits has (RFC 5321 §4.2)."""
_BEHIND = (b" ", b"-", b"\r", b"\n")


class Statuses:
    """The statuses of one protocol, and how its answers are framed.

    Args:
        protocol: whose table is asked.
    """

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol
        self.is_tagged = protocol.table.tagged
        """Whether commands have tags, which their answers repeat."""
        self.has_status_lines = any(Unit.STATUS_LINES in rule.units for rule in protocol.rules)
        self.has_counted = any(Unit.COUNTED in rule.units for rule in protocol.rules)
        self.has_text = any(rule.reader is Reader.DOT_ENDED for rule in protocol.rules)
        self._has_words = self.is_tagged or self.has_status_lines
        self._has_signs_alone = all(len(reply.mark) == 1 for reply in protocol.replies)
        self._marks = [(r.mark.encode(), r) for r in sorted(protocol.replies, key=lambda r: -len(r.mark))]

    def status(self, line: bytes) -> tuple[Reply | None, bool]:
        """The status that opens a line, if any, and whether it is written as it must be."""
        for exact in (True, False):
            text = line if exact else line.upper()
            for mark, reply in self._marks:
                rest = text[len(mark) : len(mark) + 1]
                # RFC 1957: a space after the status is not required; a lone sign says too little without one.
                is_word = self._has_words or (len(mark) == 1 and not self._has_signs_alone)
                if text.startswith(mark) and (not is_word or rest in b" \r\n"):
                    return reply, exact
        return None, False

    def alike(self, line: bytes) -> tuple[Reply, ...]:
        """The statuses that an unknown one of digits is like: its first digit tells (RFC 5321 §4.3.2)."""
        if not self.has_status_lines or not line[:DIGITS].isdigit() or line[DIGITS : DIGITS + 1] not in _BEHIND:
            return ()
        return tuple(reply for mark, reply in self._marks if mark[:1] == line[:1])

    def begun_status(self, text: bytes) -> tuple[Reply, ...]:
        """The statuses of which an unfinished line may be the beginning."""
        whole, exact = self.status(text)
        if whole and exact and len(whole.mark) > 1:
            return (whole,)
        return tuple(reply for mark, reply in self._marks if mark.startswith(text) or text.startswith(mark))
