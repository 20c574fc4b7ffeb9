"""The same IMAP commands go to a Dovecot and to popsim's server, and both must answer alike.

Compared are the statuses, the codes in square brackets, what the untagged data say, how often a literal is asked for,
whether the session goes on, and in which state. Texts, UIDVALIDITY and the numbers of changes are each server's own.
Where Dovecot does otherwise, `imap_deviations.py` says who is right, or that both are. What Dovecot says is read by
popsim's client engine too, which may lose nothing of it.
"""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest

from tests.judges.imap_deviations import AFTERWARDS, DEVIATIONS
from tests.judges.imap_pair import Pair, pair
from tests.judges.imap_sessions import Play
from tests.judges.imap_streams import CATALOGUE, classes
from tests.judges.imap_trial import NOT_AUTHENTICATED, SELECTED, SITUATIONS, Trial

Cell = tuple[str, str]
CELLS: list[Cell] = [(keyword, arguments) for keyword in (*CATALOGUE, "") for arguments in classes(keyword)]
LENGTH = 45
WHOLE = (NOT_AUTHENTICATED, SELECTED)
"""The situations in which every command is tried with every class of arguments."""


def sweep(servers: Pair, situation: str, cells: Iterable[Cell], seed: int) -> None:
    """Every one of these commands in a situation, in an order that the seed makes."""
    chance = random.Random(seed)
    order = list(cells)
    chance.shuffle(order)
    trial = Trial(servers, situation, chance)
    for keyword, arguments in order:
        trial.try_out(keyword, arguments)
    trial.close()


def play(servers: Pair, seeds: Iterable[int]) -> None:
    """Two clients on one mailbox, as each seed has it."""
    compared = 0
    for seed in seeds:
        both = Play(servers, servers.users.pop(), random.Random(seed))
        try:
            both.run(LENGTH)
        except AssertionError as error:
            servers.problems.append(f"session {seed}: {error}")
        both.close()
        compared += both.compared
    assert compared > LENGTH / 4


def never_met(servers: Pair) -> list[tuple[str, str]]:
    """The rows of the deviations, and the classes in them, that did not occur."""
    expected = [(one, kind) for one in DEVIATIONS for kind in one.kinds or ("",)]
    return [(one.cites, kind) for one, kind in expected if (one, kind) not in servers.met]


BEFORE_LOGIN = ("", "LOGIN", "AUTHENTICATE", "ID", "CAPABILITY", "NOOP", "LOGOUT", "ENABLE", "SELECT", "APPEND", "UID")
"""The commands of which something is to be learned where nobody is logged in."""


def _cells(situation: str) -> list[Cell]:
    return [cell for cell in CELLS if situation != NOT_AUTHENTICATED or cell[0] in BEFORE_LOGIN]


def _some(situation: str, size: int) -> list[Cell]:
    return random.Random(situation).sample(_cells(situation), size)


def test_both_answer_alike() -> None:
    with pair(60) as servers:
        for situation in SITUATIONS:
            sweep(servers, situation, _some(situation, 55), 1)
        play(servers, range(6))
    assert not servers.problems, "\n".join(servers.problems)
    assert len(servers.compared) == 55 * len(SITUATIONS)


@pytest.mark.slow
def test_both_answer_alike_to_everything() -> None:
    with pair(500) as servers:
        for situation in SITUATIONS:
            cells = _cells(situation)
            if situation not in WHOLE:
                cells = [cell for n, cell in enumerate(cells) if n % 4 == 0 or cell[0] == "ENABLE"]
            sweep(servers, situation, cells, 3)
        play(servers, range(100, 150))
    assert not servers.problems, "\n".join(servers.problems)
    assert never_met(servers) == [] and set(AFTERWARDS) == servers.apart
    assert {(SELECTED, *cell) for cell in CELLS} <= set(servers.compared)


def test_each_deviation_can_be_decided() -> None:
    rows = [*(one.cites for one in DEVIATIONS), *AFTERWARDS.values()]
    assert all(cites.startswith("RFC ") and " §" in cites for cites in rows)
    kinds = {arguments.removeprefix("to: ") for _, arguments in CELLS}
    assert {kind for one in DEVIATIONS for kind in one.kinds} <= kinds
    assert set(AFTERWARDS) <= set(CELLS)
