"""``python -m popsim.views.layouts`` makes the layouts that ship, from today's tables; it needs ``dot``."""

from __future__ import annotations

from collections.abc import Iterator

from popsim.protocols import PROTOCOLS
from popsim.protocols.protocol import Protocol
from popsim.views.arcs import Plan
from popsim.views.dot import dot
from popsim.views.layouts import FOLDER, file_name, laid_out


def plans() -> Iterator[Plan]:
    """Every diagram that ships, with and without steps.

    These are each edition of each protocol, whole and minimal, and the newest with each extension and with all.
    """
    for protocol in PROTOCOLS.values():
        editions = [protocol.edition(number) for number in protocol.editions]
        shown = [one for edition in editions for one in (edition, edition.minimal())]
        for one in [*shown, *_extended(protocol)]:
            for inner in (True, False):
                yield Plan(one, inner)
                if one.client:
                    yield Plan(one, inner, client=True)


def _extended(protocol: Protocol) -> list[Protocol]:
    """The newest edition with each extension, and with all: each once."""
    table = protocol.table
    current = [number for number in table.extensions if number not in table.obsolete]
    return list(dict.fromkeys([*map(protocol.extended, current), *([protocol.extended()] if current else [])]))


def main() -> None:
    """Write them, and remove what is not among them."""
    made = {file_name(plan): laid_out(dot(plan)) for plan in plans()}
    for path in FOLDER.glob("*.svg"):
        if path.name not in made:
            path.unlink()
    for name, svg in made.items():
        (FOLDER / name).write_text(svg, "utf-8", newline="\n")
        print(name)


if __name__ == "__main__":
    main()
