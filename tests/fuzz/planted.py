"""Bugs to be planted, each for a target that must find it: a run that does not proves nothing.

Each is deep enough that seeds and chance alone do not come to it: the input has to go through several states first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from popsim.capture import dissect_tls
from popsim.engine.client import ClientEngine
from popsim.engine.server import ServerEngine
from popsim.protocols.model import Form
from popsim.tls.records import record_name
from tests.fuzz import mail_planted
from tests.fuzz.mail_planted import Planted, Planting


def server() -> Callable[[], None]:
    """A TOP of no lines of a message, after RSET took back the mark on it, ends in an error nobody catches."""
    decide = ServerEngine._decide

    def wrong(self: ServerEngine, trigger: Any, request: Any) -> Any:
        seen = self.__dict__.setdefault("_planted", [])
        if isinstance(trigger, Form) and self.state.name == "TRANSACTION":
            seen.append((trigger.keyword, request.arguments))
            words = [keyword for keyword, _ in seen]
            if (
                words[-1] == "TOP"
                and request.arguments[1] == 0
                and "DELE" in words
                and "RSET" in words[words.index("DELE") :]
            ):
                raise Planted
        return decide(self, trigger, request)

    setattr(ServerEngine, "_decide", wrong)  # noqa: B010 - it is its base's
    return lambda: setattr(ServerEngine, "_decide", decide)


def client() -> Callable[[], None]:
    """An answer of two lines to the fourth command, of which the second begins with two dots and a CR, is an error."""
    finish = ClientEngine._finish

    def wrong(self: ClientEngine, request: Any, reply: Any, text: bytes, body: bytes | None, rules: Any) -> None:
        if body is not None and body.startswith(b".\r") and body.count(b"\r\n") == 2:
            raise Planted
        finish(self, request, reply, text, body, rules)

    setattr(ClientEngine, "_finish", wrong)  # noqa: B010 - it is its base's
    return lambda: setattr(ClientEngine, "_finish", finish)


def dissector() -> Callable[[], None]:
    """A handshake record that begins with an empty message is an error."""
    name = record_name

    def wrong(record: bytes, is_protected: bool = False) -> str:
        if record[:1] == b"\x16" and record[5:9] == b"\0\0\0\0":
            raise Planted
        return name(record, is_protected)

    setattr(dissect_tls, "record_name", wrong)  # noqa: B010 - it is another module's name there
    return lambda: setattr(dissect_tls, "record_name", name)


PLANTED: dict[str, Planting] = {
    **{plant.__name__: Planting(plant.__name__, plant) for plant in (server, client, dissector)},
    **mail_planted.PLANTED,
}
