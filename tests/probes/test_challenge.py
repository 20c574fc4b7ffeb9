"""An exchange of challenges and a handshake: the model's shapes for SASL and STLS."""

from __future__ import annotations

from base64 import b64encode

import pytest

from popsim.engine.plan import LINE_LIMIT
from popsim.engine.server import ServerEngine
from popsim.protocols.audit import audit
from popsim.protocols.model import Continuation, Reader
from popsim.protocols.protocol import Protocol
from popsim.timeline import Observer, Recorder, Timeline
from popsim.timeline.event import SERVER
from tests.probes import challenge
from tests.probes.challenge import CHALLENGING, PLAIN, ChallengeService
from tests.probes.shuttle import WHOLE, Shuttle

NAME, PASSWORD = b64encode(b"alice"), b64encode(b"secret")
BOTH = b64encode(b"\x00alice\x00secret")


@pytest.mark.parametrize("protocol", [CHALLENGING, PLAIN], ids=str)
def test_the_table_is_sound_with_and_without_the_handshake(protocol: Protocol) -> None:
    assert [str(finding) for finding in audit(protocol)] == []


@pytest.mark.parametrize("piece", [1, 3, WHOLE])
def test_a_session_octet_for_octet(piece: int) -> None:
    shuttle = Shuttle(CHALLENGING, ChallengeService(), piece)
    assert shuttle.say("AUTH TWO").reader is Reader.LINE
    assert shuttle.states == ("challenged", "challenged")
    assert shuttle.go_on(NAME + b"\r\n").reader is Reader.LINE
    assert shuttle.states == ("challenged", "challenged")
    assert shuttle.go_on(PASSWORD + b"\r\n").reply is challenge.OK
    assert shuttle.states == ("logged in", "logged in")
    shuttle.say("NOOP")
    shuttle.say("QUIT")
    assert shuttle.sent(SERVER) == b"+OK ready\r\n+ \r\n+ UGFzc3dvcmQ6\r\n+OK welcome\r\n+OK\r\n+OK bye\r\n"


def test_an_empty_challenge_keeps_its_space() -> None:
    """RFC 5034 §4: an empty challenge is `+ ` and CRLF; a reply without a text has no space."""
    engine = ServerEngine(CHALLENGING, ChallengeService())
    engine.opened()
    engine.take()
    engine.receive(b"AUTH ONE\r\n")
    assert engine.take() == [b"+ \r\n"]
    engine.receive(BOTH + b"\r\nNOOP\r\n")
    assert engine.take() == [b"+OK welcome\r\n", b"+OK\r\n"]


@pytest.mark.parametrize("line", [b"QUIT", b"AUTH ONE", b"NOOP", b"x" * 1000, b"\x00\xff", b"a b c", b"==="])
def test_the_next_line_goes_to_the_exchange_whatever_it_looks_like(line: bytes) -> None:
    shuttle = Shuttle(CHALLENGING, ChallengeService())
    shuttle.say("AUTH ONE")
    assert shuttle.go_on(line + b"\r\n").reply is challenge.ERR
    assert shuttle.states == ("logged out", "logged out")
    assert shuttle.say("QUIT").reply is challenge.OK  # and the one after it is a command again


@pytest.mark.parametrize("before", [[], [NAME]])
def test_a_star_cancels_with_an_error(before: list[bytes]) -> None:
    shuttle = Shuttle(CHALLENGING, ChallengeService())
    shuttle.say("AUTH TWO")
    for line in before:
        shuttle.go_on(line + b"\r\n")
    answer = shuttle.go_on(b"*\r\n")
    assert (answer.reply, answer.text) == (challenge.ERR, b"cancelled (RFC 5034 section 4)")
    assert shuttle.states == ("logged out", "logged out")
    assert [shuttle.say("AUTH ONE").reader, shuttle.go_on(BOTH + b"\r\n").reply] == [Reader.LINE, challenge.OK]


def test_an_empty_answer_is_an_answer() -> None:
    shuttle = Shuttle(CHALLENGING, ChallengeService())
    shuttle.say("AUTH TWO")
    assert shuttle.go_on(b"\r\n").reply is challenge.CHALLENGE
    assert shuttle.go_on(PASSWORD + b"\r\n").text.startswith(b"no")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"x" * LINE_LIMIT + b"\r\n", b"the line is too long: at most 65536 octets with CRLF"),
        (NAME + b"\n", b"the line ended in LF alone"),
        (b"\n", b"the line ended in LF alone"),
    ],
    ids=["too long", "LF alone", "empty, LF alone"],
)
@pytest.mark.parametrize("piece", [5, WHOLE])
def test_what_is_no_line_is_never_taken_for_an_empty_answer(line: bytes, why: bytes, piece: int) -> None:
    shuttle = Shuttle(CHALLENGING, ChallengeService(), piece)
    shuttle.say("AUTH TWO")
    answer = shuttle.go_on(line)
    assert answer.reply is challenge.ERR and answer.text.startswith(why)
    assert shuttle.states == ("logged out", "logged out")


def test_an_exchange_may_have_longer_lines_than_commands() -> None:
    """RFC 5034 §4: the limit of a command line does not hold for the lines after it."""
    engine = ServerEngine(CHALLENGING, ChallengeService())
    engine.opened()
    engine.receive(b"AUTH ONE\r\n" + b64encode(b"x" * 6000) + b"\r\n" + b"x" * 6000 + b"\r\n")
    lines = b"".join(engine.take()).split(b"\r\n")
    assert lines[2] == b"-ERR no (RFC 5034 section 4)"
    assert lines[3].startswith(b"-ERR the line is too long: at most 255 octets")


def test_the_table_says_that_an_answer_is_a_secret() -> None:
    shuttle = Shuttle(CHALLENGING, ChallengeService())
    shuttle.say("AUTH ONE")
    asked = shuttle.timeline.events("message", "Sent")[-1]
    assert asked.values is not None
    rule = CHALLENGING.rule(asked.values["0.server.rule"])
    assert rule.units[-1] == Continuation(Reader.LINE, secret=True)


def test_an_unknown_mechanism_begins_no_exchange() -> None:
    shuttle = Shuttle(CHALLENGING, ChallengeService())
    assert shuttle.say("AUTH THREE").reader is None
    assert shuttle.say("QUIT").positive


# A handshake


@pytest.mark.parametrize("cut", range(0, 26))
def test_what_came_in_clear_before_the_handshake_is_thrown_away(cut: int) -> None:
    """RFC 2595 §4 and RFC 3207 §6: commands of somebody on the wire must not be taken for the client's."""
    recorder = Recorder({})
    engine = ServerEngine(CHALLENGING, ChallengeService(), Observer(recorder, 0, SERVER))
    engine.opened()
    octets = b"STLS\r\nAUTH ONE\r\n*\r\nQUIT"
    engine.receive(octets[:cut])
    engine.receive(octets[cut:])
    assert b"".join(engine.take()) == b"+OK ready\r\n+OK shake hands\r\n"
    assert engine.state is challenge.SHAKING
    engine.secured()
    engine.receive(b"\r\nNOOP\r\nAUTH ONE\r\n")
    answered = b"".join(engine.take()).split(b"\r\n")
    assert answered[0].startswith(b"-ERR (nothing) is no command")
    assert answered[1].startswith(b"-ERR NOOP is not allowed in logged out")
    assert answered[2:] == [b"+ ", b""]
    read = [(e.start, e.end) for e in Timeline(recorder).events("message", "Delivered")]
    end = len(octets)  # what was thrown away stands in the client's stream all the same
    assert read == [(0, 6), (end, end + 2), (end + 2, end + 8), (end + 8, end + 18)]


def test_news_and_a_lost_line_may_come_in_a_handshake() -> None:
    engine = ServerEngine(CHALLENGING, ChallengeService())
    engine.opened()
    engine.receive(b"STLS\r\n")
    engine.news()
    engine.receive(b"QUIT\r\n")
    assert b"".join(engine.take()) == b"+OK ready\r\n+OK shake hands\r\n"  # the wait goes on
    engine.lost()
    assert engine.closed
