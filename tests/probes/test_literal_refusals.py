"""Literals that are refused, too many or too long: what comes of them is no command, and takes no memory."""

from __future__ import annotations

import pytest

from popsim.engine.plan import MOST_LITERALS, announcement
from popsim.engine.server import ServerEngine
from popsim.protocols.model import Reader
from tests.probes import tagged
from tests.probes.literal_scene import Picky, fed, selected
from tests.probes.shuttle import WHOLE, Shuttle
from tests.probes.tagged import BARE, LARGEST, TAGGED, TaggedService

# Refused


@pytest.mark.parametrize("piece", [1, 4, WHOLE])
@pytest.mark.parametrize("text", [b"c NOOP\r\nd LOGOUT\r\ne F", b"x" * 20, b"{20+}\r\n" * 2 + b"abcdef"])
def test_what_comes_of_a_refused_literal_is_no_command(text: bytes, piece: int) -> None:
    octets = b"b APPEND {20+}\r\n" + text + b"\r\nf NOOP\r\n"
    assert fed(octets, piece, Picky()) == (
        b"b BAD ten octets are enough (RFC 3501 section 4.3)\r\nf OK nothing done\r\n"
    )


def test_all_literals_of_a_refused_command_are_thrown_away() -> None:
    octets = b"b LOGIN {11+}\r\nc LOGOUT\r\nx {11+}\r\nd LOGOUT\r\ny z\r\ne NOOP\r\n"
    assert fed(octets).startswith(b"b BAD LOGIN is not allowed in selected; allowed: FETCH,")
    assert fed(octets).count(b"\r\n") == 2 and fed(octets).endswith(b"e OK nothing done\r\n")


def test_a_waiting_literal_behind_a_refused_one_never_comes() -> None:
    octets = b"b LOGIN {11+}\r\nc LOGOUT\r\nx {5}\r\nd NOOP\r\n"
    assert fed(octets).endswith(b"d OK nothing done\r\n")


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (b"b LOGIN {5}", b"LOGIN is not allowed in selected; allowed: FETCH, APPEND, IDLE, NOOP, LOGOUT"),
        (b"b GRAB {5}", b"GRAB is no command of this protocol; in selected there is FETCH, APPEND, IDLE, NOOP, LOGOUT"),
        (b"b APPEND {5001}", b"APPEND: too much at once: at most 5000 octets"),
        (b"b APPEND {9999999999}", b"APPEND: too much at once: at most 5000 octets"),
        (b"b APPEND ~{5}x", b"expected APPEND message; message is a literal such as {5}"),
    ],
)
def test_a_literal_is_refused_before_it_comes(line: bytes, text: bytes) -> None:
    """And a refusal names the command: several may be on their way."""
    shuttle = selected()
    answer = shuttle.say(line)
    assert answer.reply is tagged.BAD and answer.text.startswith(text)
    assert not shuttle.client.exchange_open and shuttle.client.waiting == 0
    assert shuttle.say("c NOOP").positive


def test_the_client_knows_that_a_refused_literal_is_swallowed() -> None:
    shuttle = selected(service=Picky())
    refused = shuttle.say("b APPEND {20+}\r\nc LOGOUT\r\nd LOGOUT\r\n")
    assert refused.reply is tagged.BAD and refused.request and refused.request.trigger is tagged.APPEND
    assert shuttle.client.waiting == 0 and shuttle.say("e NOOP").positive
    assert shuttle.say("f APPEND {11+}").reply is tagged.BAD and shuttle.client.exchange_open
    assert shuttle.say("g LOGOUT\r\nx\r\nh NOOP").positive  # the first ten octets are the literal's


def test_a_refused_literal_that_was_sent_unasked_is_read_as_commands() -> None:
    """That is what waiting is for: the server reads on after its refusal (RFC 3501 §4.3)."""
    shuttle = selected(service=Picky())
    shuttle.client.request("b APPEND {20}\r\nc NOOP\r\nd NOOP\r\ne NO")
    answers = shuttle.carry()
    assert [(a.reply, a.request.tag if a.request else b"") for a in answers][0] == (tagged.BAD, b"b")
    assert len(answers) == 4 and shuttle.client.waiting == 0
    assert shuttle.say("f NOOP").positive


def test_a_service_learns_what_is_announced_and_chooses() -> None:
    picky = Picky()
    shuttle = selected(service=picky)
    assert shuttle.say("b APPEND {11}").text == b"ten octets are enough (RFC 3501 section 4.3)"
    assert shuttle.say("c APPEND {10}").reader is Reader.LITERAL
    assert shuttle.go_on(b"0123456789\r\n").positive
    assert [(announcement(r), r.keyword, r.tag) for r in picky.asked] == [
        ((11, True), "APPEND", b"b"),
        ((10, True), "APPEND", b"c"),
    ]


def test_without_the_extension_nothing_comes_unasked() -> None:
    sent = fed(b"b APPEND {6+}\r\nc LOGO\r\nd NOOP\r\n", protocol=BARE)
    assert sent.startswith(b"b BAD APPEND: octets that nobody has asked for are not taken; allowed: ")
    assert sent.endswith(b"(RFC 3501 section 4.3)\r\nd OK nothing done\r\n") and sent.count(b"\r\n") == 2


# Lines and limits


def test_a_literal_ends_no_line_and_announces_nothing() -> None:
    service = TaggedService()
    assert fed(b"b APPEND {5+}\r\n{9+}\r\r\nc NOOP\r\n", service=service).count(b" OK ") == 2
    assert service.appended == [b"{9+}\r"]
    assert fed(b"b APPEND {4+}\r\n{9+}\r\nc NOOP\r\n", service=service).count(b" OK ") == 2
    assert service.appended[1:] == [b"{9+}"]


@pytest.mark.parametrize("piece", [1, WHOLE])
def test_the_line_behind_a_literal_is_a_line(piece: int) -> None:
    assert fed(b"b APPEND {2+}\r\nhi\nc NOOP\r\n", piece) == (
        b"b BAD APPEND: the line ended in LF alone; every line ends in CR and LF (RFC 3501 section 7.1.3)\r\n"
        b"c OK nothing done\r\n"
    )
    assert fed(b"b APPEND {2+}\r\nhi" + b"x" * 2000 + b"\r\nc NOOP\r\n", piece) == (
        b"b BAD APPEND: the line is too long: at most 1000 octets with CRLF (RFC 3501 section 7.1.3)\r\n"
        b"c OK nothing done\r\n"
    )
    assert fed(b"b APPEND {2+}\r\nhi there\r\n", piece).startswith(b"b BAD expected APPEND message; nothing after")


def test_all_literals_of_a_command_together_have_a_limit() -> None:
    fits = LARGEST - len(b"LOGIN {4900+}\r\n") - 4900 - len(b" {99+}")
    for size, answer in ((fits, b"BAD LOGIN is not allowed"), (fits + 1, b"BAD LOGIN is not allowed")):
        assert answer in fed(b"b LOGIN {4900+}\r\n" + b"x" * 4900 + b" {%d+}\r\n" % size + b"y" * size + b"\r\n")
    for size, said_of_it in ((fits, b"NO LOGIN failed"), (fits + 1, b"BAD LOGIN: too much at once: at most 5000")):
        engine = ServerEngine(TAGGED, TaggedService())
        engine.opened()
        engine.receive(b"b LOGIN {4900+}\r\n" + b"x" * 4900 + b" {%d+}\r\n" % size + b"y" * size + b"\r\nc NOOP\r\n")
        sent = b"".join(engine.take())
        assert said_of_it in sent and sent.endswith(b"c OK nothing done\r\n") and sent.count(b"\r\n") == 3


def test_a_command_has_so_many_literals_and_no_more() -> None:
    for number, words in ((MOST_LITERALS, b"BAD expected APPEND message"), (MOST_LITERALS + 1, b"too many literals")):
        sent = fed(b"b APPEND" + b" {0+}\r\n" * number + b"\r\nc NOOP\r\n")
        assert words in sent and sent.endswith(b"c OK nothing done\r\n") and sent.count(b"\r\n") == 2


def test_what_is_thrown_away_takes_no_memory() -> None:
    from tests.engine.test_limits import MEGABYTE, in_pieces, peak

    engine = ServerEngine(TAGGED, TaggedService())
    engine.opened()
    engine.receive(b"b APPEND {9999999999+}\r\n")
    assert peak(in_pieces(lambda octets: engine.receive(bytes(bytearray(octets))), MEGABYTE)) < 20_000


def test_no_literal_of_a_password_is_kept() -> None:
    grammar = TAGGED.grammar
    shuttle = Shuttle(TAGGED, TaggedService())
    shuttle.say("a LOGIN {5+}\r\nalice {6+}\r\nsecret")
    assert not any(b"secret" in line for line in grammar._known)
