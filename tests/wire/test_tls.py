"""Real TLS on the simulated wire: begun by STLS (RFC 2595 §4), or before the greeting (RFC 8314 §3)."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from popsim import Lab, Link, pop3
from popsim.engine.client import ClientEngine
from popsim.timeline import Event, Timeline
from popsim.wire import Scenario, run

SESSION = ("USER alice", "PASS secret", "DELE 1", "RETR 2", "QUIT")
AFTER = ("connect>", "1> STLS", "1> USER alice", "1> PASS secret", "1> STAT", "1> QUIT")
STLS = Scenario.parse("pop3 extension=2595 mail=alice:minimal 'delay=10 ms' mss=536").then("STLS", *SESSION)
IMPLICIT = Scenario.parse("pop3 tls mail=alice:minimal 'delay=10 ms' mss=536").then(*SESSION)
BOTH = {"STLS": STLS, "implicit": IMPLICIT}
MS = 10**6
GREETING = b"+OK POP3 server ready <1.1@popsim.example>\r\n"


def of(timeline: Timeline, layer: str, kind: str, endpoint: str, connection: int = 0) -> list[Event]:
    return [e for e in timeline.events(layer, kind) if (e.endpoint, e.connection) == (endpoint, connection)]


def reasons(timeline: Timeline) -> list[str]:
    """Why the ends gave up, in order."""
    lost = timeline.events("stream", "Lost")
    return [str(value) for e in lost for name, value in (e.values or {}).items() if name.endswith(".reason")]


# What crosses and what is said


@pytest.mark.parametrize("name", BOTH)
def test_what_is_said_does_not_cross(name: str) -> None:
    timeline = run(BOTH[name])
    said = b"STLS\r\n" * (name == "STLS") + b"".join(line.encode() + b"\r\n" for line in SESSION)
    assert timeline.stream(0, "client") == said and timeline.is_secured()
    crossed = timeline.wire(0, "client") + timeline.wire(0, "server")
    assert b"secret" not in crossed and b"alice" not in crossed and b"RETR" not in crossed
    clear = timeline.wire(0, "client")[:6], timeline.wire(0, "server")[:44]
    assert (clear == (b"STLS\r\n", GREETING)) is (name == "STLS")
    assert (b"POP3 server ready" in timeline.wire()) is (name == "STLS")
    assert timeline.stream().startswith(GREETING)
    assert timeline.at(len(timeline) - 1).marks("alice") == {1: "removed", 2: "kept"}


@pytest.mark.parametrize("name", BOTH)
def test_the_same_is_said_as_in_clear(name: str) -> None:
    """TLS changes when something comes and how long it is on the line, and nothing of what is said and done."""
    timeline = run(BOTH[name])
    plain = run(Scenario.parse("pop3 mail=alice:minimal 'delay=10 ms'").then(*SESSION))
    assert timeline.stream(0, "client").removeprefix(b"STLS\r\n") == plain.stream(0, "client")
    assert timeline.stream().replace(b"+OK begin the handshake\r\n", b"") == plain.stream()
    moves = [[str(e.values) for e in of(t, "session", "Moved", "server")] for t in (timeline, plain)]
    assert [m for m in moves[0] if "TLS" not in m and "secured" not in m] == moves[1]


def test_the_client_says_nothing_before_the_server_is_secured_at_its_end() -> None:
    timeline = run(IMPLICIT)
    (client,), (server,) = (of(timeline, "stream", "Secured", end) for end in ("client", "server"))
    assert timeline[client.index].values == {"0.client.tls": "TLSv1.3"}
    opened = of(timeline, "stream", "Opened", "client")[0].time
    # ClientHello, the server's flight of three segments, Finished: one round trip at the client, half of one more.
    assert (client.time - opened, server.time - opened) == (20 * MS, 30 * MS)
    greeting = of(timeline, "message", "Sent", "server")[0]
    assert greeting.time == server.time and greeting.cause == server.index
    assert of(timeline, "message", "Sent", "client")[0].time == server.time + 10 * MS


def test_a_lab_with_tls() -> None:
    lab = Lab(pop3, tls=True, link=Link("10 ms"))
    assert lab.send("USER alice").status == "+OK"
    assert lab.timeline.header["port"] == 995 and "port" not in Lab(pop3).timeline.header
    assert " tls " in str(lab.scenario) and Scenario.parse(str(lab.scenario)) == lab.scenario
    assert lab.timeline.at(len(lab.timeline) - 1).values["0.server.tls"] == "TLSv1.3"
    starting = Lab(pop3.extended("STLS"))
    assert [starting.send(line).status for line in ("STLS", "STLS", "USER alice")] == ["+OK", "-ERR", "+OK"]


def test_under_tls_no_second_tls_is_offered() -> None:
    lab = Lab(pop3.extended("STLS"), tls=True)
    assert b"STLS" not in lab.send("CAPA").body and lab.send("STLS").status == "-ERR"
    clear = Lab(pop3.extended("STLS"))
    assert b"STLS\r\n" in clear.send("CAPA").body
    clear.send("STLS")
    assert b"STLS" not in clear.send("CAPA").body


# The record


@pytest.mark.parametrize("name", BOTH)
def test_the_layers_and_their_causes(name: str) -> None:
    """Message, record, segment; segment, record, message: each is caused by the one before it."""
    timeline = run(BOTH[name])
    for event in timeline:
        cause = timeline[event.cause] if event.cause >= 0 else None
        what = (event.layer, event.kind)
        if what == ("segment", "Sent") and event.end and event.is_wire and _is_tls(timeline, event):
            assert cause and (cause.layer, cause.kind, cause.endpoint) == ("ciphertext", "Sent", event.endpoint)
            assert cause.start <= event.start < cause.end
        if what == ("ciphertext", "Delivered"):
            assert cause and (cause.layer, cause.kind) == ("ciphertext", "Sent") and cause.endpoint != event.endpoint
            assert (cause.start, cause.end) == (event.start, event.end)
            assert timeline.octets(event) == timeline.octets(cause)
        if what == ("message", "Delivered"):
            assert cause and (cause.layer, cause.kind) == ("message", "Sent")
            assert timeline.octets(event) == timeline.octets(cause)
        if what == ("ciphertext", "Sent"):
            octets = timeline.octets(event)
            assert octets[0] in (20, 22, 23) and len(octets) == 5 + int.from_bytes(octets[3:5], "big")


def _is_tls(timeline: Timeline, event: Event) -> bool:
    records = of(timeline, "ciphertext", "Sent", event.endpoint, event.connection)
    return bool(records) and event.start >= records[0].start


@pytest.mark.parametrize("name", BOTH)
def test_each_message_has_records_of_its_own(name: str) -> None:
    timeline = run(BOTH[name])
    secured = {end: of(timeline, "stream", "Secured", end)[0].index for end in ("client", "server")}
    for end in ("client", "server"):
        records = of(timeline, "ciphertext", "Sent", end)
        for message in of(timeline, "message", "Sent", end):
            carried = [r for r in records if r.cause == message.index]
            if message.index < secured[end]:
                assert not carried
                continue
            # A record has a header of 5 octets, the content, its type in 1 and an authentication tag of 16.
            assert [r.end - r.start for r in carried] == [message.end - message.start + 22]


def test_a_long_message_has_records_of_16_kibioctets() -> None:
    timeline = run(Scenario.parse("pop3 tls mail=alice:inbox").then("USER alice", "PASS secret", "RETR 6"))
    message = of(timeline, "message", "Sent", "server")[-1]
    sizes = [r.end - r.start - 22 for r in of(timeline, "ciphertext", "Sent", "server") if r.cause == message.index]
    assert sizes[:-1] == [16384] * 3 and sum(sizes) == message.end - message.start > 50_000


def test_what_the_records_say_of_themselves() -> None:
    timeline = run(IMPLICIT)
    names = [
        (e.endpoint, str((e.values or {}).get(f"0.{e.endpoint}.record"))) for e in timeline.events("ciphertext", "Sent")
    ]
    assert names[:9] == [
        ("client", "handshake: client hello"),
        ("server", "handshake: server hello"),
        ("server", "change cipher spec"),
        *[("server", "application data")] * 4,  # extensions, certificate, its proof, Finished: all encrypted
        ("client", "change cipher spec"),
        ("client", "application data"),
    ]


@pytest.mark.parametrize("name", BOTH)
def test_both_ends_say_close_notify_before_they_close(name: str) -> None:
    timeline = run(BOTH[name])
    for end, other in (("client", "server"), ("server", "client")):
        last = of(timeline, "ciphertext", "Sent", end)[-1]
        assert last.end - last.start == 24  # an alert has 2 octets
        assert timeline[last.cause].layer != "message" or timeline[last.cause].kind == "Delivered"
        assert last.end == len(timeline.wire(0, end))
        assert [e.cause for e in of(timeline, "ciphertext", "Delivered", other)][-1] == last.index
        assert not of(timeline, "stream", "Lost", end) and len(of(timeline, "stream", "Closed", end)) == 1


def test_the_steps_of_a_handshake_are_its_flights() -> None:
    timeline = run(IMPLICIT)
    opened = of(timeline, "stream", "Opened", "client")[0].index
    greeting = of(timeline, "message", "Sent", "server")[0].index
    heads = [timeline[s.event] for s in timeline.steps() if opened <= s.event <= greeting]
    assert [(e.layer, e.kind, e.endpoint) for e in heads] == [
        ("stream", "Opened", "client"),
        ("ciphertext", "Sent", "client"),
        ("stream", "Opened", "server"),
        ("ciphertext", "Delivered", "server"),
        ("ciphertext", "Sent", "server"),
        ("ciphertext", "Delivered", "client"),
        ("ciphertext", "Sent", "client"),
        ("stream", "Secured", "client"),
        ("ciphertext", "Delivered", "server"),
        ("stream", "Secured", "server"),
        ("message", "Sent", "server"),
    ]
    assert [step.index >= step.event for step in timeline.steps()]


def test_the_secrets_open_the_ciphertext() -> None:
    """With the keys of the header, an independent implementation of RFC 8446 §5.2 reads what crossed."""
    timeline = run(IMPLICIT)
    names = {line.split()[0] for line in timeline.header["secrets"]}
    assert {"CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"} <= names
    for end in ("client", "server"):
        assert _decrypted(timeline, end) == timeline.stream(0, end)


def _decrypted(timeline: Timeline, end: str) -> bytes:
    import hashlib
    import hmac

    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    wanted = f"{end.upper()}_TRAFFIC_SECRET_0 "
    (line,) = [line for line in timeline.header["secrets"] if line.startswith(wanted)]
    secret = bytes.fromhex(line.split()[2])

    def expanded(label: bytes, size: int) -> bytes:
        info = size.to_bytes(2, "big") + bytes([len(label) + 6]) + b"tls13 " + label + b"\0"
        return hmac.digest(secret, info + b"\1", hashlib.sha384)[:size]

    key, nonce = AESGCM(expanded(b"key", 32)), int.from_bytes(expanded(b"iv", 12), "big")
    secured = of(timeline, "stream", "Secured", end)[0].index
    plaintext, number = b"", 0
    for record in of(timeline, "ciphertext", "Sent", end):
        octets = timeline.octets(record)
        by_message = timeline[record.cause].layer == "message" and timeline[record.cause].kind == "Sent"
        if record.index < secured or octets[0] != 23 or not by_message:
            continue
        content = key.decrypt((nonce ^ number).to_bytes(12, "big"), octets[5:], octets[:5])
        assert content.endswith(b"\x17")
        plaintext, number = plaintext + content[:-1], number + 1
    return plaintext


# The same each time

PROGRAM = "import sys; from popsim.wire import Scenario, run; print(run(Scenario.parse(sys.argv[1])).digest())"


@pytest.mark.parametrize("name", BOTH)
def test_a_fresh_process_gives_the_same_digest_and_other_ciphertext(name: str) -> None:
    root = str(Path(__file__).resolve().parents[2])
    here = [run(BOTH[name]) for _ in range(2)]
    assert here[0] == here[1] and list(here[0]) == list(here[1])
    assert here[0].wire() != here[1].wire() and here[0].header["secrets"] != here[1].header["secrets"]
    environment = {**os.environ, "PYTHONPATH": root, "PYTHONHASHSEED": "7", "TZ": "Asia/Kathmandu"}
    command = [sys.executable, "-c", PROGRAM, str(BOTH[name])]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.strip() == here[0].digest()


def test_a_digest_tells_another_length(tmp_path: Path) -> None:
    timeline = run(IMPLICIT)
    path = timeline.save(tmp_path / "session.jsonl")
    again = Timeline.load(path)
    assert again == timeline and again.wire() == timeline.wire() and again.header["secrets"]
    rows = path.read_text().splitlines()
    (place,) = [n for n, row in enumerate(rows) if '"wire"' in row and '"server"' in row]
    rows[place] = rows[place][:-2] + 'x"}'
    path.write_text("\n".join(rows) + "\n")
    assert Timeline.load(path) != timeline


# A session in clear needs no TLS, and a Python without it says so

WITHOUT = """
import sys
for name in ("ssl", "_ssl", "cryptography"):
    sys.modules[name] = None
from popsim import Lab, pop3
lab = Lab(pop3.extended("STLS"))
print(lab.send("USER alice").status)
from popsim.tls import TlsError
for begin in (lambda: lab.send("STLS"), lambda: Lab(pop3, tls=True)):
    try:
        begin()
    except TlsError as error:
        print(error)
"""


def test_without_the_ssl_module() -> None:
    root = str(Path(__file__).resolve().parents[2])
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT],
        env={**os.environ, "PYTHONPATH": root},
        capture_output=True,
        text=True,
        timeout=60,
    )
    missing = "TLS needs Python's ssl module, which this Python lacks; a session in clear works without it"
    assert done.stdout.splitlines() == ["+OK", missing, missing], done.stderr


# What was said in clear before the handshake (RFC 2595 §4)


def test_a_command_behind_stls_is_thrown_away() -> None:
    """Somebody on the wire puts a command behind STLS, in the same segment: the server must not obey it later."""
    scenario = Scenario.parse("pop3 extension=2595 mail=alice:minimal").then("STLS\\r\\nUSER eve", "PASS secret")
    timeline = run(scenario)
    read = [timeline.octets(e) for e in of(timeline, "message", "Delivered", "server")]
    assert read == [b"STLS\r\n", b"PASS secret\r\n"]
    assert of(timeline, "stream", "Secured", "server")
    last = timeline.at(len(timeline) - 1)
    assert last.state("server") == last.state("client") == "AUTHORIZATION"
    assert timeline.stream().endswith(b"(RFC 1939 section 3)\r\n")


def test_an_answer_behind_the_servers_is_thrown_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody puts an answer behind the one to STLS: the client must not take it for that to its next command."""
    from popsim.wire.transport import Connection

    hand = Connection.hand

    def with_more(self: Connection, end: int, octets: bytes) -> None:
        hand(self, end, octets + b"+OK welcome\r\n" * (octets == b"+OK begin the handshake\r\n"))

    monkeypatch.setattr(Connection, "hand", with_more)
    lab = Lab(pop3.extended("STLS"))
    lab.send("STLS")
    answer = lab.send("USER alice")
    assert lab.timeline.at(len(lab.timeline) - 1).values["0.server.tls"] == "TLSv1.3"
    assert "welcome" not in answer.text and answer.status == "+OK"


@pytest.mark.parametrize("cut", range(1, 44))
def test_a_client_reads_nothing_behind_the_answer_to_stls(cut: int) -> None:
    engine = ClientEngine(pop3.extended("STLS"))
    engine.receive(GREETING)
    engine.request("STLS")
    octets = b"+OK begin\r\n+OK welcome\r\n+OK 9 messages\r\n+OK"
    answers = [*engine.receive(octets[:cut]), *engine.receive(octets[cut:])]
    assert [a.text for a in answers] == [b"begin"] and engine.securing
    engine.request("STAT")  # said after the handshake, so it is answered
    engine.secured()
    assert not engine.securing and engine.waiting == 1
    (answer,) = engine.receive(b"-ERR no\r\n")
    assert answer.request and answer.request.keyword == "STAT" and answer.text == b"no"


def test_what_was_asked_in_clear_behind_stls_is_never_answered() -> None:
    engine = ClientEngine(pop3.extended("STLS"))
    engine.receive(GREETING)
    engine.request("STLS\r\nUSER eve\r\nPASS secret")
    engine.receive(b"+OK begin\r\n")
    assert engine.waiting == 0
    refused = ClientEngine(pop3.extended("STLS"))
    refused.receive(GREETING)
    refused.request("STLS\r\nUSER eve")
    refused.receive(b"-ERR no\r\n")
    assert refused.waiting == 1 and not refused.securing


def test_a_line_in_clear_that_comes_after_the_answer_is_no_handshake() -> None:
    """In a segment of its own it comes when the server waits for a ClientHello, and that it is not."""
    scenario = Scenario.parse("pop3 extension=2595 mail=alice:minimal").then("STLS", "pipelined> USER eve")
    timeline = run(scenario)
    assert [timeline.octets(e) for e in of(timeline, "message", "Delivered", "server")] == [b"STLS\r\n"]
    assert reasons(timeline)[0].startswith("expected TLS, got octets that are none")
    assert [e.endpoint for e in timeline.events("stream", "Lost")] == ["server", "client"]


def test_a_line_that_is_said_during_the_handshake_waits_for_its_end() -> None:
    scenario = Scenario.parse("pop3 extension=2595 mail=alice:minimal 'delay=10 ms'")
    timeline = run(scenario.then("STLS", "+25 ms> pipelined> USER alice", "PASS secret", "QUIT"))
    said = [e.time for e in of(timeline, "message", "Sent", "client")]
    read = [e.time for e in of(timeline, "message", "Delivered", "server")]
    secured = of(timeline, "stream", "Secured", "client")[0].time
    assert secured - said[0] == 40 * MS
    assert said[1] - said[0] == 25 * MS and read[1] == secured + 10 * MS
    assert timeline.stream(0, "client") == b"STLS\r\nUSER alice\r\nPASS secret\r\nQUIT\r\n" and not reasons(timeline)


# Silence


@pytest.mark.parametrize("scenario", [STLS, IMPLICIT], ids=BOTH)
def test_autologout_under_tls(scenario: Scenario) -> None:
    """Ten minutes of silence end the session without a reply and without a removal, by close_notify."""
    quiet = replace(scenario, actions=scenario.actions[:-1]).then("+11min> NOOP")
    timeline = run(quiet)
    read = of(timeline, "message", "Delivered", "server")[-1]
    closed = of(timeline, "session", "Moved", "server")[-1]
    assert closed.time == read.time + 600 * 10**9
    last = timeline.at(len(timeline) - 1)
    assert last.marks("alice") == {1: "kept", 2: "kept"} and last.lock("alice") is None
    assert of(timeline, "ciphertext", "Sent", "server")[-1].time == closed.time
    assert not timeline.events("stream", "Lost") and b"NOOP" not in timeline.stream(0, "client")


@pytest.mark.parametrize(("word", "octet", "said"), [("tls", 517, 0), ("extension=2595", 523, 69)])
def test_autologout_in_the_middle_of_a_handshake(word: str, octet: int, said: int) -> None:
    """The client's Finished leaves too late: the server waits ten minutes for it, and no longer."""
    fault = f"'fault=stall client after {octet} for 20min'"
    lines = ("STLS",) * (word != "tls")
    timeline = run(Scenario.parse(f"pop3 {word} mail=alice:minimal 'delay=10 ms' {fault}").then(*lines))
    hello = of(timeline, "ciphertext", "Delivered", "server")[0]
    last = timeline.at(len(timeline) - 1)
    assert not of(timeline, "stream", "Secured", "server") and len(timeline.stream()) == said
    if word == "tls":  # there was no greeting yet, so there is no session that could end
        gone = of(timeline, "stream", "Lost", "server")[0]
        assert reasons(timeline) == ["the client did not finish the TLS handshake in time"]
    else:
        gone = of(timeline, "session", "Moved", "server")[-1]
        assert last.state("server") == "CLOSED"
    assert gone.time == hello.time + 600 * 10**9 and last.lock("alice") is None
