"""What a server answers, read octet by octet without popsim, and what of it two servers can be held to."""

from __future__ import annotations

import socket
from dataclasses import dataclass

PATIENCE = 10.0
Facts = tuple[tuple[int, ...], ...]
_LISTS = {"LIST", "UIDL"}
_LINES = {"RETR", "TOP", "CAPA"}


@dataclass(frozen=True)
class Outcome:
    """What came of a command.

    Args:
        status: "+OK", "-ERR", "+", or "" where no answer came.
        lines: the lines after it as they crossed, without the lone dot; None for an answer of one line.
        facts: what the answer says that does not depend on who says it.
        goes_on: whether the session goes on.
    """

    status: str
    lines: bytes | None = None
    facts: Facts = ()
    goes_on: bool = True

    @property
    def kind(self) -> str:
        """What kind of answer it is: "+OK", "+OK lines", "-ERR, closes"."""
        lines = "" if self.lines is None else " lines"
        return f"{self.status or 'nothing'}{lines}{'' if self.goes_on else ', closes'}"


class Session:
    """A connection that asks in lock-step.

    Args:
        port: on 127.0.0.1.
    """

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._got = b""
        self._uids: dict[int, bytes] = {}
        self.greeting = self._line()

    def close(self) -> None:
        self._socket.close()

    def ask(self, line: bytes, keyword: str = "", *, one: bool = False, closes: bool = False) -> Outcome:
        """Send a command with its line end, and read the whole answer.

        Args:
            line: the command.
            keyword: which command it is, in upper case; "" for none that is known.
            one: whether a listing of one message is asked for, which is an answer of one line.
            closes: whether to look if the server closes the connection after the answer; this asks one thing more.
        """
        assert self._got == b"", f"nobody asked for {self._got[:200]!r}"
        try:
            self._socket.sendall(line)
            answer = self._line()
        except ConnectionError:
            answer = b""
        status = next((mark for mark in ("+OK", "-ERR", "+") if answer.startswith(mark.encode())), "")
        if not status:
            assert answer == b"", f"this is no answer: {answer[:200]!r}"
            return Outcome("", goes_on=False)
        text = answer[len(status) :].strip()
        lines: bytes | None = None
        facts: Facts = ()
        if status == "+OK":
            lines, facts = self._rest(keyword, text, one)
        return Outcome(status, lines, facts, not (closes and self._is_closed()))

    def _rest(self, keyword: str, text: bytes, one: bool) -> tuple[bytes | None, Facts]:
        """The lines of an answer, and the facts in it. Of names and unique-ids, each server has its own."""
        if keyword == "STAT":
            return None, (tuple(int(word) for word in text.split(b" ")[:2]),)
        if keyword in _LISTS and one:
            return None, (self._row(keyword, text),)
        # A positive answer to AUTH that shows the names of mechanisms is an answer of lines, and it has no text.
        if keyword not in _LISTS | _LINES and not (keyword == "AUTH" and text == b""):
            return None, ()
        rows = []
        while (row := self._line()) != b".":
            rows.append(row + b"\r\n")
        lines = b"".join(rows)
        if keyword in _LISTS:
            return b"", tuple(self._row(keyword, row.removesuffix(b"\r\n")) for row in rows)
        return (b"" if keyword in ("CAPA", "AUTH") else lines), ()

    def _row(self, keyword: str, row: bytes) -> tuple[int, ...]:
        """A row of a listing: number and size; of unique-ids the number only, and each must be the same each time."""
        number, rest = row.split(b" ", 1)
        if keyword == "LIST":
            return int(number), int(rest)
        uid = self._uids.setdefault(int(number), rest)
        assert uid == rest and list(self._uids.values()).count(uid) == 1, (row, self._uids)
        return (int(number),)

    def _line(self) -> bytes:
        while b"\r\n" not in self._got:
            data = self._socket.recv(65536)
            if not data:
                raise ConnectionResetError("the server has closed the connection")
            self._got += data
        line, _, self._got = self._got.partition(b"\r\n")
        return line

    def _is_closed(self) -> bool:
        """Whether the connection ends now. Asked by a command that is answered by lines in every state."""
        try:
            self._socket.sendall(b"CAPA\r\n")
            while self._line() != b".":  # what the server may have said on its own is among it
                pass
        except ConnectionError:
            return True
        return False
