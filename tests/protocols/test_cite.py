"""Citations: the grammar in which a table says where a row was read."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popsim.protocols.model import Reference, Row, cite

ONE = Reference(1939, "§7")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        (" ; ", ()),
        ("1939 §7", (ONE,)),
        ("RFC 1939 §7", (ONE,)),
        ("1939 §7;", (ONE,)),
        ("1081 p.5", (Reference(1081, "p.5"),)),
        ("5321 §4.5.3.1.7", (Reference(5321, "§4.5.3.1.7"),)),
        ("937 Definitions", (Reference(937, "Definitions"),)),
        ("1939 §7; 1460 §4", (ONE, Reference(1460, "§4"))),
        ("1939 §7 (why)", (Reference(1939, "§7", "why"),)),
        ("1939 §7 (our reading: a; b); 1460 §4", (Reference(1939, "§7", "our reading: a; b"), Reference(1460, "§4"))),
        ("1939 §7 (a (b) c); 1460 §4 (d)", (Reference(1939, "§7", "a (b) c"), Reference(1460, "§4", "d"))),
        ("1939 §7 (a; (b); c); 1460 §4", (Reference(1939, "§7", "a; (b); c"), Reference(1460, "§4"))),
    ],
)
def test_what_is_read(text: str, expected: tuple[Reference, ...]) -> None:
    assert cite(text) == expected


@pytest.mark.parametrize(
    "text",
    ["1939", "§7", "1939 7", "RFC1939 §7", "1939, §7", "1939 §7 why", "1939 §", "1939 §7; x", "§7 1939", "1939 §7 (a"],
)
def test_what_is_not(text: str) -> None:
    with pytest.raises(ValueError, match="expected a citation like '1939 §7' or '1081 p.5', got ") as caught:
        cite(text)
    assert "\n" not in str(caught.value)


def test_a_reference_reads_as_it_is_written() -> None:
    assert str(Reference(1939, "§7", "a note")) == "RFC 1939 §7"
    assert cite(str(ONE)) == (ONE,)


def test_a_row_answers_for_the_first_rfc_that_it_cites() -> None:
    row = Row()
    row.references = cite("1939 §7; 1460 §4; 1460 §9")
    assert row.reference([1460, 1939]) == Reference(1460, "§4")
    assert row.reference([2449, 1939]) == ONE
    assert row.reference([2449]) is None and row.reference([]) is None


NOTES = st.text(st.sampled_from("ab ;:'§.1"), min_size=1).map(lambda t: t.strip()).filter(bool)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(
    st.lists(st.tuples(st.integers(1, 9999), st.sampled_from(["§1", "§3.2.1", "p.10"]), st.none() | NOTES), max_size=4)
)
def test_what_is_written_is_read_again(rows: list[tuple[int, str, str | None]]) -> None:
    text = "; ".join(f"{rfc} {section}" + (f" ({note})" if note else "") for rfc, section, note in rows)
    assert cite(text) == tuple(Reference(rfc, section, note or "") for rfc, section, note in rows)
