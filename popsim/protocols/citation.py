"""Citations: where a row of a table was read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_CITATION = re.compile(r"(?:RFC )?(\d+) ((?:§|p\.)\S+|[A-Z]\w+)(?: \((.*)\))?")


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a rule is written: an RFC and its section, with a note where a reading was needed."""

    rfc: int
    section: str
    note: str = ""

    def __str__(self) -> str:
        return f"RFC {self.rfc} {self.section}"


def cite(text: str) -> tuple[Reference, ...]:
    """Read ``"1939 §7; 1460 §4 (our reading: ...)"`` into references.

    Args:
        text: citations separated by semicolons, each an RFC number, a section (``§7``) or page (``p.10``) and,
            in brackets, a note; the empty text gives no reference (the audit objects to such a row).

    Raises:
        ValueError: a citation is not of that form.
    """
    found = []
    for part in filter(None, map(str.strip, _citations(text))):
        match = _CITATION.fullmatch(part)
        if not match:
            raise ValueError(f"expected a citation like '1939 §7' or '1081 p.5', got {part!r}")
        found.append(Reference(int(match[1]), match[2], match[3] or ""))
    return tuple(found)


def _citations(text: str) -> list[str]:
    """The parts of a text between the semicolons that stand in no bracket."""
    parts, depth = [""], 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if character == ";" and depth <= 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


class Row:
    """What every row of a table has: the places that it was read in."""

    references: tuple[Reference, ...]

    def reference(self, rfcs: Iterable[int]) -> Reference | None:
        """The row's citation of the first of these RFCs that it cites, or None."""
        for rfc in rfcs:
            for reference in self.references:
                if reference.rfc == rfc:
                    return reference
        return None
