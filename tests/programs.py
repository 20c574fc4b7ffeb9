"""Real programs that some tests need: without one the test is skipped and says which package brings it.

With the environment variable POPSIM_REQUIRE_PROGRAMS set, as .ci/run sets it, the test fails instead.
"""

import os
import shutil

import pytest

REQUIRE = "POPSIM_REQUIRE_PROGRAMS"


def require_program(*names: str, package: str) -> str:
    """The path of the first of `names` that is on the PATH; `package` is Debian's package that brings it."""
    for name in names:
        path = shutil.which(name)
        if path:
            return path
    reason = f"{names[0]} is not on the PATH; it is in Debian's package {package}: apt-get install {package}"
    if os.environ.get(REQUIRE, "") not in ("", "0"):
        pytest.fail(f"{REQUIRE} is set and {reason}")
    pytest.skip(reason)


def require_chromium() -> str:
    """The path of a Chromium or a Chrome."""
    return require_program("chromium", "chromium-browser", "google-chrome", package="chromium")
