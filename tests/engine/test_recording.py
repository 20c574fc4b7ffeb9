"""A message is stuffed once, and sent and recorded as the one piece of octets that it is."""

from __future__ import annotations

import pytest

from popsim.mail import message as mail_message
from tests.engine.scene import LOGIN, connect, recorded, session, stage


def test_every_retr_hands_out_the_same_octets() -> None:
    server = stage()
    mine = connect(server)
    mine.send(LOGIN)
    (message, *_) = server.store.accounts["alice"].maildrop.messages
    pieces = []
    for _ in range(3):
        mine.engine.receive(b"RETR 1\r\n")
        line, body = mine.engine.take()
        assert line.startswith(b"+OK") and body is message.dot_stuffed
        pieces.append(body)
    assert pieces[0] is pieces[1] is pieces[2]


def test_the_record_holds_the_piece_itself() -> None:
    mine = session()
    mine.send(LOGIN)
    mine.engine.receive(b"RETR 2\r\nRETR 2\r\n")
    stream = mine.watcher.recorder.stream(0, 1)
    for piece in mine.engine.take():
        stream.append(piece)
    held = [p for p in stream._pieces if p.endswith(b"\r\n.\r\n")]  # noqa: SLF001 - what is meant is the object
    assert len(held) == 2 and held[0] is held[1]


def test_stuffing_is_done_once(monkeypatch: pytest.MonkeyPatch) -> None:
    class Counting:
        times = 0

        def sub(self, new: bytes, octets: bytes) -> bytes:
            Counting.times += 1
            return octets.replace(b"\n.", new)

    monkeypatch.setattr(mail_message, "_DOTTED_LINE", Counting())
    server = stage()
    for _ in range(3):
        mine = connect(server)
        mine.send(LOGIN + b"RETR 2\r\nRETR 2\r\nRETR 2\r\nQUIT\r\n")
    assert Counting.times == 1


def test_what_a_server_writes_down() -> None:
    mine = session()
    mine.send(b"USER alice\r\nFOO\r\n")
    rows = [(e.layer, e.kind, e.cause, e.start, e.end, dict(e.values or {})) for e in recorded(mine)]
    assert rows == [
        ("message", "Sent", -1, 0, 57, {"0.server.rule": "START|opened|always", "0.server.reply": "+OK"}),
        ("session", "Moved", -1, 0, 0, {"0.server.state": "AUTHORIZATION", "0.server.rule": "START|opened|always"}),
        ("message", "Delivered", -1, 0, 12, {}),
        (
            "message", "Sent", 2, 57, 92,
            {"0.server.rule": "AUTHORIZATION|USER name|name accepted", "0.server.reply": "+OK"},
        ),
        (
            "session", "Moved", 2, 0, 0,
            {"0.server.state": "USER accepted", "0.server.rule": "AUTHORIZATION|USER name|name accepted"},
        ),
        ("message", "Delivered", -1, 12, 17, {}),
        (
            "message", "Sent", 5, 92, rows[6][4],
            {"0.server.rule": "USER accepted|unrecognized command|always", "0.server.reply": "-ERR"},
        ),
        (
            "session", "Moved", 5, 0, 0,
            {"0.server.state": "AUTHORIZATION", "0.server.rule": "USER accepted|unrecognized command|always"},
        ),
    ]  # fmt: skip


def test_an_engine_without_an_observer_does_the_same() -> None:
    from popsim import pop3
    from popsim.engine.server import ServerEngine
    from popsim.protocols.pop3.server import Pop3Service
    from tests.engine.scene import TIMESTAMP

    octets = LOGIN + b"LIST\r\nRETR 2\r\nDELE 2\r\nQUIT\r\n"
    watched, server = session(), stage()
    bare = ServerEngine(pop3, Pop3Service(pop3, server.store, timestamp=TIMESTAMP))
    bare.opened()
    bare.take()
    bare.receive(octets)
    assert b"".join(bare.take()) == watched.send(octets)
