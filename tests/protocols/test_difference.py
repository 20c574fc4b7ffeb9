"""The differences of editions are what the RFCs say of themselves, each with where it was read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from popsim import pop3
from popsim.protocols.difference import Change, Difference, difference
from popsim.protocols.model import Limit, Occurrence, Rule, Unit
from popsim.protocols.protocol import Protocol
from tests.protocols.small import BOTH, INSIDE, KNOCK, LINE, YES, small

# What came and went, by the overviews of RFC 1460, 1725 and 1939 and the texts (RFC 1225 says of itself that it is a
# republication of RFC 1081).
COMMANDS = {
    (1081, 1225): ("", ""),
    (1225, 1460): ("APOP", "RPOP"),
    (1460, 1725): ("UIDL", "LAST"),
    (1725, 1939): ("", ""),
    (1460, 1939): ("UIDL", "LAST"),
    (1081, 1939): ("APOP UIDL", "RPOP LAST"),
}
LIMITS = {(1460, 1725): ("argument", ""), (1725, 1939): ("reply line", ""), (1460, 1939): ("argument, reply line", "")}


def between(before: int | str, after: int | str) -> Difference:
    return difference(pop3.edition(before), pop3.edition(after))


def named(changes: tuple[Change, ...], what: str) -> list[str]:
    return [change.name for change in changes if change.what == what]


@pytest.mark.parametrize(("pair", "expected"), COMMANDS.items(), ids=str)
def test_the_commands_that_came_and_went(pair: tuple[int, int], expected: tuple[str, str]) -> None:
    found = between(*pair).commands
    for what, words in zip(("came", "went"), expected, strict=True):
        assert list(dict.fromkeys(name.split()[0] for name in named(found, what))) == words.split()
    assert named(found, "changed") == []


@pytest.mark.parametrize(("pair", "expected"), LIMITS.items(), ids=str)
def test_the_numbers_that_came_and_went(pair: tuple[int, int], expected: tuple[str, str]) -> None:
    found = between(*pair).limits
    assert (", ".join(named(found, "came")), ", ".join(named(found, "went"))) == expected


def test_a_republication_differs_in_nothing() -> None:
    found = between(1081, 1225)
    assert not found and found.changes == () and found.readings == ()


def test_the_ways_into_and_out_of_a_refused_login() -> None:
    """RFC 1460 §7 takes APOP after the greeting only; RFC 1725 §4 lets any 'authentication command' follow."""
    new = between(1460, 1725)
    assert named(new.states, "went") == ["login refused"]
    changed = {change.name: (change.before, change.after) for change in new.rules if change.what == "changed"}
    assert set(changed) == {
        "AUTHORIZATION|USER name|no such name, or no password login for it",
        "AUTHORIZATION|APOP name digest|name or secret is wrong",
        "AUTHORIZATION|APOP name digest|another session has the maildrop",
        "USER accepted|PASS string|name or secret is wrong",
        "USER accepted|PASS string|another session has the maildrop",
    }
    for before, after in changed.values():
        assert before and after and before.says[2] == "login refused"
        assert after.says[2] in ("", "AUTHORIZATION")
        assert str(before.reference) in ("RFC 1460 §4", "RFC 1460 §7") and str(after.reference) == "RFC 1725 §4"


def test_immediately() -> None:
    """RFC 1939 §7: PASS only immediately after USER. A row of 1939 that stands where 1725 has the one of everywhere."""
    changed = [c for c in between(1725, 1939).rules if c.what == "changed"]
    assert len(changed) == len(between(1725, 1939).rules) == 6
    assert all(c.name.startswith("USER accepted|") and c.after and c.after.says[2] == "AUTHORIZATION" for c in changed)
    assert {str(c.before.reference) for c in changed if c.before} == {"RFC 1725 §3", "RFC 1725 §4"}


def test_what_is_done_at_rset() -> None:
    (old,) = [c for c in between(1225, 1460).rules if "RSET" in c.name and c.what == "went"]
    (new,) = [c for c in between(1225, 1460).rules if "RSET" in c.name and c.what == "came"]
    assert old.before and new.after
    assert (str(old.before.reference), str(new.after.reference)) == ("RFC 1225 p.10", "RFC 1460 §5")


def test_what_a_text_says_that_was_only_read_before() -> None:
    """RFC 1725 §3 permits the timer; RFC 1939 §3 is the first to say what an unknown command is answered."""
    notes = {c.name: (c.before.note, c.after.note) for c in between(1460, 1725).readings if c.before and c.after}
    assert notes["autologout"] == (
        "no timer is named; as in 1939",
        "a server may have a timer, of ten minutes at least",
    )
    assert notes["ANY|timed out|always"][1] == "" != notes["ANY|timed out|always"][0]
    silent = [c.name for c in between(1725, 1939).readings if c.after and not c.after.note]
    for occurrence in (Occurrence.UNRECOGNIZED, Occurrence.MALFORMED, Occurrence.NOT_ALLOWED, Occurrence.OVERLONG):
        assert f"ANY|{occurrence.value}|always" in silent


EVERY = [
    *(p for number in pop3.editions for p in (pop3.edition(number), pop3.edition(number).minimal())),
    *(pop3.extended(*which) for which in ((2449,), (5034,), (2595,), (6856,), ())),
]


@pytest.mark.parametrize("protocol", EVERY, ids=str)
def test_nothing_differs_from_itself(protocol: Protocol) -> None:
    found = difference(protocol, protocol)
    assert not found and found.readings == ()


@pytest.mark.parametrize("one", EVERY, ids=str)
def test_the_other_way_round_is_the_same_turned_about(one: Protocol) -> None:
    turned = {"came": "went", "went": "came", "changed": "changed"}
    for other in EVERY:
        there, back = difference(one, other), difference(other, one)
        assert {(c.name, turned[c.what]) for c in there.changes} == {(c.name, c.what) for c in back.changes}
        assert {c.name for c in there.readings} == {c.name for c in back.readings}
        for change in there.changes:
            for side, protocol in ((change.before, one), (change.after, other)):
                assert side is None or (side.reference and side.reference.rfc in protocol.rfcs), change


def test_an_extension_against_the_edition_without_it() -> None:
    found = difference(pop3, pop3.extended(2449))
    assert named(found.commands, "came") == ["CAPA"] and named(found.commands, "went") == []
    assert [c.what for c in found.limits] == ["changed"] and not found.states
    assert (
        {str(c.after.reference)[:8] for c in found.capabilities if c.after}
        == {"RFC 2449"}
        == {str(c.after.reference)[:8] for c in found.changes if c.after}
    )


def test_a_command_that_is_left_out_went() -> None:
    found = difference(pop3, pop3.without("TOP"))
    assert named(found.commands, "went") == ["TOP msg n"] == [c.name for c in found.commands]
    assert all(c.what == "went" and "|TOP msg n|" in c.name for c in found.rules) and len(found.rules) == 3
    assert not (found.states or found.limits or found.readings)


def test_another_protocol() -> None:
    with pytest.raises(ValueError, match="^expected two editions of one protocol, got POP3 .* such as POP3 ") as caught:
        difference(pop3, small())
    assert "\n" not in str(caught.value)


def with_row(protocol: Protocol, **more: object) -> tuple[Protocol, Protocol]:
    """Both editions of a table with more rows."""
    table = replace(protocol.table, **{name: (*getattr(protocol.table, name), row) for name, row in more.items()})  # type: ignore[arg-type]
    return Protocol(table, 9001), Protocol(table, 9002)


def test_a_planted_difference_is_found_and_nothing_else() -> None:
    base = difference(*with_row(small()))
    for row in (
        Rule(INSIDE, KNOCK, "twice", YES, LINE, cites="9002 §4"),
        Rule(INSIDE, KNOCK, "twice", YES, (Unit.LINE, Unit.MULTILINE), cites="9002 §4"),
    ):
        found = difference(*with_row(small(), rules=row))
        assert set(c.name for c in found.changes) - {c.name for c in base.changes} == {"inside|KNOCK|twice"}
    both = difference(*with_row(small(), rules=Rule(INSIDE, KNOCK, "twice", YES, LINE, cites=BOTH)))
    assert [(c.name, c.what) for c in both.changes] == [(c.name, c.what) for c in base.changes]
    limit = difference(*with_row(small(), limits=Limit("patience", 3, "knocks", "9001 §1")))
    assert [c.what for c in limit.limits if c.name == "patience"] == ["went"]
