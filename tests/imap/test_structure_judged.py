"""Envelopes, structures and sections: popsim and a Dovecot say the same of messages that are hard to read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.imap.judged import BODY, ENVELOPE, STRUCTURE, is_there, judge, our_section, ours, sections, without_invented
from tests.imap.mime_deviations import SECTIONS, STRUCTURES
from tests.imap.nasty import NASTY
from tests.imap.said import Session

PARTS = (
    "1 2 3 1.1 1.2 2.1 2.2 1.1.1 1.1.1.1.1.1.1.1.1.1.1 1.MIME 2.MIME 1.1.MIME 1.2.MIME 2.1.MIME 1.HEADER 2.HEADER "
    "1.1.HEADER 1.1.1.HEADER 1.TEXT 2.TEXT 1.1.TEXT"
).split()
CHOSEN = (
    "HEADER.FIELDS (Subject From X-1 content-type)",
    "HEADER.FIELDS.NOT (Subject)",
    "HEADER.FIELDS (Nothing)",
    "1.HEADER.FIELDS (SUBJECT)",
    "2.HEADER.FIELDS.NOT (subject)",
    "1.1.HEADER.FIELDS (Subject)",
)


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with judge(NASTY.values()) as found:
        yield found


def test_they_are_messages() -> None:
    assert len(NASTY) >= 100
    assert all(octets.endswith(b"\r\n") and octets.count(b"\n") == octets.count(b"\r\n") for octets in NASTY.values())


def test_structures_and_envelopes(session: Session) -> None:
    met = set()
    known = {(row.message, row.item) for row in STRUCTURES}
    invented = 0
    for (name, octets), theirs in zip(NASTY.items(), session.fetch(f"{ENVELOPE} {BODY} {STRUCTURE}"), strict=True):
        for item, mine in ours(octets).items():
            other = theirs[item.encode()]
            seen = without_invented(other)
            invented += seen != other
            if mine != seen:
                met.add((name, item))
                assert (name, item) in known, f"{name}, {item}: popsim {mine!r}, Dovecot {other!r}"
    assert met == known
    assert invented, "RFC 3501 §7.4.2: an address without a host has none, Dovecot makes one up"


def test_sections(session: Session) -> None:
    """Which sections there are is told by Dovecot's own structures (RFC 3501 §6.4.5)."""
    met, known = set(), {(row.message, row.item) for row in SECTIONS}
    structures = {name: theirs[BODY.encode()] for name, theirs in zip(NASTY, session.fetch(BODY), strict=True)}
    for text in ("", "HEADER", "TEXT", *PARTS, *CHOSEN):
        for (name, octets), theirs in zip(NASTY.items(), sections(session, text), strict=True):
            mine = our_section(octets, text)
            # Of what is not there Dovecot says that it is empty, or it answers for the part above it.
            assert (mine is None) == (not is_there(structures[name], text)), (name, text)
            if mine is None or mine == theirs or _goes_to_the_boundary(mine, theirs):
                continue
            met.add((name, text))
            assert (name, text) in known, f"{name}, {text}: popsim {mine!r}, Dovecot {theirs!r}"
    assert met == known


def _goes_to_the_boundary(mine: bytes | None, theirs: bytes | None) -> bool:
    """A multipart whose last boundary line stands right before the next boundary (RFC 2046 §5.1.1): Dovecot gives it
    the line end that belongs to the boundary."""
    return mine is not None and mine.endswith(b"--") and theirs == mine + b"\r\n"


@pytest.mark.parametrize("name", ["two texts", "a message inside a part", "octets above 127"])
def test_parts_of_sections(session: Session, name: str) -> None:
    number, octets = list(NASTY).index(name) + 1, NASTY[name]
    for text in ("", "1", "HEADER", "TEXT", "HEADER.FIELDS (subject)", "9"):
        for start, count in ((0, 1), (0, 10_000), (3, 5), (7, 10_000), (9_999, 5), (0, 4294967295)):
            status, untagged = session.ask(f"FETCH {number} (BODY.PEEK[{text}]<{start}.{count}>)".encode())
            assert status.startswith(b"OK")
            whole = our_section(octets, text) or b""
            wanted = whole[start : start + count]
            shown = b"{%d}\r\n%b" % (len(wanted), wanted)
            asked = text.replace("subject", "subject" if b"(subject)" in untagged[0] else "SUBJECT")
            expected = {f"{number} FETCH (BODY[{asked}]<{start}> ".encode() + form + b")" for form in (shown, b'""')}
            assert untagged[0] in expected and (wanted == b"" or untagged[0].endswith(shown + b")")), untagged
