"""Under TLS nothing is guessed: lengths, times and what the handshake says of itself are all that is told."""

from __future__ import annotations

import pytest

from popsim import Lab, pop3
from popsim.capture.conversation import Conversation
from popsim.capture.dissect import dissect, dissection
from popsim.capture.dissect_tls import records
from popsim.capture.overhear import overheard
from popsim.protocols import spoken
from popsim.timeline import Timeline
from popsim.timeline.event import CLIENT, SERVER
from tests.capture_dissect.sessions import moves, possible, value
from tests.capture_dissect.talk import GREETING, talk

HELLO = b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00"
ANSWER = b"\x16\x03\x03\x00\x0a\x02\x00\x00\x01\x00\x0b\x00\x00\x01\x00"
CHANGE = b"\x14\x03\x03\x00\x01\x01"
FINISHED = b"\x16\x03\x03\x00\x04\xaa\xbb\xcc\xdd"
DATA = b"\x17\x03\x03\x00\x03+OK"
SECURED = [("C", HELLO), ("S", ANSWER), ("C", CHANGE + FINISHED), ("S", CHANGE + FINISHED), ("C", DATA), ("S", DATA)]


def names(timeline: Timeline, endpoint: str) -> list[str]:
    sent = timeline.events("ciphertext", "Sent")
    return [value(event, "record") for event in sent if event.endpoint == endpoint]


def test_after_stls() -> None:
    heard = dissect([talk(GREETING, "C: STLS", "S: +OK", *SECURED)], pop3.extended())
    assert heard.stream(0, "client") == b"STLS\r\n" and heard.stream(0, "server") == b"+OK ready\r\n+OK\r\n"
    assert heard.wire(0, "client") == b"STLS\r\n" + HELLO + CHANGE + FINISHED + DATA
    assert names(heard, "client") == ["handshake: client hello", "change cipher spec", "handshake", "application data"]
    assert names(heard, "server")[0] == "handshake: server hello, certificate"
    assert len(heard.events("message", "Sent")) == 3
    assert [value(e, "state") for e in moves(heard, 0)][:3] == ["AUTHORIZATION", "TLS handshake", "AUTHORIZATION"]
    assert len(heard.events("stream", "Secured")) == 2
    blind = moves(heard, 0)[3]
    assert {"AUTHORIZATION", "TRANSACTION"} <= set(possible(blind)) and "TLS handshake" not in possible(blind)
    assert [value(e, "state") for e in moves(heard, 0)][4:] == ["CLOSED"]


def test_from_the_first_octet() -> None:
    heard = dissect([talk(*SECURED, port=995)])
    assert heard.stream(0, "client") == heard.stream(0, "server") == b"" and heard.is_secured(0)
    assert heard.events("message") == []
    assert heard.header["initial"]["0.server.state"] == "START"
    assert "TRANSACTION" in possible(moves(heard, 0)[-2]) and value(moves(heard, 0)[-1], "state") == "CLOSED"


def test_a_handshake_that_is_never_done() -> None:
    heard = dissect([talk(GREETING, "C: STLS", "S: +OK", *SECURED[:2], ending="")], pop3.extended())
    assert [value(e, "state") for e in moves(heard, 0)] == ["AUTHORIZATION", "TLS handshake"]
    assert heard.events("stream", "Secured") == []


def test_stls_refused() -> None:
    heard = dissect([talk(GREETING, "C: STLS", "S: -ERR", "C: CAPA", "S: -ERR")], pop3.extended())
    assert not heard.is_secured(0) and len(heard.events("message", "Sent")) == 5


def test_what_is_no_tls_after_stls_is_not_guessed_at() -> None:
    heard = dissect([talk(GREETING, "C: STLS", "S: +OK", "C: USER alice", "S: +OK")], pop3.extended())
    assert heard.is_secured(0) and names(heard, "client") == ["octets that are no record of TLS"]
    assert b"alice" not in heard.stream(0, "client")


@pytest.mark.parametrize(
    ("octets", "found"),
    [
        (b"", []),
        (b"\x16", [("handshake", False)]),
        (b"\x16\x03\x03\x40\x00ab", [("handshake", False)]),
        (b"\x16\x03\x03\xff\xff", [("octets that are no record of TLS", True)]),
        (b"\x15\x03\x03\x00\x02\x01\x00!", [("alert", True), ("octets that are no record of TLS", True)]),
        (b"\x16\x03\x03\x00\x04\xfe\0\0\0", [("handshake: unknown message", True)]),
    ],
)
def test_records(octets: bytes, found: list[tuple[str, bool]]) -> None:
    assert [(record.name, record.whole) for record in records(octets, 0, [])] == found


def test_a_gap_between_records() -> None:
    found = records(HELLO + DATA + DATA, 0, [len(HELLO) + 3])
    assert [record.end for record in found] == [len(HELLO), len(HELLO) + 3, len(HELLO + DATA + DATA)]


def clear_lab(*lines: str) -> Lab:
    lab = Lab(pop3.extended(), mail=None)
    lab.run(*lines)
    return lab


def test_an_eavesdropper_reads_a_password_and_none_under_tls() -> None:
    clear = clear_lab("USER alice", "PASS secret", "STAT")
    assert "C: PASS secret" in str(clear.overheard()) and "secret" not in str(clear)
    exchange = clear_lab("AUTH PLAIN", "AGFsaWNlAHNlY3JldA==")
    assert "C: AGFsaWNlAHNlY3JldA==" in str(exchange.overheard())
    sent = exchange.overheard().timeline.events("message", "Sent")
    event = next(e for e in sent if exchange.overheard().timeline.octets(e).startswith(b"AGF"))
    assert r"\x00alice\x00secret" in str(exchange.overheard().octets(event.index))
    hidden = clear_lab("STLS", "USER alice", "PASS secret", "STAT")
    heard = hidden.overheard()
    assert "PASS" not in str(heard) and "alice" not in str(heard)
    assert b"PASS" in hidden.timeline.stream(0, "client") and b"PASS" not in heard.timeline.stream(0, "client")
    assert heard.timeline.wire(0, "client") == hidden.timeline.wire(0, "client")
    assert hidden.state in possible(moves(heard.timeline, 0)[-1])
    for view in (heard.ladder(), heard.player(), heard.traffic(), heard.transcript()):
        assert str(view)
    assert heard.html() and heard.octets()


def test_what_is_overheard_is_dissected_from_octets_alone() -> None:
    """A record with its messages, moves and marks taken out is overheard alike."""
    from popsim.timeline import Recorder

    lab = clear_lab("USER alice", "PASS secret", "DELE 1", "QUIT")
    bare = Recorder({**lab.timeline.header, "mail": {}})
    for end in (CLIENT, SERVER):
        bare.stream(0, end).append(lab.timeline.stream(0, ("client", "server")[end]))
    places: dict[int, int] = {-1: -1}
    for event in lab.timeline:
        if event.layer in ("segment", "stream"):
            bare.now = event.time
            kind = {"Sent": 0, "Delivered": 1, "Dropped": 2, "Opened": 3, "Closed": 4, "Lost": 5}[event.kind]
            end = ("client", "server").index(event.endpoint)
            values = dict(event.values) if event.values else None
            cause = places.get(event.cause, -1)
            places[event.index] = bare.add(kind, 0, end, cause=cause, start=event.start, end=event.end, values=values)
    one, other = overheard(lab.timeline), overheard(Timeline(bare))
    assert [list(map(repr, one))] == [list(map(repr, other))]


@pytest.mark.parametrize(
    "noise", [b"", b"\0" * 500, bytes(range(256)), b"\r" * 9, b"+OK" * 99, b"\n" * 99, b".\r\n" * 9]
)
@pytest.mark.parametrize("begun", [True, False])
def test_noise_on_either_side(noise: bytes, begun: bool) -> None:
    for who in "CS":
        lines: list[str | tuple[str, bytes]] = [
            GREETING,
            (who, noise),
            "C: NOOP",
            "S: -ERR",
            ("C", noise),
            ("S", noise),
        ]
        found = dissection([talk(*lines, begun=begun, ending="reset")])
        assert found.timeline.stream(0, "server") and str(found.breaches) is not None


def test_other_protocols_on_the_port() -> None:
    web: Conversation = talk("C: GET / HTTP/1.1", "C: Host: x", "C: ", ("S", b"HTTP/1.1 400 no\r\n\r\n<html>\n"))
    mail = talk("S: 220 ready", "C: EHLO x", "S: 250-x", "S: 250 SIZE", "C: QUIT", "S: 221 bye")
    assert dissection([web]).breaches and dissection([web]).timeline.events("message")
    assert dissection([mail]).protocol.name == "smtp" and not dissection([mail]).breaches


def test_what_is_no_mail_is_not_dissected() -> None:
    web = talk("C: GET / HTTP/1.1", "C: ", ("S", b"HTTP/1.1 400 no\r\n\r\n<html>\n"), port=80)
    heard = dissect([web])
    assert heard.events("message") == [] and heard.events("segment") and heard.stream(0, "server")
    both = dissect([web, talk(GREETING, "C: QUIT", "S: +OK")])
    assert both.connections == [0] and both.header["addresses"] == [["192.0.2.1:40000", "192.0.2.2:110"]]


def test_each_conversation_is_read_by_its_own_table() -> None:
    mail = talk("S: 220 ready", "C: EHLO x", "S: 250 SIZE", port=25)
    boxes = talk("S: * OK ready", "C: a LOGOUT", "S: * BYE", "S: a OK", port=143)
    old = talk("S: + POP2 ready", "C: QUIT", "S: + bye", port=109)
    found = dissection([talk(GREETING, "C: QUIT", "S: +OK"), mail, boxes, old])
    assert [one and one.name for one in found.protocols] == ["pop3", "smtp", "imap", "pop2"]
    names = [spoken(found.timeline.header, number).name for number in found.timeline.connections]
    assert names == ["pop3", "smtp", "imap", "pop2"]
    states = [found.timeline.at(-1).state(connection=number) for number in (0, 2, 3)]
    assert states == ["START"] * 3 and found.breaches == ()
