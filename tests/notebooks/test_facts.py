"""What the lessons tell in words and numbers, worked out or looked up again.

The sections are written here by hand from the texts of RFC 1460 and RFC 1939.
"""

import re
from pathlib import Path
from typing import Any

import pytest

from popsim import Lab, pop3, samples
from popsim.protocols.protocol import Protocol
from tests.notebooks.shipped import NOTEBOOKS, read

START, STATES = NOTEBOOKS[0], NOTEBOOKS[1]
WORDS = {1: "one", 2: "two", 3: "three", 4: "four", 6: "six", 8: "eight", 10: "ten"}
OLD = pop3.edition(1460).minimal()


def text(path: Path, cell_id: str) -> str:
    """A cell's text on one line."""
    (cell,) = [cell for cell in read(path)["cells"] if cell["id"] == cell_id]
    return " ".join("".join(cell["source"]).split())


def keywords(protocol: Protocol) -> set[str]:
    return {form.keyword for form in protocol.forms}


def from_cristi() -> list[int]:
    return [number for number, message in enumerate(samples.inbox(), 1) if "Cristi" in message.header("From")]


COUNTS: list[tuple[Path, str, str, int]] = [
    (START, "password-read", "holds {digits} of them", len(samples.inbox())),
    (START, "tops", "range(1, {digits})", len(samples.inbox()) + 1),
    (START, "tops-read", "Number {digits}.", from_cristi()[0]),
    (START, "fetch", "RETR {digits}", from_cristi()[0]),
    (START, "change", "Letter {digits} is from Cristi too", from_cristi()[1]),
    (START, "modem", "RETR {digits}", from_cristi()[1]),
    (STATES, "words", "## {Word} words", len(keywords(OLD))),
    (STATES, "replies", "you have {word} words", len(keywords(OLD))),
    (STATES, "replies", "the server has {word}:", len(OLD.replies)),
    (STATES, "states", "## {Word} states", len([s for s in OLD.states if s.kind == "state" and not s.within])),
    (STATES, "states", "of the {word} words", len(keywords(OLD))),
    (STATES, "transaction", "There are {word} messages", len(samples.four())),
    (STATES, "unknown", "one of the {word}", len(keywords(OLD))),
    (STATES, "later", "## {Word} years later", 1996 - 1993),
    (STATES, "exercise", "{Word} command lines are enough", 6),
    (STATES, "exercise", "with the {word} messages", len(samples.four())),
]


@pytest.mark.parametrize(("path", "cell_id", "words", "count"), COUNTS, ids=[f"{c[1]}-{c[3]}" for c in COUNTS])
def test_a_number_is_what_it_counts(path: Path, cell_id: str, words: str, count: int) -> None:
    word = WORDS.get(count, "")
    assert words.format(digits=count, word=word, Word=word.capitalize()) in text(path, cell_id)


def test_the_old_set_is_the_one_of_rfc_1460() -> None:
    assert keywords(OLD) == set("USER PASS QUIT STAT LIST RETR DELE NOOP LAST RSET".split())
    assert [reply.mark for reply in OLD.replies] == ["+OK", "-ERR"]


def test_letter_one_speaks_of_cristi_and_is_not_from_him() -> None:
    # The loop that looks for him reads the header only, and stops at the right letter.
    tops = [message.top(0).octets.decode("utf-8", "replace") for message in samples.inbox()]
    assert [number for number, top in enumerate(tops, 1) if "Cristi" in top] == from_cristi()
    assert "Cristi" in samples.inbox()[0].octets.decode()


def test_numbers_stay_when_a_message_is_marked() -> None:
    lab = Lab(OLD, mail=samples.four())
    lab.run("USER alice", "PASS secret", "DELE 2")
    assert [line.split()[0] for line in lab.send("LIST").body.decode().splitlines()] == ["1", "3", "4"]


def test_last_is_one_number() -> None:
    lab = Lab(OLD, mail=samples.four())
    lab.run("USER alice", "PASS secret", "RETR 3")
    assert lab.send("LAST").reply == "+OK 3"
    assert text(STATES, "last-read").startswith("It says 3. But you never fetched 1 and 2!")


# Where a lesson names a section, and for what: the section as the RFC has it.
CITED: list[tuple[Path, str, str]] = [
    (START, "name-read", "RFC 1939 is the text with the rules of POP3, and §7 is its seventh section"),  # USER
    (STATES, "words", "RFC 1460, from 1993, and with what every server must know (§7, §8)"),  # minimal commands
    (STATES, "diagram-read", "the states of the RFC (§3)"),  # named in Basic Operation
    (STATES, "finer-read", "only: after a name was accepted (§4)"),  # restriction of PASS
    (STATES, "marked", "`DELE` puts a *mark* on a message (§5)"),
    (STATES, "broken-read", "RFC 1939 §6 has this rule in plain words"),
    (STATES, "octets-read", "a mail reader may ignore it (§8)"),  # significance of replies
    (STATES, "last", "fetched or marked (RFC 1460 §5)"),
    (STATES, "last-read", "from session to session (RFC 1939 §7)"),  # UIDL
    (STATES, "immediately", "In 1993 `PASS` comes *after* `USER` (RFC 1460 §4)"),
    (STATES, "immediately", "*immediately* after it (RFC 1939 §7)"),
]


@pytest.mark.parametrize(("path", "cell_id", "words"), CITED, ids=[f"{c[0].stem}-{c[1]}" for c in CITED])
def test_a_section_is_the_one_that_says_so(path: Path, cell_id: str, words: str) -> None:
    assert words in text(path, cell_id)


def test_every_section_in_the_lessons_was_looked_up() -> None:
    listed = {(path, cell_id) for path, cell_id, _ in CITED}
    for path in NOTEBOOKS:
        for cell in read(path)["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] == "markdown" and "§" in source:
                known = " ".join(words for p, cell_id, words in CITED if (p, cell_id) == (path, cell["id"]))
                assert (path, cell["id"]) in listed, cell["id"]
                assert sorted(re.findall(r"§\d+", source)) == sorted(re.findall(r"§\d+", known)), cell["id"]


def test_every_link_leads_to_a_notebook() -> None:
    names = {path.name for path in NOTEBOOKS}
    for path in NOTEBOOKS:
        cells: list[dict[str, Any]] = read(path)["cells"]
        links = [link for cell in cells for link in re.findall(r"\]\(([^)]+)\)", "".join(cell["source"]))]
        assert set(links) <= names
