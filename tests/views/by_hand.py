"""Timelines written by hand, event by event, so that the views are tested without an engine or a wire."""

from popsim.timeline import Recorder, Timeline
from popsim.timeline.event import (
    CLIENT,
    MESSAGE_DELIVERED,
    MESSAGE_SENT,
    MOVED,
    SERVER,
    STREAM_CLOSED,
    STREAM_LOST,
    STREAM_OPENED,
)

MS = 1_000_000
NAMES = ("client", "server")


def header(**more: object) -> dict[str, object]:
    """The header of a POP3 recording."""
    return {"protocol": "pop3", "edition": 1939, "minimal": False, "extensions": [], "mail": {}, **more}


class Script:
    """Writes a session down: the caller moves the clock, and sends and reads messages by separate calls."""

    def __init__(self, **more: object) -> None:
        self.recorder = Recorder(header(**more))
        self.sent: dict[tuple[int, int], int] = {}
        self.cause: dict[tuple[int, int], int] = {}

    def wait(self, milliseconds: float) -> None:
        self.recorder.now += int(milliseconds * MS)

    def opened(self, connection: int = 0) -> None:
        for end in (CLIENT, SERVER):
            self.recorder.stream(connection, end)
            values = {f"{connection}.{NAMES[end]}.state": "START", f"{connection}.connection": "open"}
            self.recorder.add(STREAM_OPENED, connection, end, values=values)

    def send(self, end: int, octets: bytes, connection: int = 0, rule: str = "") -> tuple[int, int, int]:
        stream = self.recorder.stream(connection, end)
        start = stream.length
        stream.append(octets)
        place = f"{connection}.{NAMES[end]}"
        values = {f"{place}.rule": rule, f"{place}.reply": octets.split()[0].decode()} if rule else {}
        values[f"{place}.sent"] = stream.length  # type: ignore[assignment]
        cause = self.cause.get((connection, end), -1)
        sent = self.recorder.add(
            MESSAGE_SENT, connection, end, cause=cause, start=start, end=stream.length, values=values
        )
        return sent, start, stream.length

    def read(self, end: int, message: tuple[int, int, int], connection: int = 0) -> None:
        cause, start, stop = message
        values = {f"{connection}.{NAMES[1 - end]}.delivered": stop}
        self.cause[connection, end] = self.recorder.add(
            MESSAGE_DELIVERED, connection, end, cause=cause, start=start, end=stop, values=values
        )

    def moved(self, end: int, state: str, connection: int = 0) -> None:
        values = {f"{connection}.{NAMES[end]}.state": state}
        self.recorder.add(MOVED, connection, end, cause=self.cause.get((connection, end), -1), values=values)

    def command(
        self,
        line: bytes,
        answer: bytes,
        rule: str,
        state: str = "",
        *,
        delay: float = 40,
        connection: int = 0,
    ) -> None:
        """The client's command and the server's answer, each with its delay, and the state that follows."""
        request = self.send(CLIENT, line, connection)
        self.wait(delay)
        self.read(SERVER, request, connection)
        reply = self.send(SERVER, answer, connection, rule)
        if state:
            self.moved(SERVER, state, connection)
        self.wait(delay)
        self.read(CLIENT, reply, connection)
        if state:
            self.moved(CLIENT, state, connection)

    def greet(self, line: bytes = b"+OK ready\r\n", *, delay: float = 40, connection: int = 0) -> None:
        reply = self.send(SERVER, line, connection, "START|opened|always")
        self.moved(SERVER, "AUTHORIZATION", connection)
        self.wait(delay)
        self.read(CLIENT, reply, connection)
        self.moved(CLIENT, "AUTHORIZATION", connection)

    def ended(self, kind: int = STREAM_CLOSED, connection: int = 0) -> None:
        word = "lost" if kind == STREAM_LOST else "closed"
        for end in (SERVER, CLIENT):
            self.recorder.add(kind, connection, end, values={f"{connection}.connection": word})

    def timeline(self) -> Timeline:
        return Timeline(self.recorder)


def short() -> Timeline:
    """Log in, fetch one message, quit: the smallest session that shows every kind of line."""
    script = Script(mail={"alice": [[1, 64, "one", "Dan", "Key"]]})
    script.wait(40)
    script.opened()
    script.greet(b"+OK ready\r\n")
    script.command(b"USER alice\r\n", b"+OK go on\r\n", "AUTHORIZATION|USER name|name accepted", "USER accepted")
    script.command(
        b"PASS secret\r\n",
        b"+OK welcome\r\n",
        "USER accepted|PASS string|name and secret are right, maildrop locked",
        "TRANSACTION",
    )
    body = b"+OK 64 octets\r\nFrom: Dan\r\nSubject: Key\r\n\r\n..It is where it was.\r\nDan\r\n.\r\n"
    script.command(b"RETR 1\r\n", body, "TRANSACTION|RETR msg|message there")
    request = script.send(CLIENT, b"QUIT\r\n")
    script.wait(40)
    script.read(SERVER, request)
    script.moved(SERVER, "UPDATE")
    reply = script.send(SERVER, b"+OK bye\r\n", rule="UPDATE|committed|all marked messages removed")
    script.moved(SERVER, "CLOSED")
    script.wait(40)
    script.read(CLIENT, reply)
    script.moved(CLIENT, "UPDATE")
    script.moved(CLIENT, "CLOSED")
    script.ended()
    return script.timeline()


def lost() -> Timeline:
    """The line is cut while a command is on its way; three of its six octets have arrived."""
    script = Script(mail={"alice": [[1, 64, "one", "Dan", "Key"]]})
    script.opened()
    script.greet(delay=10)
    script.command(b"USER alice\r\n", b"+OK\r\n", "AUTHORIZATION|USER name|name accepted", "USER accepted")
    _, start, _ = script.send(CLIENT, b"QUIT\r\n")
    script.wait(20)
    script.recorder.add(STREAM_LOST, 0, SERVER, values={"0.client.delivered": start + 3})
    script.recorder.add(STREAM_LOST, 0, CLIENT)
    script.moved(SERVER, "CLOSED")
    return script.timeline()
