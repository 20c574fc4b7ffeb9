"""The words of a refusal: what was wrong and what is allowed here. The engine adds where to read on."""

from __future__ import annotations

from collections.abc import Container

from popsim.protocols.model import Form, Occurrence, Rule, State
from popsim.protocols.protocol import Protocol
from popsim.protocols.request import Request


def refusal(protocol: Protocol, state: State, rule: Rule, request: Request, *, but: Container[Form] = ()) -> bytes:
    """The text of the reply to a command that is unknown, misplaced, malformed or too long.

    Args:
        protocol: the edition that is spoken.
        state: where the session is.
        rule: the row that refuses.
        request: what came.
        but: commands that the table allows here, and that would be refused now for a reason of the session's.
    """
    here = ", ".join(dict.fromkeys(form.keyword for form in protocol.allowed(state) if form not in but))
    if rule.trigger in (Occurrence.MALFORMED, Occurrence.OVERLONG):
        text = request.problem
    elif rule.trigger is Occurrence.UNRECOGNIZED:
        text = f"{request.problem}; in {state.outer} there is {here}"
    elif rule.trigger is not Occurrence.NOT_ALLOWED:
        text = f"{request.keyword}: {rule.condition}; allowed: {here}"
    else:
        text = f"{request.keyword} is not allowed in {_place(state)}; allowed: {here}"
    return text.encode("ascii", "replace")


def _place(state: State) -> str:
    return f"{state.outer} ({state})" if state.within else state.name
