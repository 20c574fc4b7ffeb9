"""Views of protocols that are not like POP3: what was sent in pieces, news, data before a status, several at once."""

import pytest

from popsim import Lab
from popsim.protocols import find
from popsim.timeline import Timeline
from popsim.views.flights import Fate, flights
from popsim.views.ladder import ladder
from popsim.views.octets import octets
from popsim.views.player import player
from popsim.views.player.payload import Payload
from popsim.views.reading import Reading
from popsim.views.traffic import traffic
from popsim.views.transcript import transcript
from popsim.views.wording import describe, told
from tests.views.sessions import SESSIONS


@pytest.fixture(scope="module")
def mixed() -> Timeline:
    return SESSIONS["mixed"]()


@pytest.fixture(scope="module")
def of_1985() -> Timeline:
    return SESSIONS["of_1985"]()


def found(timeline: Timeline, octets: bytes, kind: str = "Sent") -> int:
    """The index of the event in which a message that begins so left, or was read."""
    messages = timeline.events("message", kind)
    return next(event.index for event in messages if timeline.octets(event).startswith(octets))


def lines(timeline: Timeline) -> list[str]:
    """The lines of the transcript without their times."""
    return [line[13:] for line in str(transcript(timeline)).splitlines()]


# Messages on their way


def test_lines_that_are_read_in_one_piece_were_read(mixed: Timeline) -> None:
    """Four lines of text left one after another; the server reads them as one message."""
    read = found(mixed, b"Subject: Hi\r\n\r\n..\r\n.\r\n", "Delivered")
    by_first = {flight.first.index: flight for flight in flights(mixed)}
    for line in (b"Subject: Hi\r\n", b"\r\n", b"..\r\n", b".\r\n"):
        flight = by_first[found(mixed, line)]
        assert flight.fate is Fate.READ and flight.came == mixed[read]
    assert {flight.fate for flight in flights(mixed)} == {Fate.READ}
    record = Payload(mixed).record
    assert {record.fate(event.index) for event in mixed if event.layer == "message"} == {""}
    assert "never read" not in str(transcript(mixed)) + str(ladder(mixed))


def test_a_line_of_a_text_that_goes_on_was_not_read_yet() -> None:
    lab = Lab(find("smtp"))
    lab.run("EHLO client.example", "MAIL FROM:<a@example.org>", "RCPT TO:<alice@popsim.example>", "DATA", "half a text")
    last = [flight for flight in flights(lab.timeline) if flight.first.sender == "client"][-1]
    assert last.fate is not Fate.READ and last.first.kind == "Sent"


# Words


def test_an_answer_with_data_says_how_it_ends(mixed: Timeline) -> None:
    reading = Reading(mixed)
    answer = mixed[found(mixed, b"* 2 FETCH")]
    assert told(answer, reading) == r"* 2 FETCH (FLAGS (\Flagged \Recent)) ... a3 OK"
    assert told(mixed[found(mixed, b"* FLAGS")], reading, 24) == "* FLAGS (\\A... ... a2 OK"
    words = describe(answer, reading)
    assert words == rf"connection 0: server answers {told(answer, reading)} and 1 line, 14 octets"
    news = mixed[found(mixed, b"* 9 EXISTS")]
    assert describe(news, reading) == "connection 0: server tells * 9 EXISTS and 1 line, 12 octets"
    greeting = mixed[found(mixed, b"220")]
    assert " server greets with 220 popsim.example " in describe(greeting, reading)
    assert r"* 2 FETCH (FLAGS (\Flagged \Recent)) ... a3 OK" in str(ladder(mixed))


def test_the_transcript_has_the_lines_as_they_are(mixed: Timeline) -> None:
    shown = lines(mixed)
    place = shown.index(r"[0] S: * 2 FETCH (FLAGS (\Flagged \Recent))")
    assert shown[place + 1] == "[0]    a3 OK stored"
    assert shown[shown.index("[1] C: Subject: Hi") + 1] == "[1] C:"
    assert "[0]    Selected -> IDLE in Selected" in shown
    assert "[2]    USER accepted -> TRANSACTION" in shown


def test_both_ends_have_states_and_a_state_that_stays_is_no_line(of_1985: Timeline) -> None:
    shown = [line.strip() for line in lines(of_1985)]
    moves = [line for line in shown if " -> " in line]
    assert moves[:4] == [
        "client: START -> CALL",
        "server: START -> AUTH",
        "client: CALL -> NMBR",
        "server: AUTH -> MBOX",
    ]
    assert not [line for line in moves if line.split(" -> ")[0].split(": ")[1] == line.split(" -> ")[1]]
    # READ 7 comes while the client waits for a length, and FOLD INBOX while it waits for a number.
    assert shown[shown.index("C: READ 7") + 1].startswith("S: =")
    reading = Reading(of_1985)
    said = [describe(event, reading) for event in of_1985.events("session")]
    assert said.count("client stays in SIZE") == 1 and said.count("client stays in NMBR") == 1
    assert "<b" in transcript(of_1985).html() and "client: " in transcript(of_1985).html()


# Octets


def names(timeline: Timeline, index: int) -> list[tuple[str, bytes]]:
    shown = octets(timeline, index)
    return [(part.name, shown.data[part.start : part.end]) for part in shown.parts]


def test_the_octets_of_an_answer_with_a_literal(mixed: Timeline) -> None:
    assert names(mixed, found(mixed, b"* 9 FETCH")) == [
        ("untagged", b"*"), ("number", b"9"), ("word", b"FETCH"), ("values", b"(BODY[TEXT] {3}"), ("CRLF", b"\r\n"),
        ("literal", b".\r\n"), ("values", rb"FLAGS (\Recent \Seen))"), ("CRLF", b"\r\n"),
        ("tag", b"a5"), ("status", b"OK"), ("text", b"fetched"), ("CRLF", b"\r\n"),
    ]  # fmt: skip


def test_a_status_without_a_tag_has_its_code(mixed: Timeline) -> None:
    parts = names(mixed, found(mixed, b"* FLAGS"))
    place = parts.index(("code", b"[UNSEEN 1]"))
    assert parts[place - 2 : place] == [("untagged", b"*"), ("status", b"OK")]
    legend = [(entry.name, entry.meaning) for entry in octets(mixed, found(mixed, b"* FLAGS")).legend]
    assert len(legend) == len(set(legend)) and [name for name, _ in legend].count("word") == 3


def test_the_octets_of_several_status_lines_and_of_a_text(mixed: Timeline) -> None:
    assert names(mixed, found(mixed, b"250-")) == [
        ("status", b"250"), ("more", b"-"), ("text", b"popsim.example greets client.example"), ("CRLF", b"\r\n"),
        ("status", b"250"), ("text", b"HELP"), ("CRLF", b"\r\n"),
    ]  # fmt: skip
    assert names(mixed, found(mixed, b"Subject: Hi\r\n\r\n", "Delivered")) == [
        ("text", b"Subject: Hi\r\n\r\n"), ("added dot", b"."), ("text", b".\r\n"), ("end", b".\r\n"),
    ]  # fmt: skip


def test_the_octets_of_a_command_in_pieces(mixed: Timeline) -> None:
    assert names(mixed, found(mixed, b"a1 LOGIN")) == [
        ("tag", b"a1"), ("keyword", b"LOGIN"), ("arguments", b"{5+}"), ("CRLF", b"\r\n")
    ]  # fmt: skip
    assert names(mixed, found(mixed, b"secret")) == [("password", b"******"), ("CRLF", b"\r\n")]


def test_the_octets_of_counted_data(of_1985: Timeline) -> None:
    (part,) = octets(of_1985, found(of_1985, b"From:")).parts
    assert (part.name, part.end, part.meaning) == ("data", 796, "what was asked for by RETR")


# Traffic


def test_what_each_protocols_commands_cost(mixed: Timeline) -> None:
    account = traffic(mixed).account
    costs = {cost.command: (cost.times, cost.requests) for cost in account.costs}
    text = b"DATA\r\n" + b"Subject: Hi\r\n" + b"\r\n" + b"..\r\n" + b".\r\n"
    assert costs["SMTP DATA"] == (1, len(text))
    assert costs["IMAP LOGIN"] == (1, len(b"a1 LOGIN {5+}\r\nalice {6+}\r\nsecret\r\n"))
    assert costs["IMAP IDLE"] == (1, len(b"a4 IDLE\r\nDONE\r\n"))
    assert costs["POP3 QUIT"] == costs["SMTP QUIT"] == (1, len(b"QUIT\r\n"))
    assert next(cost for cost in account.costs if cost.command == "IMAP (unasked)").answers == len(
        b"* 9 EXISTS\r\n* 9 RECENT\r\n"
    )
    assert {"IMAP Selected", "POP3 TRANSACTION", "SMTP TEXT"} <= account.times.keys()


def test_what_is_spoken_has_its_own_states_and_pictures(mixed: Timeline, of_1985: Timeline) -> None:
    head = player(mixed).payload["head"]
    assert [protocol["title"] for protocol in head["protocols"]] == ["IMAP", "SMTP", "POP3"]
    assert head["speaks"] == {"1": 1, "2": 2}
    payload = player(of_1985).payload
    ends = {name: row["end"] for name, row in payload["head"]["protocols"][0]["states"].items()}
    assert ends["MBOX"] == "server" and ends["NMBR"] == "client"
    assert payload["pictures"]["0"].keys() == {"inner", "outer", "client"}
