"""The inputs that fuzzing runs have found worth keeping, played again; and the planted bugs, found again."""

import pytest

from tests.fuzz import corpus
from tests.fuzz.mail_planted import Planted
from tests.fuzz.planted import PLANTED
from tests.fuzz.seeds import SEEDS
from tests.fuzz.targets import TARGETS


@pytest.mark.parametrize("target", TARGETS)
def test_the_corpus_finds_nothing(target: str) -> None:
    kept = corpus.read(target)
    assert len(kept) > 50
    for data in (*SEEDS[target], *kept):
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
