"""Trees of parts drawn at random: popsim and a Dovecot see the same parts in the same octets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings

from popsim.mail.message import Message
from popsim.mail.parts import Part, structure
from tests.imap.judged import BODY, ENVELOPE, STRUCTURE, append, judge, our_section, ours, without_invented
from tests.imap.said import Session, Value, read
from tests.imap.trees import messages


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with judge() as found:
        yield found


def _fetch(session: Session, items: str) -> list[Value]:
    status, untagged = session.ask(f"FETCH * ({items})".encode())
    assert status.startswith(b"OK"), status
    (row,) = (read(one)[2] for one in untagged if b" FETCH (" in one[:20])
    assert isinstance(row, list)
    return row


def _compare(session: Session, octets: bytes) -> None:
    append(session, octets)
    root = structure(Message(octets))
    row = _fetch(session, f"{ENVELOPE} {BODY} {STRUCTURE}")
    theirs = {name: value for name, value in zip(row[::2], row[1::2], strict=True) if isinstance(name, bytes)}
    mine = ours(octets)
    for item in (ENVELOPE, BODY, STRUCTURE):
        if item == ENVELOPE or not any(_ends_at_boundary(part) or _is_silent(part) for part in root.walk()):
            assert mine[item] == without_invented(theirs[item.encode()]), item
    names = [name for name, _ in numbered(root)]
    texts = [text for name in names for text in (name, f"{name}.MIME")]
    row = _fetch(session, " ".join(f"BODY.PEEK[{text}]" for text in texts))
    found = dict(zip(texts, row[1::2], strict=True))
    for text in texts:
        wanted, given_ = our_section(octets, text), found[text]
        assert isinstance(given_, bytes)
        assert wanted == given_ or _line_end_more(wanted, given_), text


def numbered(part: Part, prefix: str = "") -> Iterator[tuple[str, Part]]:
    """The parts of a message with their numbers (RFC 3501 §6.4.5)."""
    if not part.is_multipart:
        yield f"{prefix}1", part
        if part.is_message:
            yield from numbered(part.children[0], f"{prefix}1.")
        return
    for number, child in enumerate(part.parts, 1):
        yield f"{prefix}{number}", child
        if child.is_multipart:
            yield from numbered(child, f"{prefix}{number}.")
        elif child.is_message:
            yield from numbered(child.children[0], f"{prefix}{number}.")


def _ends_at_boundary(part: Part) -> bool:
    """Whether the part is a message whose end Dovecot puts one line end further (RFC 2046 §5.1.1): its last line is a
    boundary line or in a header, and the next boundary follows."""
    if not part.is_message:
        return False
    inner = part.children[0]
    while inner.is_message:
        inner = inner.children[0]
    return (inner.body == inner.end or inner.is_multipart) and inner.octets.startswith(b"\r\n--", inner.end)


def _is_silent(part: Part) -> bool:
    """Whether the part is a message that has MIME fields and does not say so: Dovecot does not read them then, although
    the structure is made of them (RFC 3501 §7.4.2)."""
    if not part.is_message:
        return False
    names = {one.name for one in part.children[0].fields}
    return not names & {b"mime-version", b"content-type"} and any(name.startswith(b"content-") for name in names)


def _line_end_more(mine: bytes | None, theirs: bytes) -> bool:
    return mine is not None and theirs == mine + b"\r\n"


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(messages())
def test_trees(session: Session, octets: bytes) -> None:
    _compare(session, octets)


@pytest.mark.slow
@settings(max_examples=1500, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(messages())
def test_many_trees(session: Session, octets: bytes) -> None:
    _compare(session, octets)
