"""POP1: a table that is printed and compared, and never run."""

from __future__ import annotations

import pytest

from popsim.mail.store import Store
from popsim.protocols import PROTOCOLS, find
from popsim.protocols.audit import audit
from popsim.protocols.model import CLOSED, Unit
from popsim.protocols.services import service
from popsim.wire.scenario import Scenario
from popsim.wire.simulation import Simulation

POP1 = find("pop1")
HISTORY = [protocol for protocol in PROTOCOLS.values() if protocol.table.is_history]


def test_the_table_is_sound() -> None:
    assert [str(finding) for finding in audit(POP1)] == []


def edges() -> set[tuple[str, str, str, str]]:
    """Each command with where it leads, but for refusals of what is not allowed."""
    found = set()
    for rule in POP1.rules:
        if rule.state.kind == "state" and rule.to is not None and rule.trigger in POP1.forms:
            sent = rule.reply.mark if rule.reply else "data" if rule.units == (Unit.COUNTED,) else "abort"
            found.add((rule.state.name, str(rule.trigger).split()[0], sent, rule.to.name))
    return found


def test_the_diagram_of_page_5() -> None:
    """RFC 918 p.5, box by box; its boxes have no names, popsim's are NOBODY, NAMED, KNOWN, OFFERED and SENT."""
    begun = {
        ("KNOWN", word, sent, to) for word in ("RETR", "RDEL") for sent, to in (("#", "OFFERED"), ("-ERR", "KNOWN"))
    }
    assert edges() == begun | {
        ("NOBODY", "USER", "+OK", "NAMED"),
        ("NOBODY", "USER", "-ERR", "NOBODY"),
        ("NOBODY", "QUIT", "+OK", "CLOSED"),
        ("NAMED", "PASS", "+OK", "KNOWN"),
        ("NAMED", "PASS", "-ERR", "NOBODY"),
        ("KNOWN", "QUIT", "+OK", "CLOSED"),
        ("KNOWN", "NOOP", "+OK", "KNOWN"),
        ("KNOWN", "RSET", "+OK", "KNOWN"),
        ("OFFERED", "RCEV", "data", "SENT"),
        ("OFFERED", "RCEV", "abort", "CLOSED"),
        ("OFFERED", "RSET", "+OK", "KNOWN"),
        ("SENT", "RCVD", "+OK", "KNOWN"),
        ("SENT", "RCVD", "-ERR", "KNOWN"),
        ("SENT", "RSET", "+OK", "KNOWN"),
    }


def test_an_error_leaves_the_session_up() -> None:
    for state in POP1.states[1:-1]:
        for form in POP1.forms:
            if POP1.server.refuses(state, form):
                assert {rule.to for rule in POP1.outcomes(state, form)} == {state}
    assert {r.to for r in POP1.rules if r.to is CLOSED and r.trigger in POP1.forms} == {CLOSED}


@pytest.mark.parametrize("name", [protocol.name for protocol in HISTORY])
def test_a_page_of_history_is_not_run(name: str) -> None:
    words = f"is a page of history here: its table can be printed .popsim table {name}., a session can't be run; try "
    with pytest.raises(ValueError, match=words):
        service(find(name), Store([], {}), session=1, timestamp="<1@h>")
    with pytest.raises(ValueError, match=words):
        Simulation(Scenario(protocol=name, edition=find(name).number))


def test_what_to_try_instead() -> None:
    with pytest.raises(ValueError, match="try pop2 or pop3$"):
        service(POP1, Store([], {}), session=1, timestamp="<1@h>")
