"""Editions are the same rows filtered: a row is in an edition exactly when it cites that edition's RFC."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popsim import pop3
from popsim.protocols import find
from popsim.protocols.model import Form, Row
from popsim.protocols.protocol import Protocol
from tests.probes.challenge import CHALLENGING, PLAIN
from tests.protocols.small import small

# RFC 1460 §9 (a list of the commands), as a learner reads it; LAST and RSET are in its minimal set.
MINIMAL_1460 = "USER PASS QUIT STAT LIST RETR DELE NOOP LAST RSET".split()
# RFC 1081 p.12-13 (RFC 1225 has the same list on the same pages) and RFC 1725 §8.
MINIMAL_1081 = "USER PASS QUIT STAT LIST RETR DELE NOOP LAST RSET".split()
MINIMAL_1725 = "USER PASS QUIT STAT LIST RETR DELE NOOP RSET".split()
MINIMAL_1939 = "USER PASS QUIT STAT LIST RETR DELE NOOP RSET".split()


def keywords(protocol: Protocol) -> set[str]:
    return {form.keyword for form in protocol.forms}


@pytest.mark.parametrize("written", [1460, "1460", "rfc1460", "RFC1460", "RFC 1460", " rfc 1460 "])
def test_an_edition_may_be_written_in_several_ways(written: int | str) -> None:
    assert pop3.edition(written).number == 1460


@pytest.mark.parametrize(
    "written",
    [1461, 0, -1460, "", "rfc", "1460.0", 1460.0, "fourteen sixty", "1460 1939", "²", "1460²", None, True, b"1460"],
)
def test_another_one_gets_one_line_that_names_the_known_ones(written: object) -> None:
    with pytest.raises(ValueError) as caught:
        pop3.edition(written)  # type: ignore[arg-type]
    message = str(caught.value)
    assert message == f"POP3 has the editions 1081, 1225, 1460, 1725, 1939 (RFC numbers), not {written!r}"


@settings(derandomize=True, deadline=None, max_examples=100)
@given(st.text(max_size=12))
def test_no_text_raises_anything_else(text: str) -> None:
    try:
        assert pop3.edition(text).number in (1081, 1225, 1460, 1725, 1939)
    except ValueError as error:
        assert "1081, 1225, 1460, 1725, 1939" in str(error) and "\n" not in str(error)


def test_the_minimal_sets() -> None:
    assert keywords(pop3.edition(1460).minimal()) == set(MINIMAL_1460)
    assert keywords(pop3.edition(1939).minimal()) == set(MINIMAL_1939)
    assert keywords(pop3.edition(1725).minimal()) == set(MINIMAL_1725)
    assert keywords(pop3.edition(1725)) == {*MINIMAL_1725, "APOP", "TOP", "UIDL"}
    for old in (1081, 1225):
        assert keywords(pop3.edition(old).minimal()) == set(MINIMAL_1081)
        assert keywords(pop3.edition(old)) == {*MINIMAL_1081, "RPOP", "TOP"}
    assert keywords(pop3.edition(1460)) == {*MINIMAL_1460, "APOP", "TOP"}
    assert keywords(pop3) == {*MINIMAL_1939, "APOP", "TOP", "UIDL"}


def test_the_numbers_that_editions_set() -> None:
    """RFC 1725 §3 limits an argument and names the timer; RFC 1939 §3 alone limits a reply. The rest is reading."""
    assert [pop3.edition(n).limit("argument") for n in (1939, 1725, 1460, 1225, 1081)] == [40, 40, 0, 0, 0]
    assert [pop3.edition(n).limit("reply line") for n in (1939, 1725, 1460, 1225, 1081)] == [512, 0, 0, 0, 0]
    for number in pop3.editions:
        edition = pop3.edition(number)
        assert (edition.limit("autologout"), edition.limit("command line")) == (600, 255)
        for limit in edition.limits:
            reference = edition.reference(limit)
            assert reference and (reference.note or limit.name in ("argument", "reply line"))


def test_an_argument_of_forty_octets_is_the_longest_from_1994_on() -> None:
    for number, long in ((1939, False), (1725, False), (1460, True), (1225, True), (1081, True)):
        edition = pop3.edition(number)
        assert edition.parse(b"USER " + b"x" * 40).trigger is edition.form("USER name")
        assert (edition.parse(b"USER " + b"x" * 41).trigger is edition.form("USER name")) is long


def test_the_newest_edition_is_the_one_that_has_no_number() -> None:
    assert find("pop3") is pop3 and pop3.number == 1939 and pop3.editions == (1939, 1725, 1460, 1225, 1081)
    assert find(" POP3 ") is pop3


@pytest.mark.parametrize("name", ["pop", "", "imap5", "pop33"])
def test_a_protocol_that_is_not_there(name: str) -> None:
    with pytest.raises(ValueError, match=f"popsim knows the protocols .*pop3.*, not {name!r}") as caught:
        find(name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("protocol", [pop3, small(), CHALLENGING], ids=lambda p: p.name)
def test_a_row_is_in_an_edition_exactly_when_it_cites_it(protocol: Protocol) -> None:
    table = protocol.table
    for number in protocol.editions:
        edition = protocol.edition(number)
        rfcs = {number, *protocol.enabled}
        there: list[Row] = [*edition.states, *edition.forms, *edition.replies, *edition.rules]
        for row in (*table.states, *table.forms, *table.replies, *table.rules):
            assert (row in there) is any(r.rfc in rfcs for r in row.references), row
            if row in there:
                reference = edition.reference(row)
                assert reference is not None and reference.rfc in rfcs


def test_a_row_names_the_section_of_the_edition_that_asks() -> None:
    quit_ = pop3.form("QUIT")
    assert [str(pop3.edition(n).reference(quit_)) for n in (1939, 1460)] == ["RFC 1939 §6", "RFC 1460 §6"]
    assert [str(pop3.edition(n).reference(quit_)) for n in (1225, 1081)] == ["RFC 1225 p.10", "RFC 1081 p.10"]
    assert pop3.edition(1460).reference(pop3.form("UIDL")) is None


def test_editions_share_nothing_that_changes() -> None:
    old = pop3.edition(1460)
    assert old.form("LAST") in old.forms and old.form("LAST") not in pop3.forms
    assert old == pop3.edition("rfc1460") and old != pop3 and old.edition(1939) == pop3
    assert old.minimal().edition(1939) == pop3.minimal()  # what was chosen beside the edition stays


def test_an_extension_is_off_until_it_is_switched_on() -> None:
    assert {f.keyword for f in CHALLENGING.forms} - {f.keyword for f in PLAIN.forms} == {"STLS"}
    assert str(CHALLENGING) == "Challenge (RFC 1939 and all extensions)"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: pop3.state("TRANSACTIONS"), "has the states START, AUTHORIZATION"),
        (lambda: pop3.form("LIST n"), "has the commands USER name"),
        (lambda: pop3.rule("TRANSACTION|FOO|always"), "has no rule 'TRANSACTION|FOO|always'"),
        (lambda: pop3.server.outcome(pop3.state("TRANSACTION"), pop3.form("QUIT"), "never"), "no condition 'never'"),
    ],
)
def test_a_wrong_name_gets_one_line_that_teaches(wrong: object, words: str) -> None:
    with pytest.raises(LookupError) as caught:
        wrong()  # type: ignore[operator]
    message = caught.value.args[0]
    assert words in message and "\n" not in message


def test_every_rule_can_be_found_by_its_id_in_its_edition() -> None:
    for number in pop3.editions:
        edition = pop3.edition(number)
        for state in edition.states:
            if state.kind == "state":
                for form in edition.forms:
                    for rule in edition.outcomes(state, form):
                        assert edition.rule(rule.id) is rule and rule.state is state
    assert isinstance(pop3.rule("TRANSACTION|RETR msg|no such message").trigger, Form)
