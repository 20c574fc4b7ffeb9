"""What a client must keep to itself is in no view, whichever way it crosses: as an argument, a literal, in base64."""

import json
from base64 import b64encode

import pytest

from popsim import Lab
from popsim.protocols import find
from popsim.protocols.protocol import Protocol
from popsim.timeline import Timeline
from popsim.views.ladder import ladder
from popsim.views.octets import octets
from popsim.views.page import page
from popsim.views.player import player
from popsim.views.traffic import traffic
from popsim.views.transcript import transcript

SECRET = "trombone"
ENCODED = b64encode(b"\0alice\0trombone").decode()
IN_PIECES = b64encode(b"trombone").decode()

WAYS = {
    "pop3": (("USER alice", f"PASS {SECRET}"), ("USER alice", f"PASS {SECRET} {SECRET}")),
    "pop2": ((f"HELO alice {SECRET}",), (f"HELO alice {SECRET} {SECRET}",), (f"helo alice {SECRET}",)),
    "imap": (
        (f"a1 LOGIN alice {SECRET}",),
        (f'a1 login "alice" "{SECRET}"',),
        (f"a1 LOGIN alice {SECRET} more",),
        ("a1 LOGIN {5}", "alice {8}", SECRET),
        ("a1 LOGIN alice {8}", SECRET),
        (f"a1 LOGIN {{5+}}\r\nalice {{8+}}\r\n{SECRET}",),
        (f"a1 LOGIN {{5}}\r\nalice {SECRET}",),
        ("a1 LOGIN {5}", f"pipelined>alice {SECRET}"),
        ("a1 LOGIN {5}", f'alice "{SECRET}"'),
        ("a1 AUTHENTICATE PLAIN", ENCODED),
        (f"a1 AUTHENTICATE PLAIN {ENCODED}",),
        ("a1 AUTHENTICATE LOGIN", b64encode(b"alice").decode(), IN_PIECES),
        ("a1 AUTHENTICATE PLAIN", f"pipelined>{ENCODED}"),
    ),
    "smtp": (
        ("EHLO client.example", f"AUTH PLAIN {ENCODED}"),
        ("EHLO client.example", "AUTH PLAIN", ENCODED),
        ("EHLO client.example", "AUTH LOGIN", b64encode(b"alice").decode(), IN_PIECES),
    ),
}
EACH = [(name, lines) for name, ways in WAYS.items() for lines in ways]


def speaking(name: str) -> Protocol:
    """The protocol, with the extensions that the ways above need."""
    extensions = {"imap": (4959, 7888), "smtp": (4954,)}.get(name, ())
    return find(name).extended(*extensions) if extensions else find(name)


def shown(timeline: Timeline) -> str:
    """Everything that any view shows of a session."""
    said = [event.index for event in timeline.events("message") if event.sender == "client"]
    views = [transcript(timeline), ladder(timeline), *(octets(timeline, index) for index in said)]
    steps = player(timeline)
    payload = {name: value for name, value in steps.payload.items() if name != "pictures"}
    texts = [text for view in views for text in (str(view), view.html())]
    texts += [steps.text(step) for step in range(len(steps.steps) + 1)]
    return "\n".join([*texts, str(traffic(timeline)), json.dumps(payload)])


@pytest.mark.parametrize(("name", "lines"), EACH, ids=lambda value: str(value)[:60].replace(SECRET, "secret"))
def test_no_view_shows_it(name: str, lines: tuple[str, ...]) -> None:
    lab = Lab(speaking(name), users={"alice": SECRET})
    lab.run(*lines)
    text = shown(lab.timeline)
    for secret in (SECRET, ENCODED, IN_PIECES):
        assert secret not in text
        assert secret.encode().hex(" ") not in text
    assert "****" in text


@pytest.mark.parametrize("name", WAYS)
def test_no_page_holds_it(name: str) -> None:
    lab = Lab(speaking(name), users={"alice": SECRET})
    lab.run(*WAYS[name][0])
    text = page(lab.timeline)
    assert "****" in text and not any(secret in text for secret in (SECRET, ENCODED, IN_PIECES))


def test_an_exchange_does_not_show_it_either() -> None:
    lab = Lab(find("imap").extended(), users={"alice": SECRET})
    said = [lab.send(line) for line in ("a1 LOGIN {5}", "alice {8}", SECRET)]
    assert [exchange.shown for exchange in said] == ["a1 LOGIN {5}", "alice ****", "****"]
    assert said[-1].status == "OK" and not said[-1].text.startswith("a1")
    assert all(SECRET not in str(exchange) + exchange.html() for exchange in said)


def test_what_no_secret_is_stays_readable() -> None:
    """A literal that holds a message, a literal that the server refused, and the command after it."""
    lab = Lab(find("imap"))
    lab.run("a1 LOGIN alice secret", "a2 APPEND INBOX {14}", "Subject: Hi\r\n\r\n", "a3 FETCH {3}", "a4 NOOP")
    text = str(lab.transcript())
    for line in ("a1 LOGIN alice ****", "a2 APPEND INBOX {14}", "Subject: Hi", "a3 FETCH {3}", "a4 NOOP"):
        assert f"C: {line}" in text, text
