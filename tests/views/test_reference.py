"""The command reference and the matrix: what they print is what the RFCs say, in HTML as in the text."""

import re
import xml.etree.ElementTree as ET

import pytest

from popsim.protocols import find
from popsim.protocols.protocol import Protocol
from popsim.views.matrix import Matrix, matrix
from popsim.views.reference import CommandReference, reference
from popsim.views.rich import Rich
from tests.views.own_table import OWN

NEW = find("pop3")
OLD = NEW.edition(1460)
RELATIVES = (find("pop2"), find("imap"), find("imap").edition(9051), find("imap").extended(), find("smtp").extended())
EVERY = (NEW, OLD, NEW.minimal(), OLD.minimal(), OWN, *RELATIVES)

every_protocol = pytest.mark.parametrize("protocol", EVERY, ids=str)


def tree(view: Rich) -> ET.Element:
    """The HTML form, which is well-formed: everything in it is escaped and closed."""
    return ET.fromstring(view.html().replace("&rarr;", "->").replace("<br>", " "))


def words(text: str) -> set[str]:
    return set(re.sub(r"[:,;()\[\]]|\.(?=\s)", " ", text).split())


def entry(text: str, name: str) -> list[str]:
    """The lines of one command in the text of a reference, with single spaces."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    start = next(n for n, line in enumerate(lines) if line == name or line.startswith(f"{name} "))
    return lines[start : lines.index("", start)]


def test_a_command_with_its_arguments_conditions_replies_and_sections() -> None:
    assert entry(str(reference(NEW)), "RETR msg") == [
        "RETR msg the whole message §5",
        "msg: a message-number, counted from 1 when the maildrop was opened (a message-number such as 1)",
        "in TRANSACTION:",
        "message there +OK line, multi-line stays §5",
        "no such message -ERR line stays §5",
        "message marked as deleted -ERR line stays §5",
    ]


def test_a_command_that_is_answered_when_something_is_done() -> None:
    assert entry(str(reference(NEW)), "QUIT")[1:] == [
        "in AUTHORIZATION, USER accepted:",
        "always +OK line -> CLOSED §4",
        "in TRANSACTION:",
        "always nothing yet -> UPDATE §6",
        "then, in UPDATE, committed:",
        "all marked messages removed +OK line -> CLOSED §6",
        "some marked messages not removed -ERR line -> CLOSED §6",
    ]


def test_a_command_that_is_refused_in_words_of_its_own() -> None:
    found = entry(str(reference(OLD)), "APOP name digest")
    assert "refused in login refused:" in found
    assert "only right after the greeting -ERR line stays §7" in found
    assert "another session has the maildrop -ERR line -> login refused §4" in found


def test_what_may_come_besides_commands() -> None:
    found = entry(str(reference(NEW)), "unrecognized command")
    assert found[1:5] == [
        "in AUTHORIZATION, TRANSACTION:",
        "always -ERR line stays §3",
        "in USER accepted:",
        "always -ERR line -> AUTHORIZATION §7 [1]",
    ]


def test_editions_differ_as_their_rfcs_do() -> None:
    new, old = str(reference(NEW)), str(reference(OLD))
    assert "LAST" in old and "LAST" not in new
    assert "UIDL" in new and "UIDL" not in old
    assert "(optional)" in new and "(optional)" not in str(reference(NEW.minimal()))
    assert "40 octets of one argument" in new and "40 octets" not in old


@every_protocol
def test_every_rule_is_printed(protocol: Protocol) -> None:
    facts = reference(protocol).facts
    printed = {
        (state, found.name, outcome.condition)
        for _, entries in facts.chapters
        for found in entries
        for case in found.cases
        if not case.after
        for state in case.states
        for outcome in case.outcomes
    }
    awaited = {rule.awaits for rule in protocol.rules}
    rules = {tuple(r.id.split("|")) for r in protocol.resolved() if r.trigger not in awaited}
    assert rules <= printed
    later = {(r.to, r.awaits) for r in protocol.rules if r.awaits}
    assert len(later) == sum(case.after != "" for c in facts.commands for case in c.cases)


@every_protocol
def test_every_reading_is_a_note(protocol: Protocol) -> None:
    view = reference(protocol)
    text = " ".join(str(view).split())
    notes = view.facts.notes
    assert [number for number, _, _ in notes] == list(range(1, len(notes) + 1))
    for number, where, note in notes:
        assert f"[{number}] {where}: {note}" in text
        assert text.count(f"[{number}]") > 1


@every_protocol
@pytest.mark.parametrize("show", (reference, matrix))
def test_the_html_says_what_the_text_says(show: type[CommandReference | Matrix], protocol: Protocol) -> None:
    view = show(protocol)
    root = tree(view)
    for style in root.findall("style"):
        root.remove(style)
    rich, text = words(" ".join(root.itertext())), words(str(view))
    headings = set("name meaning condition reply what is sent the state that follows read in command".split())
    assert rich - text <= headings | {"RFC", str(protocol.number)}
    assert {w for w in text - rich if not set(w) <= {"-"}} <= words("Sections are those of RFC")
    assert view._repr_mimebundle_() == {"text/html": view.html(), "text/plain": str(view)}
    assert repr(view) == str(view)


@every_protocol
def test_the_text_fits_a_terminal(protocol: Protocol) -> None:
    for view in (reference(protocol), matrix(protocol)):
        lines = str(view).splitlines()
        assert max(map(len, lines)) <= 100
        assert not any(line != line.rstrip() for line in lines)


@every_protocol
def test_tables_say_what_their_cells_head(protocol: Protocol) -> None:
    for view in (reference(protocol), matrix(protocol)):
        tables = list(tree(view).iter("table"))
        assert tables
        for table in tables:
            assert table.findtext("caption")
            scopes = [cell.get("scope") for cell in table.iter("th")]
            assert set(scopes) <= {"col", "row", "rowgroup"}
            assert scopes.count("col") >= 3 or protocol is OWN
            width = len(table.findall("thead/tr/th"))
            for row in table.iter("tr"):
                assert sum(int(cell.get("colspan", "1")) for cell in row) == width


@every_protocol
def test_nothing_in_the_page_is_touched(protocol: Protocol) -> None:
    for view in (reference(protocol), matrix(protocol)):
        root = tree(view)
        name = root.get("class", "")
        style = root.findtext("style", "")
        style = style.replace("@media (prefers-color-scheme:dark){", "").replace("\n", "")
        for selectors in re.findall(r"([^{}]+)\{", style):
            assert all(f".{name}" in selector for selector in selectors.split(","))
        assert not [element for element in root.iter() if "id" in element.attrib]


MATRIX_1939 = """
USER name        | +OK -> USER accepted; -ERR stays | refused; -> AUTHORIZATION                  | refused
PASS string      | refused                          | +OK -> TRANSACTION; -ERR -> AUTHORIZATION  | refused
APOP name digest | +OK -> TRANSACTION; -ERR stays   | refused; -> AUTHORIZATION                  | refused
LIST             | refused                          | refused; -> AUTHORIZATION                  | +OK stays
RETR msg         | refused                          | refused; -> AUTHORIZATION                  | +OK/-ERR stays
QUIT             | +OK -> CLOSED                    | +OK -> CLOSED                              | -> UPDATE
"""
MATRIX_1460 = """
USER name | +OK -> USER accepted; -ERR -> login refused | refused | +OK -> USER accepted; -ERR stays | refused
PASS string | refused | +OK -> TRANSACTION; -ERR -> login refused | refused | refused
APOP name digest | +OK -> TRANSACTION; -ERR -> login refused | refused | refused | refused
LAST | refused | refused | refused | +OK stays
QUIT | +OK -> CLOSED | +OK -> CLOSED | +OK -> CLOSED | -> UPDATE
"""


@pytest.mark.parametrize(("protocol", "expected"), ((NEW, MATRIX_1939), (OLD, MATRIX_1460)), ids=str)
def test_what_each_command_does_in_each_state(protocol: Protocol, expected: str) -> None:
    shown = matrix(protocol)
    for row in expected.strip().splitlines():
        name, *cells = (cell.strip() for cell in row.split("|"))
        found = [shown.ways(state, protocol.form(name)) for state in shown.states]
        assert ["; ".join(map(str, ways)) for ways in found] == cells
    assert [s.name for s in shown.states][0] == "AUTHORIZATION"
    assert shown.notes == [
        "refused: answered -ERR; the state stays where no other is named",
        "in UPDATE no command is allowed",
    ]


def test_the_matrix_as_text() -> None:
    lines = str(matrix(NEW)).splitlines()
    assert lines[0] == "POP3 (RFC 1939): what each command does in each state"
    assert lines[2].split() == "AUTHORIZATION USER accepted TRANSACTION".split()
    assert [line.split("  ")[0] for line in lines if line[:1].isupper()][1:] == [form.name for form in NEW.forms]


def rows(text: str, heading: str) -> list[str]:
    """The lines under a heading, with single spaces."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    start = lines.index(heading) + 1
    return lines[start : lines.index("", start)]


def test_words_codes_and_data_have_tables_of_their_own() -> None:
    text = str(reference(find("imap")))
    assert r"\Flagged the message deserves attention §2.3.2" in rows(text, "Words inside arguments: flag")
    assert any(row.startswith("BEFORE date ") for row in rows(text, "Words inside arguments: search key"))
    assert any(row.startswith("n EXPUNGE ") for row in rows(text, "Data without a tag"))
    assert any(row.startswith("[UIDNEXT] the unique identifier") for row in rows(text, "Codes"))
    assert not re.search(r"\] *:", text)


def test_the_note_of_an_argument_of_many_commands_is_said_once() -> None:
    text = str(reference(find("imap")))
    note = " ".join(rows(text, "Arguments of many commands"))
    assert note.startswith("mailbox the name of a mailbox; INBOX in any case")
    assert " ".join(text.split()).count("INBOX in any case") == 1
    assert "always OK data, line stays §6.1.2" in entry(text, "NOOP")


def test_a_client_with_a_machine_has_its_states_and_what_it_sends() -> None:
    text = str(reference(find("pop2")))
    assert [row.split()[0] for row in rows(text, "States of the client")] == ["CALL", "NMBR", "SIZE", "XFER", "EXIT"]
    assert "The client's end: what it hears, and what it sends" in text


def test_the_matrix_of_many_commands_is_broken_to_fit() -> None:
    lines = str(matrix(find("smtp").extended())).splitlines()
    place = next(n for n, line in enumerate(lines) if line.startswith("RCPT TO:<forward-path>  "))
    assert lines[place].split() == "RCPT TO:<forward-path> refused refused 250 -> 250/550/452/501".split()
    assert lines[place + 1].split() == "RECIPIENTS stays".split()
    assert lines[-1] == "in AUTH exchange, TLS handshake, TEXT no command is allowed"
