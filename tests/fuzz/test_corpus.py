"""The inputs that fuzzing runs have found worth keeping, played again; and the planted bugs, found again."""

import pytest

from tests.fuzz import corpus
from tests.fuzz.mail_planted import Planted
from tests.fuzz.planted import PLANTED
from tests.fuzz.seeds import SEEDS
from tests.fuzz.targets import TARGETS

SHARES = {"dissector": 8}
"""Of a target that takes long for each input few are played by default: one of so many."""


@pytest.mark.parametrize("target", TARGETS)
def test_the_corpus_finds_nothing(target: str) -> None:
    kept = corpus.read(target)
    assert len(kept) >= 20
    for data in (*SEEDS[target], *kept[:: SHARES.get(target, 1)]):
        TARGETS[target](data)


@pytest.mark.slow
@pytest.mark.parametrize("target", SHARES)
def test_the_whole_corpus_finds_nothing(target: str) -> None:
    for data in corpus.read(target):
        TARGETS[target](data)


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_bug_was_found(name: str) -> None:
    """The run with ``--planted`` has come to an input that reaches the bug; without the bug it is harmless."""
    target, plant = PLANTED[name]
    (data,) = corpus.read(f"planted-{name}")
    TARGETS[target](data)
    undo = plant()
    try:
        with pytest.raises(Planted):
            TARGETS[target](data)
        for seed in SEEDS[target]:
            TARGETS[target](seed)
    finally:
        undo()
