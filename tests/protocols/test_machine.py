"""A machine resolves every state and trigger to rows: its own, the outer state's, a refusal, or those of ANY."""

from __future__ import annotations

from popsim.protocols.machine import NOT_CONNECTED
from popsim.protocols.model import ALWAYS, ANY, CLOSED, START, Occurrence, Rule
from tests.probes.tagged import LOGOUT, TAGGED
from tests.protocols.small import (
    ASK_FOR,
    ASKED,
    BOTH,
    ENTER,
    INSIDE,
    KNOCK,
    KNOCKED,
    LEAVE,
    LEAVING,
    LINE,
    NO,
    OUTSIDE,
    YES,
    small,
)

PROTOCOL = small()


def test_a_states_own_rows_come_first() -> None:
    assert [r.condition for r in PROTOCOL.outcomes(KNOCKED, ENTER)] == ["welcome", "unwelcome"]


def test_an_inner_state_has_the_rows_of_the_state_around_it() -> None:
    (rule,) = PROTOCOL.outcomes(KNOCKED, KNOCK)
    assert (rule.id, rule.state, rule.to) == ("knocked|KNOCK|always", KNOCKED, KNOCKED)
    assert KNOCKED.outer is OUTSIDE and OUTSIDE.outer is OUTSIDE


def test_a_command_of_another_state_is_refused() -> None:
    (rule,) = PROTOCOL.outcomes(OUTSIDE, LEAVE)
    assert (rule.trigger, rule.reply, rule.to) == (Occurrence.NOT_ALLOWED, NO, OUTSIDE)
    assert rule.id == "outside|command not allowed here|always"


def test_a_row_of_any_says_which_state_it_was_asked_for() -> None:
    (rule,) = PROTOCOL.outcomes(INSIDE, Occurrence.LOST)
    assert (rule.id, rule.state, rule.to) == ("inside|connection lost|always", INSIDE, CLOSED)
    assert rule in PROTOCOL.resolved()


def test_nothing_is_read_before_and_after() -> None:
    for state in (START, CLOSED):
        for trigger in (KNOCK, Occurrence.LOST, Occurrence.UNRECOGNIZED):
            (rule,) = PROTOCOL.outcomes(state, trigger)
            assert (rule.condition, rule.reply, rule.units, rule.to) == (NOT_CONNECTED, None, (), state)
        assert PROTOCOL.allowed(state) == ()


def test_what_is_allowed_where() -> None:
    assert PROTOCOL.allowed(OUTSIDE) == (KNOCK,)
    assert PROTOCOL.allowed(KNOCKED) == (KNOCK, ENTER)
    assert PROTOCOL.allowed(INSIDE) == (ASK_FOR, LEAVE)
    assert PROTOCOL.allowed(ASKED) == PROTOCOL.allowed(LEAVING) == ()


def test_a_command_of_every_state_is_allowed_in_every_state() -> None:
    for state in TAGGED.table.states:
        assert (LOGOUT in TAGGED.allowed(state)) is state.reads_commands
        assert TAGGED.server.refuses(state, LOGOUT) is not state.reads_commands
    assert TAGGED.server.refuses(START, LOGOUT) and TAGGED.server.refuses(CLOSED, LOGOUT)


def test_a_state_may_take_back_what_every_state_allows() -> None:
    knock_anywhere = Rule(ANY, KNOCK, ALWAYS, YES, LINE, cites=BOTH)
    protocol = small(rules=(knock_anywhere, Rule(LEAVING, KNOCK, ALWAYS, NO, LINE, cites=BOTH)))
    assert KNOCK in protocol.allowed(INSIDE) and KNOCK not in protocol.allowed(LEAVING)


def test_every_pair_has_an_outcome_and_the_whole_machine_can_be_spelled_out() -> None:
    rules = PROTOCOL.resolved()
    assert len({rule.id for rule in rules}) == len(rules)
    for state in PROTOCOL.states:
        for form in PROTOCOL.forms:
            assert PROTOCOL.outcomes(state, form)
    assert all(rule.to is not None for rule in rules)


def test_the_reachable_states_are_all_states() -> None:
    assert PROTOCOL.server.reachable() == set(PROTOCOL.states)
