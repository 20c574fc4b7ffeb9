"""The watchdog, in a module of its own because it ends the module's browser."""

import pytest
from playwright.sync_api import Error

from tests.browser.chromium import Watched


def test_a_page_that_never_answers_is_ended(browser: Watched) -> None:
    page = browser.browser.new_page()
    with browser.for_at_most(1), pytest.raises(Error, match="closed"):
        page.evaluate("() => { for (;;) {} }")
