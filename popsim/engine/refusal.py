"""The words of a refusal: what was wrong and what is allowed here. The engine adds where to read on."""

from __future__ import annotations

from collections.abc import Container

from popsim.protocols.model import CLOSED, REFUSALS, Form, Occurrence, Rule, State
from popsim.protocols.protocol import Protocol
from popsim.protocols.request import Request


def refusal(protocol: Protocol, state: State, rule: Rule, request: Request, *, but: Container[Form] = ()) -> bytes:
    """The text of the reply to a command that is unknown, misplaced, malformed or too long.

    Of several commands that are on their way at once it names the one that is meant; and where the row ends the
    session, it says so. A reply that refuses nothing has the table's words.

    Args:
        protocol: the edition that is spoken.
        state: where the session is.
        rule: the row that refuses.
        request: what came.
        but: commands that the table allows here, and that would be refused now for a reason of the session's.
    """
    is_no_command = not request.keyword and rule.trigger not in REFUSALS
    if rule.reply and (is_no_command or rule.reply.positive is not False):
        return rule.reply.meaning.encode("ascii", "replace")
    here = ", ".join(dict.fromkeys(form.keyword for form in protocol.allowed(state) if form not in but))
    if rule.trigger in (Occurrence.MALFORMED, Occurrence.OVERLONG):
        is_one_of_many = protocol.table.tagged and request.keyword and request.keyword not in request.problem
        text = f"{request.keyword}: {request.problem}" if is_one_of_many else request.problem
    elif rule.trigger is Occurrence.UNRECOGNIZED:
        text = f"{request.problem}; in {state.outer} there is {here}"
    elif rule.trigger is not Occurrence.NOT_ALLOWED:
        text = f"{request.keyword}: {rule.condition}; allowed: {here}"
    else:
        text = f"{request.keyword} is not allowed in {_place(state)}; allowed: {here}"
    if rule.to is CLOSED:
        text += "; the connection is closed"
    return text.encode("ascii", "replace")


def _place(state: State) -> str:
    return f"{state.outer} ({state})" if state.within else state.name
