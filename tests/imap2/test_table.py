"""IMAP2: a page of history. Its commands and answers were read by hand from RFC 1176 p.10 and RFC 1064 p.9."""

from __future__ import annotations

import pytest

from popsim.mail.store import Store
from popsim.protocols import find
from popsim.protocols.audit import audit
from popsim.protocols.difference import difference
from popsim.protocols.model import START
from popsim.protocols.services import service

NEW = find("imap2")
OLD = NEW.edition(1064)
COMMANDS = [
    "NOOP", "LOGIN user password", "LOGOUT", "SELECT mailbox", "CHECK", "EXPUNGE", "COPY sequence mailbox",
    "FETCH sequence data", "STORE sequence data-value", "SEARCH search_criteria",
]  # fmt: skip
ADDED = ["BBOARD bulletin_board", "FIND MAILBOXES pattern", "FIND BBOARDS pattern"]
ANSWERS = ["OK", "NO", "BAD", "BYE", "+"]
DATA = "EXISTS RECENT EXPUNGE STORE FETCH COPY FLAGS SEARCH BYE OK NO BAD".split()


def test_it_is_history_under_the_name_of_the_article() -> None:
    assert NEW.title == "Interactive Mail Access Protocol" and NEW.table.is_history
    assert (NEW.editions, NEW.port) == ((1176, 1064), 143)


def test_the_table_is_sound() -> None:
    assert [str(finding) for finding in audit(OLD)] == [] == [str(finding) for finding in audit(NEW)]


def test_commands_answers_and_data() -> None:
    assert sorted(form.name for form in OLD.forms) == sorted(COMMANDS)
    assert sorted(form.name for form in NEW.forms) == sorted(COMMANDS + ADDED)
    assert [reply.mark for reply in OLD.replies] == ANSWERS == [reply.mark for reply in NEW.replies]
    assert {row.mark for row in OLD.data} == set(DATA)
    assert {row.mark for row in NEW.data} == {*DATA, "BBOARD", "MAILBOX"}


def test_the_states_are_marked_as_a_reading() -> None:
    for state in NEW.states[1:-1]:
        for reference in state.references:
            assert "our reading" in reference.note
    assert NEW.states[0] is START and len(NEW.states) == 5


def test_before_the_login_the_later_text_allows_less() -> None:
    stranger = OLD.states[1]
    assert [form.keyword for form in OLD.allowed(stranger)] == ["NOOP", "LOGIN", "LOGOUT"]
    assert [form.keyword for form in NEW.allowed(stranger)] == ["LOGIN", "LOGOUT"]  # RFC 1176 p.6


def test_what_the_later_text_changed() -> None:
    facts = difference(OLD, NEW)
    assert [change.name for change in facts.commands] == ADDED
    assert {change.name for change in facts.data} == {"BBOARD", "MAILBOX"}


def test_it_is_not_run() -> None:
    with pytest.raises(ValueError, match=r"page of history here: .*popsim table imap2.*, a session can't be run"):
        service(NEW, Store([], {}), session=1, timestamp="<1@x>")
