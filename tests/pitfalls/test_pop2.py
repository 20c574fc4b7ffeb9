"""Every rule that POP2 programs may break holds here, and its check notices each mistake when it is planted."""

import pytest

from tests.pitfalls.pop2 import PITFALLS
from tests.pitfalls.pop3 import Mistake, Pitfall

MISTAKES = [(pitfall, name, plant) for pitfall in PITFALLS for name, plant in pitfall.mistakes.items()]


@pytest.mark.parametrize("pitfall", PITFALLS, ids=lambda pitfall: pitfall.rule)
def test_the_rule_holds(pitfall: Pitfall) -> None:
    pitfall.check()


@pytest.mark.parametrize(("pitfall", "name", "plant"), MISTAKES, ids=[f"{p.rule}: {name}" for p, name, _ in MISTAKES])
def test_a_planted_mistake_is_noticed(
    pitfall: Pitfall, name: str, plant: Mistake, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    with pytest.raises((AssertionError, IndexError)):
        pitfall.check()
