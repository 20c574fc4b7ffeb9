"""RFC 937's two decision tables, with their diagrams, against popsim's two tables: cell by cell, both ways."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from popsim.protocols import find
from popsim.protocols.audit import audit
from popsim.protocols.model import CLOSED, Occurrence, Rule
from tests.pop2.decision import ENDS, Decisions, Outcome, Unreadable, differences, load, outcome, parse

POP2 = find("pop2")

LOST = {
    "server": ("nothing -> CLOSED is in the table only", "- -> CLOSED is not in the table"),
    "client": ("nothing -> CLOSED is in the table only", "QUIT -> EXIT is not in the table"),
}
"""The one thing that is read otherwise: on a connection that is gone nothing can be sent any more."""


def read_otherwise(end: str, state: str) -> list[str]:
    there, lacking = LOST[end]
    return [f"{state} | connection lost: {lacking}", f"{state} | connection lost: {there}"]


EXPECTED = {
    "server": [line for state in ("AUTH", "MBOX", "ITEM", "NEXT") for line in read_otherwise("server", state)],
    "client": [line for state in ("CALL", "NMBR", "SIZE", "XFER") for line in read_otherwise("client", state)],
}


@pytest.mark.parametrize("end", ENDS)
def test_the_tables_say_what_the_rfc_s_say(end: str) -> None:
    assert differences(load(end), POP2, end) == EXPECTED[end]


def test_the_tables_are_sound() -> None:
    assert [str(finding) for finding in audit(POP2)] == []


def test_what_the_rfc_s_table_leaves_to_the_text() -> None:
    """DONE is left by the server, once its work is done (p.10); a client opens the connection to come to CALL."""
    done = POP2.outcomes(POP2.state("DONE"), Occurrence.COMMITTED)
    assert {(rule.reply, rule.units, rule.to) for rule in done} == {(None, (), CLOSED)}
    into = [rule for rule in POP2.rules if rule.to and rule.to.name == "DONE"]
    assert {rule.awaits for rule in into} == {Occurrence.COMMITTED}
    assert POP2.client is not None
    assert [r.to.name for r in POP2.client.rules if r.to and r.state.name == "START"] == ["CALL"]


@pytest.mark.parametrize("end", ENDS)
def test_the_diagram_adds_to_the_table_what_the_notes_say(end: str) -> None:
    decisions = load(end)
    more = {cell: edges - decisions.cells[cell] for cell, edges in decisions.edges.items()}
    found = {cell: sorted(outcomes) for cell, outcomes in more.items() if outcomes}
    assert found == ({("SIZE", "=CCC"): [Outcome("FOLD", "NMBR")]} if end == "client" else {})


@pytest.mark.parametrize("number", range(1, 11))
def test_each_of_the_ten_contradictions_has_its_reading_in_the_table(number: int) -> None:
    words = {
        1: "the scenario on p.4 says no host",
        2: "only + has a meaning",
        3: "prints +NNN",
        4: "example 3 on p.14 closes the connection here",
        5: "CR code 10 and LF code 13",
        6: "forgets . and ;",
        7: "whether a keyword may be in lower case",
        8: "must check that the user may read it",
        9: "what becomes of the marked messages is not said",
        10: "a deleted one and one of no octets are the same by design",
    }[number]
    table = POP2.table
    rows = [*table.rules, *table.forms, *table.limits, *table.states]
    assert [row for row in rows for reference in row.references if words in reference.note]


# The comparison must be able to fail.


def changed(decisions: Decisions, cell: tuple[str, str], outcomes: frozenset[Outcome]) -> Decisions:
    edges = {key: value for key, value in decisions.edges.items() if key != cell}
    return replace(decisions, cells={**decisions.cells, cell: outcomes}, edges=edges)


@pytest.mark.parametrize("end", ENDS)
def test_a_wrong_cell_is_found_wherever_it_stands(end: str) -> None:
    decisions = load(end)
    wrong = frozenset({Outcome("+" if end == "server" else "HELO", "CLOSED")})
    alone = [c for c in decisions.cells if c[0] != "LSTN" and c[1] != "Open"] + [("LSTN", "Open")] * (end == "server")
    for cell in alone:
        assert differences(changed(decisions, cell, wrong), POP2, end) != EXPECTED[end], cell


@pytest.mark.parametrize("end", ENDS)
def test_a_row_too_few_and_a_row_too_many_are_found(end: str) -> None:
    name = "rules" if end == "server" else "client_rules"
    rules: tuple[Rule, ...] = getattr(POP2.table, name)

    def against(new: tuple[Rule, ...]) -> list[str]:
        more: dict[str, Any] = {name: new}
        return differences(load(end), replace(POP2, table=replace(POP2.table, **more)), end)

    def says(some: tuple[Rule, ...]) -> set[tuple[object, ...]]:
        return {(rule.state, rule.trigger, *outcome(rule)) for rule in some}

    hidden = []
    for place, rule in enumerate(rules):
        rest = rules[:place] + rules[place + 1 :]
        if says(rest) != says(rules) and against(rest) == EXPECTED[end]:
            hidden.append(rule.id)
    # a lost connection leads from everywhere to the end; and START is nobody's cell in the client's table
    assert (
        hidden
        == {
            "server": ["DONE|connection lost|always"],
            "client": ["START|opened|always", "EXIT|connection lost|the connection is gone"],
        }[end]
    )
    stray = replace(rules[-2], condition="the moon is full", to=POP2.state("NEXT"))
    assert any("in the table only" in p for p in set(against((*rules, stray))) - set(EXPECTED[end]))


@pytest.mark.parametrize(
    "text",
    [
        "INPUT | A",
        "table\nINPUT | A\nx | 1 | 2\nactions\n1 | + | A",
        "table\nINPUT | A\nx | 2\nactions\n1 | + | A",
        "table\nINPUT | A\nx | 1\nx | 1\nactions\n1 | + | A",
        "table\nINPUT | A\nx | 1\nactions\n1 | + | B",
        "table\nINPUT | A\nx | 1\nactions\n1 | + | A\ndiagram\nA | y | + | A",
    ],
)
def test_a_line_that_says_nothing_is_not_read_over(text: str) -> None:
    with pytest.raises(Unreadable, match="decisions:"):
        parse(text)
