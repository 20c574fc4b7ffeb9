"""A dot-ended upload: the model's shapes for a protocol like SMTP."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popsim.engine.client import ClientEngine
from popsim.engine.plan import UPLOAD_LIMIT
from popsim.engine.server import ServerEngine
from popsim.mail.message import Message
from popsim.protocols.audit import audit
from popsim.protocols.model import Reader, Reply
from popsim.protocols.protocol import Protocol
from popsim.timeline.event import CLIENT, SERVER
from tests.probes import upload
from tests.probes.shuttle import WHOLE, Shuttle
from tests.probes.upload import LARGEST, UPLOAD, UploadService


def test_the_table_is_sound() -> None:
    assert [str(finding) for finding in audit(UPLOAD)] == []


def in_text(piece: int = WHOLE) -> tuple[Shuttle, UploadService]:
    """A session in which the text may come."""
    service = UploadService()
    shuttle = Shuttle(UPLOAD, service, piece)
    shuttle.say("MAIL FROM:<alice@example.org>")
    asked = shuttle.say("DATA")
    assert (asked.reply, asked.reader) == (upload.START_MAIL, Reader.DOT_ENDED)
    return shuttle, service


@pytest.mark.parametrize("piece", [1, 2, 5, WHOLE])
def test_a_session_octet_for_octet(piece: int) -> None:
    shuttle, service = in_text(piece)
    assert shuttle.states == ("text", "text")
    assert shuttle.go_on(b"Subject: dots\r\n\r\n..\r\n...\r\n..one\r\nQUIT\r\n.\r\n").reply is upload.DONE
    assert shuttle.states == ("waits for mail", "waits for mail")
    shuttle.say("QUIT")
    assert service.taken == [b"Subject: dots\r\n\r\n.\r\n..\r\n.one\r\nQUIT\r\n"]
    assert shuttle.sent(SERVER) == (
        b"220 probe.example\r\n250 go on\r\n354 end with a lone dot\r\n250 taken\r\n221 bye\r\n"
    )


# Each is a way in which a server somewhere took another end for the end of the text ("smuggling").
NO_ENDS = [
    b"\n.\n",
    b"\r\n.\n",
    b"\n.\r\n",
    b"\r.\r",
    b"\r\n.\r",
    b"\r.\r\n",
    b"\n\n.\r\n",
    b"\r\n..\r\n",
    b"\x00\r\n\x00.\r\n",
]


@pytest.mark.parametrize("no_end", NO_ENDS)
@pytest.mark.parametrize("piece", [1, WHOLE])
def test_only_one_end_ends_it(no_end: bytes, piece: int) -> None:
    shuttle, service = in_text(piece)
    octets = b"a" + no_end + b"MAIL FROM:<mallory@example.org>\r\n.\r\n"
    assert shuttle.go_on(octets).reply is upload.DONE
    lines = octets[:-3].split(b"\r\n")
    assert service.taken == [b"\r\n".join(line.removeprefix(b".") for line in lines)]  # RFC 5321 §4.5.2
    assert shuttle.sent(SERVER).count(b"\r\n") == 4


def test_a_dot_after_a_bare_lf_stays() -> None:
    """Dots are added to lines, and only CRLF ends a line: what follows a bare LF was not stuffed."""
    shuttle, service = in_text()
    shuttle.go_on(b"a\n.b\r\n..c\r\n.\r\n")
    assert service.taken == [b"a\n.b\r\n.c\r\n"]


def test_an_empty_text_and_a_dot_alone() -> None:
    shuttle, service = in_text()
    shuttle.go_on(b".\r\n")
    shuttle.say("MAIL FROM:<>")
    shuttle.say("DATA")
    shuttle.go_on(b"..\r\n.\r\n")
    assert service.taken == [b"", b".\r\n"]


def test_an_unwanted_text_is_refused_after_its_end() -> None:
    shuttle, service = in_text()
    answer = shuttle.go_on(b"Unwanted\r\n.\r\n")
    assert (answer.reply, answer.text) == (upload.REFUSED, b"no thank you (RFC 5321 section 4.2.5)")
    assert shuttle.states == ("waits for mail", "waits for mail")
    assert service.taken == []


@pytest.mark.parametrize("piece", [1, 100, WHOLE])
@pytest.mark.parametrize(("size", "fits"), [(LARGEST - 3, True), (LARGEST - 2, False), (10 * LARGEST, False)])
def test_a_text_too_large_is_refused_cleanly(size: int, fits: bool, piece: int) -> None:
    shuttle, service = in_text(piece)
    text = b"x" * (size - 2) + b"\r\n"
    answer = shuttle.go_on(text + b".\r\n")
    assert answer.reply is (upload.DONE if fits else upload.TOO_LARGE)
    assert service.taken == ([text] if fits else [])
    if not fits:
        assert answer.text == b"too much at once: at most 2000 octets (RFC 5321 section 4.5.3.1.9)"
    assert shuttle.states == ("waits for mail", "waits for mail")
    assert shuttle.say("MAIL FROM:<>").positive and shuttle.say("DATA").reader  # and the session goes on
    assert shuttle.go_on(b"small\r\n.\r\n").positive


def test_a_table_without_a_limit_has_the_engines() -> None:
    limits = tuple(limit for limit in UPLOAD.table.limits if limit.name != "upload")
    protocol = Protocol(replace(UPLOAD.table, limits=limits), number=5321, enabled=(3030, 4954))
    engine = ServerEngine(protocol, service := UploadService())
    engine.opened()
    engine.receive(b"MAIL FROM:<>\r\nDATA\r\n")
    megabyte = (b"x" * 1022 + b"\r\n") * 1024
    for _ in range(UPLOAD_LIMIT // len(megabyte) + 1):
        engine.receive(megabyte)
    engine.receive(b".\r\nQUIT\r\n")
    assert b"".join(engine.take()).endswith(
        b"552 too much at once: at most 33554432 octets (RFC 5321 section 4.5.3.1.9)\r\n221 bye\r\n"
    )
    assert service.taken == []


def test_commands_that_come_with_the_text_wait_for_its_end() -> None:
    engine = ServerEngine(UPLOAD, service := UploadService())
    engine.opened()
    engine.receive(b"MAIL FROM:<>\r\nDATA\r\nQUIT\r\nRSET\r\n.\r\nDATA\r\nMAIL FROM:<>\r\nQUIT\r\nMAIL FROM:<>\r\n")
    marks = [line[:3] for line in b"".join(engine.take()).splitlines()]
    assert marks == [b"220", b"250", b"354", b"250", b"503", b"250", b"221"]
    assert service.taken == [b"QUIT\r\nRSET\r\n"]


@settings(derandomize=True, deadline=None, max_examples=100)
@given(
    st.lists(st.sampled_from([b".", b"..", b"\r\n", b"\r", b"a", b"\x00", b".\r\n"]), max_size=30), st.integers(1, 40)
)
def test_any_message_comes_in_as_it_went_out(parts: list[bytes], piece: int) -> None:
    message = Message.of(b"".join(parts))
    shuttle, service = in_text(piece)
    assert shuttle.go_on(message.dot_stuffed).positive
    assert service.taken == [message.octets]
    assert shuttle.sent(CLIENT).endswith(b"\r\n.\r\n")


# Replies of several lines


@pytest.mark.parametrize("piece", [1, 4, WHOLE])
def test_a_reply_may_have_several_lines(piece: int) -> None:
    shuttle = Shuttle(UPLOAD, UploadService(), piece)
    shuttle.client.request("EHLO me.example")
    shuttle.client.request("MAIL FROM:<>")
    hello, sender = shuttle.carry()
    assert shuttle.sent(SERVER).endswith(b"250-probe.example\r\n250-SIZE 2000\r\n250 AUTH ONE\r\n250 go on\r\n")
    assert (hello.reply, hello.text, hello.untagged) == (upload.DONE, b"AUTH ONE", (b"probe.example", b"SIZE 2000"))
    assert (sender.reply, sender.text, sender.untagged) == (upload.DONE, b"go on", ())
    read = [e for e in shuttle.timeline.events("message", "Delivered") if e.endpoint == "client"]
    assert [shuttle.timeline.octets(e).count(b"\r\n") for e in read] == [1, 3, 1]


@pytest.mark.parametrize("piece", [1, WHOLE])
@pytest.mark.parametrize(
    ("octets", "reply", "text", "untagged"),
    [
        (b"250 a\r\n", upload.DONE, b"a", ()),
        (b"250\r\n", upload.DONE, b"", ()),
        (b"250-a\r\n250\r\n", upload.DONE, b"", (b"a",)),
        (b"250-\r\n250--b\r\n250 -c\r\n", upload.DONE, b"-c", (b"", b"-b")),
        (b"250-250 a\r\n250 b\r\n", upload.DONE, b"b", (b"250 a",)),
        (b"250-a\r\n251 b\r\n", None, b"251 b", (b"250-a",)),
        (b"251-a\r\n250-b\r\n250 c\r\n", None, b"250 c", (b"251-a", b"250-b")),
        (b"250-a\r\nQUIT\r\n", None, b"QUIT", (b"250-a",)),
        (b"299-a\r\n299 b\r\n", None, b"299 b", (b"a",)),
        (b"2500 a\r\n", None, b"2500 a", ()),
        (b"25-a\r\n", None, b"25-a", ()),
    ],
)
def test_how_a_reply_is_read(
    octets: bytes, reply: Reply | None, text: bytes, untagged: tuple[bytes, ...], piece: int
) -> None:
    """All lines have one status, or the reply has none; and it is one reply, whatever is in it (RFC 5321 §4.2.1)."""
    client = ClientEngine(UPLOAD)
    client.receive(b"220 ready\r\n")
    client.request("MAIL FROM:<>")
    client.request("QUIT")
    octets += b"221-bye\r\n221 bye\r\n"
    mail, gone = [r for start in range(0, len(octets), piece) for r in client.receive(octets[start : start + piece])]
    assert (mail.reply, mail.text, mail.untagged) == (reply, text, untagged)
    assert (gone.reply, gone.text, gone.untagged) == (upload.BYE, b"bye", (b"bye",))


@settings(derandomize=True, deadline=None, max_examples=100)
@given(
    st.lists(st.sampled_from([b"250", b"334", b"-", b" ", b"\r\n", b"\r\n", b"\n", b"x", b"\xff"]), max_size=40),
    st.integers(1, 9),
)
def test_noise_never_raises_and_sees_no_cuts(parts: list[bytes], piece: int) -> None:
    octets, heard = b"".join(parts), []
    for size in (piece, 1, WHOLE):
        client = ClientEngine(UPLOAD)
        for line in ("EHLO x", "AUTH ONE", "DATA"):
            client.request(line)
        step = min(size, len(octets) or 1)
        heard.append([r for start in range(0, len(octets), step) for r in client.receive(octets[start : start + step])])
    assert heard[0] == heard[1] == heard[2]


# Exchanges


def test_a_login_is_an_exchange() -> None:
    shuttle = Shuttle(UPLOAD, UploadService())
    asked = shuttle.say("AUTH ONE")
    assert (asked.reply, asked.reader, asked.text) == (upload.CHALLENGE, Reader.LINE, b"")
    assert shuttle.sent(SERVER).endswith(b"334 \r\n")  # RFC 4954 §4: the space stays
    assert shuttle.go_on(b"secret\r\n").reply is upload.WELCOME
    shuttle.say("AUTH ONE")
    assert shuttle.go_on(b"*\r\n").reply is upload.NOT_KNOWN
    assert shuttle.states == ("waits for mail", "waits for mail")


def test_counted_octets_come_without_being_asked_for() -> None:
    engine = ServerEngine(UPLOAD, service := UploadService())
    engine.opened()
    engine.receive(b"MAIL FROM:<>\r\nBDAT 6\r\nQUIT\r\nMAIL FROM:<>\r\nBDAT 0\r\n")
    assert b"".join(engine.take()).count(b"250 taken") == 2
    assert service.taken == [b"QUIT\r\n", b""]


@pytest.mark.parametrize("piece", [1, WHOLE])
def test_a_text_may_be_sent_line_by_line(piece: int) -> None:
    shuttle, service = in_text(piece)
    for line in (b"Subject: dots\r\n", b"\r\n", b"..\r\n", b".", b"x\r\n", b".", b"\r", b"\n"):
        assert shuttle.client.exchange_open and not shuttle.client.waiting
        shuttle.client.carry_on(line)
        answers = shuttle.carry()
    assert [a.reply for a in answers] == [upload.DONE] and not shuttle.client.exchange_open
    assert service.taken == [b"Subject: dots\r\n\r\n.\r\nx\r\n"]
    assert shuttle.states == ("waits for mail", "waits for mail")
    ends = [e for e in shuttle.timeline.events("message") if "server" in (e.endpoint, e.sender)]
    sent = [e for e in shuttle.timeline.events("message", "Sent") if e.endpoint == "client"]
    (text,) = [e for e in ends if e.kind == "Delivered" and e.endpoint == "server" and e.end == sent[-1].end]
    assert text.cause == sent[-1].index and shuttle.timeline.octets(text).startswith(b"Subject")


def test_what_comes_behind_the_dot_is_a_command() -> None:
    shuttle, service = in_text()
    shuttle.client.carry_on(b"a\r\n.\r\nMAIL FROM:<>\r\nQUIT\r\n")
    assert [a.reply for a in shuttle.carry()] == [upload.DONE, upload.DONE, upload.BYE]
    assert shuttle.client.waiting == 0 and service.taken == [b"a\r\n"]


def test_lines_that_were_sent_as_commands_are_text_too() -> None:
    """Whatever they are called, the server reads on to the dot."""
    shuttle, service = in_text()
    shuttle.client.carry_on(b"a\r\n")
    shuttle.client.request("QUIT")
    assert shuttle.carry() == [] and shuttle.client.exchange_open
    shuttle.client.request(".")
    assert [a.reply for a in shuttle.carry()] == [upload.DONE] and service.taken == [b"a\r\nQUIT\r\n"]
