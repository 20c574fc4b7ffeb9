"""Extensions are rows like editions: switched on and left out by name, sound in every mixture, named in a header."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from popsim import pop3
from popsim.protocols import named, spoken
from popsim.protocols.audit import audit
from popsim.protocols.model import Capability, Code, Rule
from popsim.protocols.protocol import Protocol

CURRENT = (2449, 3206, 5034, 2595, 6856)
"""The RFCs, in the order of their coming."""
TAGS = "TOP USER SASL RESP-CODES LOGIN-DELAY PIPELINING EXPIRE UIDL STLS UTF8 LANG AUTH-RESP-CODE IMPLEMENTATION"


def mixtures(protocol: Protocol) -> list[Protocol]:
    """The protocol with every set of extensions, whole and minimal."""
    table = protocol.table
    sets = [c for n in range(1, len(table.extensions) + 1) for c in combinations(table.extensions, n)]
    extended = dict.fromkeys([protocol, *(protocol.extended(*c) for c in sets)])
    return [one for whole in extended for one in (whole, whole.minimal())]


@pytest.mark.parametrize("edition", pop3.editions)
def test_every_edition_with_every_set_of_extensions_is_sound(edition: int) -> None:
    assert [(str(p), str(f)) for p in mixtures(pop3.edition(edition)) for f in audit(p)] == []


@pytest.mark.parametrize("edition", pop3.editions)
def test_every_edition_without_any_one_command_is_sound(edition: int) -> None:
    whole = pop3.edition(edition).extended()
    keywords = dict.fromkeys(form.keyword for form in whole.forms)
    assert "QUIT" in keywords
    for keyword in keywords:
        if keyword != "QUIT":
            left = whole.without(keyword)
            assert [str(f) for f in audit(left)] == [], keyword
            assert keyword not in {form.keyword for form in left.forms}


def test_all_that_are_not_obsolete() -> None:
    assert pop3.extended().enabled == CURRENT
    assert pop3.extended().extended(1734).enabled == (*CURRENT, 1734)
    assert pop3.enabled == ()


@pytest.mark.parametrize(
    ("which", "numbers"),
    [
        (2449, (2449,)),
        ("2449", (2449,)),
        ("rfc2449", (2449,)),
        ("CAPA", (2449,)),
        ("capa", (2449,)),
        ("PIPELINING", (2449,)),
        ("SASL", (2449, 5034)),
        ("AUTH", (2449, 5034)),
        ("STLS", (2449, 2595)),
        ("LANG", (2449, 6856)),
        ("UTF8", (2449, 6856)),
        ("AUTH-RESP-CODE", (2449, 3206)),
        (1734, (1734,)),
    ],
)
def test_an_extension_goes_by_its_number_command_or_tag_and_brings_what_it_needs(
    which: int | str, numbers: tuple[int, ...]
) -> None:
    assert pop3.extended(which).enabled == numbers


@pytest.mark.parametrize("which", ["STAT", "1939", 99, "", "²", "TLS", "2449 5034"])
def test_another_one_gets_one_line_that_names_the_known_ones(which: int | str) -> None:
    with pytest.raises(ValueError, match=r"^POP3 has the extensions 2449, .*CAPA.*, not ") as error:
        pop3.extended(which)
    assert "\n" not in str(error.value)


def test_what_is_left_out_takes_with_it_what_it_alone_leads_to() -> None:
    left = pop3.without("USER")
    assert not {"USER", "PASS"} & {form.keyword for form in left.forms}
    assert "USER accepted" not in {state.name for state in left.states}
    assert pop3.extended().without("AUTH", "STLS").states == pop3.states
    assert [reply.mark for reply in pop3.extended().without("AUTH").replies] == ["+OK", "-ERR"]
    assert str(pop3.without("TOP", "uidl")) == "POP3 (RFC 1939, without TOP, UIDL)"


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        (["XTND"], "there is no 'XTND' to leave out"),
        (["TOP", "CAPA"], "there is no 'CAPA' to leave out"),
        (["USER", "APOP"], "nothing would lead to TRANSACTION"),
        (["QUIT"], "nothing would lead to UPDATE"),
    ],
)
def test_what_can_t_be_left_out_gets_one_line(keywords: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message) as error:
        pop3.without(*keywords)
    assert "\n" not in str(error.value)


def test_capabilities_are_those_of_the_edition() -> None:
    assert [row.tag for row in pop3.extended().capabilities] == TAGS.split()
    assert pop3.capabilities == () == pop3.codes
    assert "UIDL" not in [row.tag for row in pop3.edition(1460).extended().capabilities]
    assert "TOP" not in [row.tag for row in pop3.minimal().extended().capabilities]
    assert [str(code) for code in pop3.extended(2449).codes] == ["[IN-USE]", "[LOGIN-DELAY]"]


def test_an_extension_s_limit_stands_in_the_place_of_the_edition_s() -> None:
    assert (pop3.limit("argument"), pop3.extended(2449).limit("argument")) == (40, 249)
    assert [limit.name for limit in pop3.extended().limits].count("argument") == 1


@pytest.mark.parametrize(
    "protocol",
    [
        pop3,
        pop3.edition(1460).minimal(),
        pop3.extended(),
        pop3.extended(5034, 1734).without("TOP", "UIDL"),
        pop3.edition(1725).extended(1734),
    ],
    ids=str,
)
def test_a_header_names_the_protocol_and_the_protocol_comes_of_the_header(protocol: Protocol) -> None:
    header: dict[str, Any] = {**named(protocol), "scenario": ""}
    assert spoken(header) == protocol
    assert header["extensions"] == list(protocol.enabled)


def test_an_old_header_that_says_nothing_of_what_is_left_out_is_read() -> None:
    assert spoken({"protocol": "pop3", "edition": 1939}) == pop3


# The audit of what extensions bring


def damaged(**parts: Any) -> Protocol:
    from dataclasses import replace

    whole = pop3.extended()
    return replace(whole, table=replace(whole.table, **parts))


def found(protocol: Protocol) -> list[str]:
    return [str(finding) for finding in audit(protocol)]


def test_the_audit_finds_what_is_wrong_with_a_capability_or_a_code() -> None:
    table = pop3.table
    stray = damaged(forms=tuple(form for form in table.forms if form.keyword != "TOP"))
    assert "capability TOP: announces TOP msg n, which is no command of the table" in found(stray)
    twice = damaged(capabilities=(*table.capabilities, Capability("TOP", "again", "2449 §6.1")))
    assert "capability TOP: two capabilities have this tag" in found(twice)
    nowhere = Capability("X", "somewhere", "2449 §6", only_in=pop3.edition(1460).state("login refused"))
    assert "capability X: login refused is no state of this edition" in found(damaged(capabilities=(nowhere,)))
    assert "capability X: has no reference" in found(damaged(capabilities=(Capability("X", "x", ""),)))
    never = damaged(codes=(Code("OVER", "the moon is full", "wait", "2449 §8"),))
    assert "code [OVER]: goes with 'the moon is full', and no row answers for that" in found(never)


def test_a_row_for_a_command_of_another_extension_says_what_it_goes_with() -> None:
    table = pop3.table
    state, form, reply = pop3.state("AUTHORIZATION"), pop3.extended().form("STLS"), pop3.replies[1]
    row = Rule(state, form, "x", reply, pop3.rules[0].units, cites="6856 §2.1")
    from dataclasses import replace

    protocol = pop3.extended(6856)
    bent = replace(protocol, table=replace(table, rules=(*table.rules, row)))
    assert any("STLS is no command of this edition" in finding for finding in found(bent))


def test_a_state_that_reads_no_commands_does_not_have_those_of_the_state_around_it() -> None:
    whole = pop3.extended()
    for name in ("AUTH exchange", "TLS handshake"):
        assert whole.allowed(whole.state(name)) == ()
    assert whole.allowed(whole.state("USER accepted")) != ()
