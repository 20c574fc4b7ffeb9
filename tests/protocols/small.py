"""A small sound table of two editions, made up, into which a test plants one defect at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from popsim.protocols.model import (
    ALWAYS,
    ANY,
    CLOSED,
    START,
    Argument,
    Continuation,
    Form,
    Kind,
    Occurrence,
    Reader,
    Reply,
    Rule,
    State,
    Unit,
)
from popsim.protocols.protocol import Protocol, Table

LINE = (Unit.LINE,)
ASK = (Unit.LINE, Continuation(Reader.LINE))
BOTH = "9001 §1; 9002 §1"

YES = Reply("yes", "done", True, BOTH)
NO = Reply("no", "not done", False, BOTH)
MORE = Reply("more", "go on", None, BOTH)
REPLIES = (YES, NO, MORE)

OUTSIDE = State("outside", "before the door", BOTH)
KNOCKED = State("knocked", "the door may open", BOTH, OUTSIDE)
INSIDE = State("inside", "behind the door", BOTH)
ASKED = State("asked", "an answer is awaited", BOTH)
LEAVING = State("leaving", "the lights go out", BOTH)
STATES = (OUTSIDE, KNOCKED, INSIDE, ASKED, LEAVING)

KNOCK = Form("KNOCK", (), "asks to come in", BOTH)
ENTER = Form("ENTER", (Argument("name", Kind.WORD, "who comes"),), "comes in", BOTH)
ASK_FOR = Form("ASK", (), "begins an exchange", BOTH, optional=True)
SHOUT = Form("SHOUT", (), "was forbidden later", "9001 §1")
LEAVE = Form("LEAVE", (), "ends it", BOTH)
FORMS = (KNOCK, ENTER, ASK_FOR, SHOUT, LEAVE)

RULES = (
    Rule(START, Occurrence.OPENED, ALWAYS, YES, LINE, OUTSIDE, cites=BOTH),
    Rule(OUTSIDE, KNOCK, ALWAYS, YES, LINE, KNOCKED, cites=BOTH),
    Rule(KNOCKED, ENTER, "welcome", YES, LINE, INSIDE, cites=BOTH),
    Rule(KNOCKED, ENTER, "unwelcome", NO, LINE, OUTSIDE, cites=BOTH),
    Rule(INSIDE, ASK_FOR, ALWAYS, MORE, ASK, ASKED, cites=BOTH),
    Rule(INSIDE, SHOUT, ALWAYS, YES, LINE, cites="9001 §1"),
    Rule(ASKED, Occurrence.CONTINUED, ALWAYS, YES, LINE, INSIDE, cites=BOTH),
    Rule(ASKED, Occurrence.MALFORMED, ALWAYS, NO, LINE, INSIDE, cites=BOTH),
    Rule(ASKED, Occurrence.OVERLONG, ALWAYS, NO, LINE, INSIDE, cites=BOTH),
    Rule(INSIDE, LEAVE, ALWAYS, None, (), LEAVING, Occurrence.COMMITTED, cites=BOTH),
    Rule(LEAVING, Occurrence.COMMITTED, ALWAYS, YES, LINE, CLOSED, cites=BOTH),
    Rule(ANY, Occurrence.NOT_ALLOWED, ALWAYS, NO, LINE, cites=BOTH),
    Rule(ANY, Occurrence.UNRECOGNIZED, ALWAYS, NO, LINE, cites=BOTH),
    Rule(ANY, Occurrence.MALFORMED, ALWAYS, NO, LINE, cites=BOTH),
    Rule(ANY, Occurrence.OVERLONG, ALWAYS, NO, LINE, cites=BOTH),
    Rule(ANY, Occurrence.EXPIRED, ALWAYS, None, (), CLOSED, cites=BOTH),
    Rule(ANY, Occurrence.LOST, ALWAYS, None, (), CLOSED, cites=BOTH),
)


def small(
    *,
    edition: int = 9002,
    without: tuple[str, ...] = (),
    rules: tuple[Rule, ...] = (),
    states: tuple[State, ...] = (),
    forms: tuple[Form, ...] = (),
    replies: tuple[Reply, ...] = (),
    **more: Any,
) -> Protocol:
    """The small protocol, without the rules of those ids and with more rows at the end of each part."""
    table = Table(
        name="small",
        title="Small",
        port=9,
        editions=(9002, 9001),
        states=STATES + states,
        forms=FORMS + forms,
        replies=REPLIES + replies,
        rules=tuple(rule for rule in RULES if rule.id not in without) + rules,
    )
    unknown = set(without) - {rule.id for rule in RULES}
    assert not unknown, unknown
    return Protocol(replace(table, **more), edition)
