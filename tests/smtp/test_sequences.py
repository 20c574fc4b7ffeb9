"""The lists of replies in RFC 5321 §4.3.2 and RFC 821 §4.3, held against SMTP's table in both directions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from popsim.protocols import find
from popsim.protocols.protocol import Protocol
from tests.smtp.sequences import EDITIONS, Unreadable, differences, load, parse

SMTP = find("smtp")


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_command_has_the_replies_of_the_list(edition: int) -> None:
    assert differences(load(edition), SMTP.edition(edition)) == []


@pytest.mark.parametrize("number", SMTP.table.extensions)
def test_an_extension_adds_its_own_replies_only(number: int) -> None:
    """RFC 1870 §6.1 adds 552 to MAIL, and the others add commands."""
    problems = differences(load(5321), SMTP.extended(number))
    expected = {
        1870: ["MAIL: 552 is in the table after all"],
        3207: ["STARTTLS: the list has no such command"],
        4954: ["AUTH: the list has no such command"],
    }
    assert [p for p in problems if "is not in the list" not in p] == expected.get(number, [])


# The comparison must be able to fail.


def without(protocol: Protocol, mark: str) -> Protocol:
    """The same table without the rows that send this code."""
    rules = tuple(rule for rule in protocol.table.rules if not rule.reply or rule.reply.mark != mark)
    return replace(protocol, table=replace(protocol.table, rules=rules))


@pytest.mark.parametrize(
    ("edition", "mark"), [(5321, "354"), (5321, "503"), (5321, "555"), (821, "450"), (821, "214"), (821, "502")]
)
def test_a_reply_that_the_table_lacks_is_found(edition: int, mark: str) -> None:
    problems = differences(load(edition), without(SMTP.edition(edition), mark))
    assert any(f"{mark} is not in the table" in problem for problem in problems)


@pytest.mark.parametrize(("edition", "other"), [(5321, 821), (821, 5321)])
def test_the_list_of_one_edition_does_not_fit_the_other(edition: int, other: int) -> None:
    problems = differences(load(edition), SMTP.edition(other))
    assert any("no such command" in p for p in problems) and any("is not in the list" in p for p in problems)


def test_a_code_that_only_the_table_has_is_found() -> None:
    sequences = load(5321)
    for command, codes in sequences.listed.items():
        for code in sorted(codes - sequences.never.get(command, set()) - {"500", "501", "421"}):
            codes.remove(code)
            assert f"{command}: {code} is not in the list" in differences(sequences, SMTP.edition(5321))
            codes.add(code)


@pytest.mark.parametrize(
    "line", ["MAIL | S | 350", "MAIL | X | 250", "MAIL | S", "MAIL | S | ok", "never | MAIL | 250", "MAIL S 250"]
)
def test_a_line_that_says_nothing_is_not_read_over(line: str) -> None:
    with pytest.raises(Unreadable, match="sequences:2: "):
        parse("# a comment\n" + line)
