"""Reads the lists of replies that RFC 5321 §4.3.2 and RFC 821 §4.3 give for each command, and compares the table."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from popsim.protocols.model import START, Occurrence, State, Trigger
from popsim.protocols.protocol import Protocol

FOLDER = Path(__file__).parent
EDITIONS = (5321, 821)
OPEN, TEXT, ANY = "open", "text", "any"
_FIRST = {"S": "2", "I": "3", "F": "45", "E": "45"}


class Unreadable(ValueError):
    """A line of such a list that says nothing; the message names file and line."""


@dataclass
class Sequences:
    """The replies of each command in one edition.

    Args:
        listed: the codes that the RFC's list has for a command, those for all commands apart.
        beyond: codes that the text elsewhere has.
        never: codes that this server leaves out.
    """

    listed: dict[str, set[str]] = field(default_factory=dict)
    beyond: dict[str, set[str]] = field(default_factory=dict)
    never: dict[str, set[str]] = field(default_factory=dict)

    def may(self, command: str) -> set[str]:
        """All codes that a command may have."""
        return self.listed.get(command, set()) | self.listed[ANY] | self.beyond.get(command, set())


def load(edition: int) -> Sequences:
    """The list of one edition."""
    path = FOLDER / f"sequences_{edition}.txt"
    return parse(path.read_text("utf-8"), path.name)


def parse(text: str, name: str = "sequences") -> Sequences:
    """The list that a text tells. Raises Unreadable."""
    found = Sequences()
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = [cell.strip() for cell in line.split("|")]
        codes = set(cells[2].split()) if len(cells) > 2 else set()
        if not codes or not all(len(code) == 3 and code.isdigit() for code in codes):
            raise Unreadable(f"{name}:{number}: cannot read {line!r}")
        if cells[0] in ("beyond", "never") and len(cells) == 4 and cells[3]:
            getattr(found, cells[0]).setdefault(cells[1], set()).update(codes)
        elif len(cells) == 3 and cells[1] in _FIRST and all(code[0] in _FIRST[cells[1]] for code in codes):
            found.listed.setdefault(cells[0], set()).update(codes)
        else:
            raise Unreadable(f"{name}:{number}: cannot read {line!r}")
    return found


def said(protocol: Protocol) -> dict[str, set[str]]:
    """The codes that the table has for each command, in whatever state, and for what is wrong with it."""
    codes: dict[str, set[str]] = {OPEN: _codes(protocol, START, Occurrence.OPENED), TEXT: set()}
    for state in protocol.states:
        if state.name == "TEXT":
            for trigger in (Occurrence.CONTINUED, Occurrence.OVERLONG):
                codes[TEXT] |= _codes(protocol, state, trigger)
        elif state.kind == "state" and state.reads_commands:
            for form in protocol.forms:
                triggers: tuple[Trigger, ...] = (form, Occurrence.MALFORMED, Occurrence.OVERLONG)
                for one in triggers:
                    codes.setdefault(form.keyword, set()).update(_codes(protocol, state, one))
    return codes


def _codes(protocol: Protocol, state: State, trigger: Trigger) -> set[str]:
    return {rule.reply.mark for rule in protocol.outcomes(state, trigger) if rule.reply}


def differences(sequences: Sequences, protocol: Protocol) -> list[str]:
    """Where the list and the table disagree, in both directions."""
    codes = said(protocol)
    problems = [f"{c}: the list has no such command" for c in sorted(set(codes) - set(sequences.listed))]
    problems += [f"{c}: the table has no such command" for c in sorted(set(sequences.listed) - set(codes) - {ANY})]
    for command, theirs in codes.items():
        problems += [f"{command}: {code} is not in the list" for code in sorted(theirs - sequences.may(command))]
        left = sequences.listed.get(command, set()) - theirs - {"500", "501", "421"}
        never = sequences.never.get(command, set())
        problems += [f"{command}: {code} is not in the table" for code in sorted(left - never)]
        problems += [f"{command}: {code} is in the table after all" for code in sorted(never & theirs)]
    return problems
