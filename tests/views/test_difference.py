"""The table of differences: what it prints is what the RFCs have, in HTML as in the text."""

from __future__ import annotations

import pytest

from popsim import Lab, pop3
from popsim import difference as shown
from popsim.protocols import find
from popsim.protocols.protocol import Protocol
from popsim.views.difference import DifferenceTable
from tests.views.test_reference import tree, words

PAIRS = [
    (pop3.edition(1460), pop3),
    (pop3, pop3.edition(1460)),
    (pop3.edition(1081), pop3.edition(1225)),
    (pop3.edition(1225), pop3.edition(1460).minimal()),
    (pop3.edition(1460), pop3.edition(1725)),
    (pop3.edition(1725), pop3),
    (pop3, pop3.extended(2449)),
    (pop3, pop3.extended()),
    (pop3.extended(2595), pop3.without("TOP")),
    (find("imap").edition(3501), find("imap").edition(9051)),
    (find("imap"), find("imap").extended()),
    (find("smtp").edition(821), find("smtp").edition(5321)),
]
every_pair = pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair[0]} to {pair[1]}")


def lines(view: DifferenceTable) -> list[str]:
    """The lines of the text, with single spaces."""
    return [" ".join(line.split()) for line in str(view).splitlines()]


def test_the_text_of_two_editions() -> None:
    found = lines(shown(pop3.edition(1460), pop3))
    assert found[:2] == [
        "From POP3 (RFC 1460) to POP3 (RFC 1939): what came, what went, what changed",
        "States: 1 went. Commands: 2 came, 1 went. What is done: 1 went, 8 changed. Limits: 2 came.",
    ]
    for line in (
        "RFC 1460 RFC 1939",
        "went LAST the highest message-number accessed; in TRANSACTION: +OK",
        "came UIDL number and unique-id of every message (optional); in",
        "changed USER name, in AUTHORIZATION: -ERR -> login refused (§4) -ERR stays (§7)",
        "came argument 40 octets of one argument (§3)",
        "[4] RFC 1939 §7: PASS only immediately after USER: any other line ends the attempt",
    ):
        assert line in found, line
    assert found.count("the text says so (§3)") == 0 < sum("the text says so (§3)" in line for line in found)


def test_what_differs_in_one_row_stands_on_one_line() -> None:
    """Four refusals changed alike; and where one outcome of RSET gave way to another, both are side by side."""
    text = " ".join(lines(shown(pop3.edition(1460), pop3)))
    assert "changed command not allowed here, -ERR stays (§3 [3]) -ERR -> AUTHORIZATION (§7 [4])" in text
    assert "changed RSET, in TRANSACTION no mark is left; the highest +OK stays (§5)" in text
    assert text.count("RSET") == 1


def test_the_same_protocol() -> None:
    view = shown(pop3.edition(1081), pop3.edition(1225))
    assert lines(view)[1:] == ["Nothing: every state, command, reply, rule and limit is the same."]


def test_a_command_that_is_read_in_another_way() -> None:
    found = " ".join(lines(shown(pop3, pop3.extended(6856))))
    assert "changed USER name names the maildrop; name is names the maildrop; name is" in found
    assert "UTF-8 (RFC 6856) (§7)" in found


@every_pair
def test_every_change_is_shown(pair: tuple[Protocol, Protocol]) -> None:
    view = shown(*pair)
    text = " ".join(str(view).split())
    facts = view.facts
    gathered = text.partition(" Arguments ")[2].partition(" What is done ")[0]
    for part in (
        facts.states,
        facts.commands,
        facts.replies,
        facts.limits,
        facts.capabilities,
        facts.data,
        facts.words,
    ):
        for change in part:
            name = change.name.split()[0] if part is not facts.words else str(change.row)
            assert f"{change.what} {name}" in text or change.what == "changed" and name in gathered
    one_sided = {c.row for c in facts.commands if c.what != "changed"}
    for change in facts.rules:
        state, trigger, condition = change.name.split("|")
        if not any(trigger == str(form) for form in one_sided):
            assert words(f"{trigger} {state.replace('ANY', 'every other state')}") <= words(text)
            assert condition == "always" or words(condition) <= words(text)
    for number, where, note in view.rows.notes:
        assert f"[{number}] {where}: {note}" in text and text.count(f"[{number}]") > 1


@every_pair
def test_the_html_says_what_the_text_says(pair: tuple[Protocol, Protocol]) -> None:
    view = shown(*pair)
    root = tree(view)
    for style in root.findall("style"):
        root.remove(style)
    rich, text = words(" ".join(root.itertext())), words(str(view))
    numbers = {str(number) for protocol in pair for number in protocol.rfcs}
    # In the text a word may be cut in two at a hyphen, where a line ends.
    cut = {word for word in rich - text if "-" in word}
    assert rich - text - cut <= {"RFC", "+", *numbers}
    assert {word for word in text - rich if not word.endswith("-") and not any(word in other for other in cut)} <= {
        "-",
        "->",
    }
    assert view._repr_mimebundle_() == {"text/html": view.html(), "text/plain": str(view)}
    assert repr(view) == str(view)


@every_pair
def test_it_fits_a_terminal_and_a_page(pair: tuple[Protocol, Protocol]) -> None:
    view = shown(*pair)
    text = str(view).splitlines()
    assert max(map(len, text)) <= 100 and not any(line != line.rstrip() for line in text)
    root = tree(view)
    for table in root.iter("table"):
        assert table.findtext("caption")
        assert all(len(row) == 4 for row in table.iter("tr"))
        assert {cell.get("scope") for cell in table.iter("th")} == {"col", "row"}
    assert not [element for element in root.iter() if "id" in element.attrib]


def test_a_lab_compares_what_it_speaks() -> None:
    lab = Lab(pop3.edition(1081))
    assert str(lab.difference(pop3)) == str(shown(pop3.edition(1081), pop3))


def test_two_editions_of_imap() -> None:
    """An argument that changed alike in many commands is told once; and no RFC 0 is named for a kind."""
    view = shown(find("imap").edition(3501), find("imap").edition(9051))
    found = lines(view)
    start = found.index("Arguments")
    assert "RFC 0" not in str(view)
    assert "went CHECK has the server put its house in order; in Selected: OK stays" in found
    assert found[start + 2].startswith("changed mailbox: in SELECT, ")
    assert sum(line.startswith("changed mailbox: in SELECT, ") for line in found) == 1
    assert not [line for line in found if line.startswith("changed SELECT ")]
    assert "went RECENT how many of them no session was told of before" in " ".join(found)
    assert r"went \Recent, flag no session before this one was told of the message" in " ".join(found)


def test_states_in_which_the_same_changed_share_a_line() -> None:
    view = shown(find("smtp").edition(821), find("smtp").edition(5321))
    text = " ".join(lines(view))
    assert "in CONNECTED, READY, SENDER, RECIPIENTS: 250 stays (§4.1.1.9)" in text
    assert "went 450 not done: the mailbox can't be reached now (§4.2.1)" in text
    assert "came 252 nobody says who that is, but mail for it is tried (§4.2.2)" in text
