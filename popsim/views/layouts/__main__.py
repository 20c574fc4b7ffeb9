"""``python -m popsim.views.layouts`` makes the layouts that ship, from today's tables; it needs ``dot``."""

from __future__ import annotations

from collections.abc import Iterator

from popsim.protocols import PROTOCOLS
from popsim.views.arcs import Plan
from popsim.views.dot import dot
from popsim.views.layouts import FOLDER, file_name, laid_out


def plans() -> Iterator[Plan]:
    """Every diagram that ships: each edition of each protocol, whole and minimal, with and without steps."""
    for protocol in PROTOCOLS.values():
        for edition in map(protocol.edition, protocol.editions):
            for shown in (edition, edition.minimal()):
                yield Plan(shown, inner=True)
                yield Plan(shown, inner=False)


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
