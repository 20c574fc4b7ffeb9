"""Events, times, sizes and octets in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from popsim import protocols
from popsim.protocols.model import Occurrence
from popsim.timeline import Recorder, Timeline
from popsim.timeline.event import MESSAGE_SENT
from popsim.views import wording
from popsim.views.parts import parts
from popsim.views.reading import Reading
from tests.views.by_hand import MS, Script, header, lost, short

POP3 = protocols.find("pop3")


@pytest.mark.parametrize(
    ("nanoseconds", "words"),
    [
        (0, "0.0 ms"),
        (49_999, "0.0 ms"),
        (50_000, "0.1 ms"),
        (120_500_000, "120.5 ms"),
        (1_160 * MS, "1,160.0 ms"),
        (9_999 * MS, "9,999.0 ms"),
        (10_000 * MS, "10.000 s"),
        (30_358_100_000, "30.358 s"),
        (3_600_000 * MS, "3,600.000 s"),
    ],
)
def test_times(nanoseconds: int, words: str) -> None:
    assert wording.format_time(nanoseconds) == words


@pytest.mark.parametrize(
    ("nanoseconds", "words"),
    [
        (59_999_000_000, "59.999 s"),
        (60_000_000_000, "0:01:00"),
        (602_319_600_000, "0:10:02"),
        (3_599_500_000_000, "1:00:00"),
        (86_400_000_000_000, "1 d 0:00:00"),
        (345_604_297_000_000, "4 d 0:00:04"),
    ],
)
def test_moments_of_a_run_of_hours(nanoseconds: int, words: str) -> None:
    assert wording.format_moment(nanoseconds) == words


def test_sizes() -> None:
    assert wording.format_octets(1) == "1 octet"
    assert wording.format_octets(0) == "0 octets"
    assert wording.format_octets(1234) == "1,234 octets"
    assert wording.format_lines(1) == "1 line"
    assert wording.format_lines(1000) == "1,000 lines"


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"USER alice\r\n", "USER alice"),
        (b"+OK\r\nSubject: no\r\n.\r\n", "+OK"),
        (b"", ""),
        (b"\r\n", ""),
        (b"no line end", "no line end"),
        (b"bell \x07 and escape \x1b[31m\r\n", "bell \\x07 and escape \\x1b[31m"),
        (b"a\rb\r\n", "a\\x0db"),
        ("Mureșan, plăcintă\r\n".encode(), "Mureșan, plăcintă"),
        (b"latin \xe9t\xe9\r\n", "latin \\xe9t\\xe9"),
        ("turned \u202e round\r\n".encode(), "turned \\xe2\\x80\\xae round"),
        (b"x" * 76, "x" * 76),
        (b"x" * 77, "x" * 73 + "..."),
        (b"x" * 1_000_000, "x" * 73 + "..."),
        ("ș".encode() * 80, "ș" * 73 + "..."),
    ],
)
def test_first_line(octets: bytes, text: str) -> None:
    assert wording.first_line(octets) == text


@given(st.binary(max_size=400), st.integers(3, 100))
def test_a_first_line_is_printable_and_short(octets: bytes, longest: int) -> None:
    text = wording.first_line(octets, longest)
    assert text.isprintable()
    assert len(text) <= longest


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (b"PASS secret\r\n", b"PASS ****\r\n"),
        (b"pass a secret with spaces\r\n", b"pass ****\r\n"),
        (b"PASS  two spaces\r\n", b"PASS ****\r\n"),
        (b"PASS \x00\xff\r\n", b"PASS ****\r\n"),
        (b"PASS\r\n", b"PASS\r\n"),
        (b"USER alice\r\n", b"USER alice\r\n"),
        (b"APOP alice c4c9334bac560ecc979e58001b3e22fb\r\n", b"APOP alice c4c9334bac560ecc979e58001b3e22fb\r\n"),
        (b"RETR 1\r\n", b"RETR 1\r\n"),
        (b"\x00\xff\r\n", b"\x00\xff\r\n"),
    ],
)
def test_secrets_are_hidden(line: bytes, shown: bytes) -> None:
    assert Reading(sent_by_client(line)).command(line.removesuffix(b"\r\n")) == shown.removesuffix(b"\r\n")
    timeline = sent_by_client(line)
    assert Reading(timeline).shown(timeline[0]) == shown


def test_the_protocol_of_a_timeline() -> None:
    def named(**more: object) -> str:
        return str(wording.protocol_of(Timeline(Recorder(header(**more)))))

    assert named() == "POP3 (RFC 1939)"
    assert named(edition=1460, minimal=True) == "POP3 (RFC 1460, minimal)"
    with pytest.raises(ValueError, match="1081, 1225, 1460, 1725, 1939"):
        named(edition=822)


def test_every_event_in_words() -> None:
    timeline = short()
    words = [wording.describe(event, Reading(timeline, POP3)) for event in timeline]
    assert words[:8] == [
        "the connection is open at the client",
        "the connection is open at the server",
        "server greets with +OK ready; now AUTHORIZATION",
        "server is now in AUTHORIZATION",
        "client reads +OK ready",
        "client is now in AUTHORIZATION",
        "client sends USER alice",
        "server reads USER alice",
    ]
    assert "client sends PASS ****" in words
    assert "server answers +OK 64 octets and 6 lines, 58 octets" in words
    assert words[-2:] == ["the connection is closed at the server", "the connection is closed at the client"]


def sent_by_client(line: bytes) -> Timeline:
    recorder = Recorder(header())
    recorder.stream(0, 0).append(line)
    recorder.add(MESSAGE_SENT, 0, 0, end=len(line))
    return Timeline(recorder)


def test_who_reads_the_wire_sees_secrets() -> None:
    recorder = Recorder({**header(), "audience": "eavesdropper"})
    recorder.stream(0, 0).append(b"PASS secret\r\n")
    recorder.add(MESSAGE_SENT, 0, 0, end=13)
    timeline = Timeline(recorder)
    assert wording.describe(timeline[0], Reading(timeline)) == "client sends PASS secret"
    assert Reading(timeline).hidden(timeline[0]) == (0, 0)


def test_the_lines_of_an_exchange_are_no_commands() -> None:
    """A challenge is answered: what comes is a secret, whatever it looks like, and the next line is a command again."""
    assert not any(rule.reader for rule in POP3.rules)  # the plain edition has no exchange
    protocol = POP3.extended("SASL")
    recorder = Recorder({**header(), "extensions": list(protocol.enabled)})
    asks = next(r for r in protocol.resolved() if r.reader and not isinstance(r.trigger, Occurrence))
    script = [(0, b"AUTH PLAIN\r\n", None), (1, b"+ \r\n", asks), (0, b"RETR 1\r\n", None), (1, b"+OK\r\n", None),
              (0, b"RETR 1\r\n", None)]  # fmt: skip
    for end, octets, rule in script:
        stream = recorder.stream(0, end)
        values = {"0.server.rule": rule.id} if rule else None
        recorder.add(MESSAGE_SENT, 0, end, start=stream.length, end=stream.length + len(octets), values=values)
        stream.append(octets)
    timeline = Timeline(recorder)
    reading = Reading(timeline, protocol)
    assert [wording.said(event, reading) for event in timeline] == ["AUTH PLAIN", "+ ", "****", "+OK", "RETR 1"]
    assert [part.name for part in parts(timeline[2], reading)] == ["response", "CRLF"]
    assert reading.request(timeline[2]).trigger is Occurrence.CONTINUED


def test_a_lost_connection_in_words() -> None:
    timeline = lost()
    words = [wording.describe(event, Reading(timeline, POP3)) for event in timeline]
    assert "the connection is lost at the client" in words
    assert words[-1] == "server is now in CLOSED"


def test_several_connections_are_numbered() -> None:
    script = Script()
    script.opened(0)
    script.opened(1)
    timeline = script.timeline()
    assert [wording.describe(e, Reading(timeline, POP3)) for e in timeline][-1] == (
        "connection 1: the connection is open at the server"
    )


@pytest.mark.parametrize(
    ("kind", "values", "words"),
    [
        (9, {"mail.alice.lock": 0}, "the maildrop of alice is locked for connection 0"),
        (10, {"mail.alice.3": "deleted"}, "message 3 of alice marked as deleted"),
        (11, {f"mail.a.b.{n}": "kept" for n in (1, 2, 3, 7)}, "messages 1 to 3, 7 of a.b not marked any more"),
        (12, {"mail.alice.last": 2}, "the highest message-number of alice that was accessed is now 2"),
        (13, {"mail.alice.1": "removed"}, "message 1 of alice removed"),
        (13, {}, "no message removed"),
        (14, {"mail.alice.lock": None}, "the maildrop of alice is unlocked"),
    ],
)
def test_the_store_in_words(kind: int, values: dict[str, object], words: str) -> None:
    script = Script()
    script.recorder.add(kind, 0, 1, values=values)
    timeline = script.timeline()
    assert wording.describe(timeline[0], Reading(timeline, POP3)) == words
