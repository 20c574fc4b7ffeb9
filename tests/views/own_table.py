"""A table that a learner might write: none that ships, so there is no layout of it; its names need escaping."""

from popsim.protocols.model import (
    ALWAYS,
    ANY,
    CLOSED,
    START,
    Argument,
    Continuation,
    Form,
    Kind,
    Limit,
    Occurrence,
    Reader,
    Reply,
    Rule,
    State,
    Unit,
)
from popsim.protocols.protocol import Protocol, Table

CITED = "9999 §1 (a <reading> & no rule)"

OK = Reply("<ok>", "done & well", True, CITED)
NO = Reply("no!", "not done", False, CITED)
IDLE = State("idle & <awake>", 'waits for "work"', CITED)
BUSY = State("idle & (awake)", "works", CITED, IDLE)
GO = Form("GO", (Argument("where", Kind.WORD, "a <place>"),), "goes", CITED)
BYE = Form("BYE", (), "ends", CITED, optional=True)

OWN = Protocol(
    Table(
        name="own",
        title="Own <protocol>",
        port=7,
        editions=(9999,),
        states=(IDLE, BUSY),
        forms=(GO, BYE),
        replies=(OK, NO),
        rules=(
            Rule(START, Occurrence.OPENED, ALWAYS, OK, (Unit.LINE,), IDLE, cites=CITED),
            Rule(IDLE, GO, "it's there", OK, (Unit.LINE, Continuation(Reader.LINE)), BUSY, cites=CITED),
            Rule(IDLE, GO, "it isn't", NO, (Unit.LINE,), cites=CITED),
            Rule(BUSY, Occurrence.CONTINUED, ALWAYS, OK, (Unit.LINE,), IDLE, cites=CITED),
            Rule(IDLE, BYE, ALWAYS, OK, (Unit.LINE,), CLOSED, cites=CITED),
            Rule(ANY, Occurrence.NOT_ALLOWED, ALWAYS, NO, (Unit.LINE,), CLOSED, cites=CITED),
            Rule(ANY, Occurrence.LOST, ALWAYS, None, (), CLOSED, cites=CITED),
        ),
        limits=(Limit("line", 80, "octets of a line", CITED),),
    ),
    number=9999,
)
