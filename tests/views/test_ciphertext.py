"""Sessions under TLS in every view: the handshake is seen, what was said is said, and eavesdroppers read nothing."""

import re

import pytest

from popsim import Lab, pop3
from popsim.lab.overheard import Overheard
from popsim.timeline import Timeline
from popsim.views.ciphertext import carries_message, cipher_flights
from popsim.views.flights import Fate, flights
from popsim.views.ladder import ladder
from popsim.views.octets import octets
from popsim.views.player import player
from popsim.views.traffic import traffic
from popsim.views.transcript import transcript

LINES = ("STLS", "USER alice", "PASS trombone", "RETR 4", "QUIT")


@pytest.fixture(scope="module")
def lab() -> Lab:
    made = Lab(pop3.extended("STLS"), users={"alice": "trombone"})
    made.run(*LINES)
    return made


@pytest.fixture(scope="module")
def overheard(lab: Lab) -> Overheard:
    return lab.overheard()


def sizes(timeline: Timeline) -> list[tuple[str, int]]:
    return [(flight.first.endpoint, flight.size) for flight in cipher_flights(timeline)]


def test_the_handshake_is_three_flights_and_the_farewell_two(lab: Lab) -> None:
    found = cipher_flights(lab.timeline)
    assert [flight.first.endpoint for flight in found] == ["client", "server", "client", "server", "client"]
    assert [flight.text for flight in found][:2] == [
        "TLS handshake: client hello",
        "TLS handshake: server hello, change cipher spec, 4 x application data",
    ]
    assert all(flight.came for flight in found)


def test_the_ladder_shows_the_handshake_and_what_was_said(lab: Lab) -> None:
    text = str(ladder(lab.timeline))
    assert text.index("STLS") < text.index("(TLS handshake: client hello)") < text.index("USER alice")
    assert "PASS ****" in text and "trombone" not in text


def test_the_eavesdropper_reads_lengths_only(lab: Lab, overheard: Overheard) -> None:
    text = str(transcript(overheard.timeline))
    assert "C: STLS" in text and "USER" not in text and "trombone" not in text
    assert re.search(r"C: \(TLS application data: \d+ octets\)", text)
    carried = [e for e in lab.timeline.events("ciphertext", "Sent") if carries_message(lab.timeline, e)]
    seen = {(e.endpoint, e.start, e.end) for f in cipher_flights(overheard.timeline) for e in f.records}
    assert len(carried) == 8 and len(seen) == len(carried) + len(
        [e for f in cipher_flights(lab.timeline) for e in f.records]
    )


def test_in_clear_the_eavesdropper_reads_the_password() -> None:
    clear = Lab(pop3, users={"alice": "trombone"})
    clear.run(*LINES[1:])
    assert "trombone" not in str(clear.transcript())
    assert "C: PASS trombone" in str(clear.overheard())


def test_every_message_under_tls_was_read(lab: Lab) -> None:
    assert {flight.fate for flight in flights(lab.timeline)} == {Fate.READ}


def test_a_message_whose_record_is_cut_is_lost() -> None:
    whole = Lab(pop3.extended("STLS"), users={"alice": "trombone"})
    whole.run(*LINES)
    sent = next(e for e in whole.timeline.events("message", "Sent") if b"RETR" in whole.timeline.octets(e))
    record = next(e for e in whole.timeline.events("ciphertext", "Sent") if e.cause == sent.index)
    cut = Lab(pop3.extended("STLS"), users={"alice": "trombone"}, faults=[f"cut client after {record.end - 1}"])
    cut.run(*LINES)
    last = flights(cut.timeline)[-1]
    assert (last.fate, last.arrived) == (Fate.LOST, 0)
    assert Fate.LOST.value in str(transcript(cut.timeline))
    shown = player(cut.timeline)
    row = next(n for n, e in enumerate(shown._payload.record.events) if e.label.startswith("client sends RETR"))
    assert shown._payload.record.fate(row) == Fate.LOST.value


def test_a_record_has_parts(lab: Lab) -> None:
    first = cipher_flights(lab.timeline)[0].first
    shown = octets(lab.timeline, first.index)
    assert [entry.name for entry in shown.legend] == ["type", "version", "length", "content"]
    assert "16" in str(shown) and "RFC 8446 §5.1" in str(shown)


def test_the_player_steps_through_the_handshake(lab: Lab) -> None:
    shown = player(lab.timeline)
    said = [shown.text(n).splitlines()[1] for n in range(1, len(shown.steps) + 1)]
    assert any("TLS handshake: client hello, " in line and "leaves the client" in line for line in said)
    assert any("TLS handshake: client hello, " in line and "arrives at the server" in line for line in said)
    assert sum("client sends USER alice" in line for line in said) == 1
    assert "trombone" not in str(shown.payload)


def test_what_tls_adds_is_counted(lab: Lab) -> None:
    account = traffic(lab.timeline).account
    total = sum(len(lab.timeline.wire(0, end)) for end in ("client", "server"))
    assert account.total.requests + account.total.answers == total
