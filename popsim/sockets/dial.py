"""Performs a script on a real connection: what a mail reader does in virtual time, it does here with a real server.

perform(visit(...), "mail.example.org", 995)
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from popsim.engine.client import ClientEngine
from popsim.engine.response import Response
from popsim.engine.script import CarryOn, Connect, Disconnected, Hang, Listen, Script, Send, Step, Wait
from popsim.protocols.protocol import Protocol
from popsim.sockets.dial_line import Line
from popsim.sockets.trust import Trust

if TYPE_CHECKING:
    from popsim.sockets.recording import Recording
    from popsim.sockets.tape import Tape

T = TypeVar("T")

TIMEOUT = 60.0
"""Seconds of silence after which a server is given up."""
FAREWELL = 0.5
"""Seconds in which a server may close the connection itself after the last answer."""


def perform(
    script: Script[T],
    host: str,
    port: int,
    *,
    protocol: Protocol,
    trust: Trust | None = None,
    timeout: float = TIMEOUT,
    progress: Callable[[int], object] | None = None,
    record: Recording | None = None,
) -> T:
    """Perform a script to its end, and return what it returns.

    Whatever goes wrong with the connection is thrown into the script as ``Disconnected``, at the step at which it
    went wrong: the name that nobody has, the port on which nobody listens, the certificate that is not trusted, the
    silence that was too long, the end before the answer.

    Args:
        script: what to do.
        host, port: the server; it is also the name that its certificate must be for.
        protocol: the edition to speak.
        trust: whose certificates are taken; by default those of the system's authorities.
        timeout: seconds of silence after which the server is given up.
        progress: is told, whenever octets come, how many: of plaintext where there is TLS.
        record: where each connection writes what this end said, heard and saw crossing.
    """
    dial = Dial(host, port, protocol, trust or Trust(), timeout=timeout, progress=progress, record=record)
    try:
        step = next(script)
        while True:
            try:
                answers = dial.do(step)
            except Disconnected as lost:
                dial.close()
                step = script.throw(lost)
            else:
                step = script.send(answers)
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        script.close()
        dial.close()


def recording(protocol: Protocol, host: str, port: int) -> Recording:
    """An empty recording for what :func:`perform` does with a server."""
    from popsim.protocols import named
    from popsim.sockets.recording import Bound, Recording

    title = f"{protocol}, a client of {host}, port {port}"
    return Recording({**named(protocol), "title": title, "scenario": "", "mail": {}}, Bound())


class Dial:
    """Does one step after another, on one connection at a time. For its arguments see :func:`perform`."""

    def __init__(
        self,
        host: str,
        port: int,
        protocol: Protocol,
        trust: Trust,
        *,
        timeout: float,
        progress: Callable[[int], object] | None,
        record: Recording | None,
    ) -> None:
        self._host, self._port, self._protocol, self._trust = host, port, protocol, trust
        self._timeout, self._progress, self._record = timeout, progress, record
        self._line: Line | None = None
        self._engine = ClientEngine(protocol)
        self._tape: Tape | None = None
        self._count = 0
        self._answers: list[Response] = []
        self._news: list[Response] = []

    def do(self, step: Step) -> list[Response]:
        """Do one step, and return the answers that it brought.

        Raises:
            Disconnected: the connection was lost, or there was none.
        """
        match step:
            case Connect():
                return self._connect(step.secure)
            case Send():
                return self._say(lambda: [self._engine.request(line) for line in step.lines], len(step.lines))
            case CarryOn():
                return self._say(lambda: self._engine.carry_on(step.line + b"\r\n"), 1)
            case Wait():
                time.sleep(step.nanoseconds / 1e9)
            case Listen():
                return self._listen(step.nanoseconds / 1e9)
            case Hang():
                self._hang()
        return []

    def close(self) -> None:
        """Close the connection, if there is one."""
        line, self._line = self._line, None
        if line is not None:
            line.close()
            if self._tape:
                self._tape.ended(self._engine.state)
            self._engine.lost()

    # Steps

    def _connect(self, secure: bool) -> list[Response]:
        self.close()
        if self._record is not None:
            from popsim.sockets.tape import Tape
            from popsim.timeline.event import CLIENT

            self._tape = Tape(self._record, self._count, CLIENT)
            self._count += 1
        self._engine, self._answers, self._news = ClientEngine(self._protocol, self._tape), [], []
        self._line = Line(self._host, self._port, self._timeout, self._tape)
        early = self._line.secure(self._trust) if secure else b""
        self._engine.opened()
        self._take(early)
        return self._wait_for(1)

    def _say(self, say: Callable[[], object], wanted: int) -> list[Response]:
        line = self._connected()
        if (early := line.waiting()) is not None:
            self._take(early)  # what nobody asked for yet is no answer to what comes now
        self._answers.clear()
        self._news.clear()
        if self._tape:
            self._tape.tick()
        say()
        pieces = self._engine.take()
        if self._tape:
            self._tape.spoke(pieces)
        line.send(b"".join(pieces))
        return self._wait_for(wanted)

    def _wait_for(self, wanted: int) -> list[Response]:
        """The answers to what was sent. Raises Disconnected, with those that came, where some are missing."""
        line, answers = self._connected(), self._answers
        try:
            while len(answers) < wanted and not self._engine.securing:
                self._take(line.exchange())
            if self._engine.securing:
                early = line.secure(self._trust)
                self._engine.secured()
                self._take(early)
        except Disconnected as lost:
            missing = wanted - len(answers)
            told = f"; {missing} of {wanted} answers had not come" if missing and wanted > 1 else ""
            raise Disconnected(f"{lost}{told}", tuple(answers)) from None
        if len(answers) < wanted:
            raise Disconnected("what was asked behind the beginning of TLS is never answered", tuple(answers))
        found, self._answers = answers, []  # they hold whole messages
        return found

    def _listen(self, seconds: float) -> list[Response]:
        """What the server says unasked; what it said behind the last answer is heard now."""
        line, end = self._connected(), time.monotonic() + seconds
        while not self._news and (left := end - time.monotonic()) > 0:
            self._take(line.listen(left))
        news, self._news = self._news, []
        return news

    def _hang(self) -> None:
        if self._line is None:
            return
        try:
            end = time.monotonic() + FAREWELL
            while time.monotonic() < end:
                self._take(self._line.exchange(FAREWELL))
        except Disconnected:
            pass
        self.close()

    def _take(self, plaintext: bytes) -> None:
        """Octets of the server have come."""
        if self._tape:
            self._tape.tick()
        if self._progress and plaintext:
            self._progress(len(plaintext))
        for answer in self._engine.receive(plaintext):
            if answer.is_news:
                self._news.append(answer)
                continue
            if answer.request is None:
                # Whatever comes now, nobody can say what it answers: to go on might be to mark what was not kept.
                text = answer.text[:60].decode("latin-1")
                raise Disconnected(f"{self._host} said what nobody had asked for: {text!r}")
            self._answers.append(answer)

    def _connected(self) -> Line:
        if self._line is None:
            raise Disconnected("there is no connection: the script must ask for one first")
        return self._line
