"""LANG (RFC 6856 §3): what people read is in the language that was chosen, and what programs read is not."""

from __future__ import annotations

import string

import pytest

from popsim.protocols.model import REFUSALS, Form, Occurrence
from popsim.protocols.pop3.server_language import catalogue
from tests.pop3.extension_scene import ALL, LOGIN, PLAIN, announced, greeted, said, say, stage

FOR_PROGRAMS = {"STAT", "LIST msg", "UIDL msg", "LANG range"}
"""What these are answered is read by programs, or made of the language's own words."""


def test_the_languages_are_listed_by_tag_and_name() -> None:
    assert said("", "LANG").split("\r\n")[1:] == ["en English", "ro rom\u00e2n\u0103", ".", ""]
    assert "LANG" in announced()


@pytest.mark.parametrize("tag", [tag for tag in catalogue() if tag != "en"])
def test_every_text_stands_under_a_command_and_condition_of_the_table(tag: str) -> None:
    rules = ALL.resolved()
    conditions = {rule.condition for rule in rules} | {str(getattr(rule.trigger, "value", "")) for rule in rules}
    pairs = {f"{getattr(rule.trigger, 'keyword', '')}|{rule.condition}" for rule in rules}
    assert [key for key in catalogue()[tag]["texts"] if key not in (pairs if "|" in key else conditions)] == []


@pytest.mark.parametrize("tag", [tag for tag in catalogue() if tag != "en"])
def test_no_text_is_missing(tag: str) -> None:
    texts = catalogue()[tag]["texts"]
    lacking = set()
    for rule in ALL.resolved():
        trigger = rule.trigger
        named = isinstance(trigger, Form) and trigger.name not in FOR_PROGRAMS
        if isinstance(trigger, Form) and ALL.server.refuses(rule.state, trigger):
            continue  # in the words for a command that is not allowed
        if rule.reply and rule.reply.positive is not None and (named or trigger is Occurrence.COMMITTED):
            keyword = getattr(trigger, "keyword", "")
            if not {f"{keyword}|{rule.condition}", rule.condition} & set(texts):
                lacking.add((str(trigger), rule.condition))
    assert lacking == set()
    assert {one.value for one in REFUSALS} <= set(texts)


@pytest.mark.parametrize("tag", [tag for tag in catalogue() if tag != "en"])
def test_a_text_speaks_only_of_what_is_there(tag: str) -> None:
    known = {"name", "number", "size", "count", "octets", "left"}
    for text in catalogue()[tag]["texts"].values():
        assert {field for _, field, _, _ in string.Formatter().parse(text) if field is not None} <= known


def test_texts_change_and_what_programs_read_does_not() -> None:
    session = greeted(stage())
    say(session, "LANG ro", *LOGIN)
    assert session.state == "TRANSACTION"
    assert say(session, "STAT", "LIST 2", "UIDL 2") == ["+OK 3 306\r\n", "+OK 2 102\r\n", "+OK 2 uid-2\r\n"]
    assert say(session, "LIST")[0].split("\r\n")[0] == "+OK mesaje: 3, octe\u021bi: 306"
    assert say(session, "RETR 2")[0].startswith("+OK octe\u021bi: 102\r\n")
    assert say(session, "DELE 2", "RETR 2")[1].startswith("-ERR mesajul 2 este marcat")
    assert say(session, "LANG en", "NOOP")[1] == "+OK nothing done\r\n"


def test_refusals_are_in_the_language_too_and_codes_stay_in_front() -> None:
    session = greeted(stage())
    answers = say(session, "LANG RO", "XYZZY", "STAT", "USER", "x" * 300, "USER alice", "PASS wrong", "AUTH X")
    assert answers[0].startswith("+OK ro ")
    assert answers[1].startswith("-ERR XYZZY: comand\u0103 necunoscut\u0103")
    assert answers[2].startswith("-ERR STAT: comanda nu este permis\u0103")
    assert answers[3].startswith("-ERR USER: argumentele")
    assert answers[4].startswith("-ERR linia este prea lung\u0103")
    assert answers[5].startswith("+OK bine ai venit, alice")
    assert answers[6].startswith("-ERR [AUTH] numele sau parola")
    assert answers[7].startswith("-ERR mecanismul")
    assert say(session, f"AUTH PLAIN {PLAIN}")[0].startswith("+OK cutia lui alice: mesaje 3")
    assert greeted(stage()).send(b"NOOP\r\n").startswith(b"-ERR NOOP is not allowed")  # the language is a session's


def test_a_language_that_is_not_known_leaves_the_one_that_was() -> None:
    session = greeted(stage())
    assert say(session, "LANG ro", "LANG xx")[1].startswith("-ERR limba aceasta nu este cunoscut\u0103")
    assert say(session, "NOOP")[0].startswith("-ERR NOOP: comanda")
    assert say(session, "LANG *")[0].startswith("+OK en ")
