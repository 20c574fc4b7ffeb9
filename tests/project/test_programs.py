"""A missing program skips a test on a user's machine and fails it in CI."""

from collections.abc import Callable

import pytest

from tests.programs import REQUIRE


def test_a_missing_program_skips_and_names_the_package(
    monkeypatch: pytest.MonkeyPatch, require_program: Callable[..., str]
) -> None:
    monkeypatch.delenv(REQUIRE, raising=False)
    with pytest.raises(pytest.skip.Exception, match="apt-get install no-package"):
        require_program("no-such-program", package="no-package")


def test_a_missing_program_fails_where_programs_are_required(
    monkeypatch: pytest.MonkeyPatch, require_program: Callable[..., str]
) -> None:
    monkeypatch.setenv(REQUIRE, "1")
    with pytest.raises(pytest.fail.Exception, match="no-such-program is not on the PATH"):
        require_program("no-such-program", package="no-package")


def test_any_of_the_names_will_do(require_program: Callable[..., str]) -> None:
    assert require_program("no-such-program", "python3", "python", package="python3")
