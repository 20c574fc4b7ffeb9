"""The player on a page of its own, opened from a file with no network: it steps as the timeline says."""

from pathlib import Path

from popsim.views.page import page
from tests.browser.chromium import Watched
from tests.browser.player_page import walk
from tests.views.sessions import SESSIONS


def test_a_page_steps_from_a_file_and_asks_nobody(browser: Watched, tmp_path: Path) -> None:
    timeline = SESSIONS["whole"]()
    file = tmp_path / "session.html"
    file.write_text(page(timeline, title="One session"), encoding="utf-8")
    with browser.for_at_most(120):
        context = browser.browser.new_context(viewport={"width": 1300, "height": 900})
        asked: list[str] = []
        wrong: list[str] = []
        context.on("request", lambda request: asked.append(request.url))
        shown = context.new_page()
        shown.on("pageerror", lambda error: wrong.append(str(error)))
        shown.on("console", lambda message: wrong.append(message.text))
        shown.goto(file.as_uri())
        root = shown.locator(".popsim-player")
        root.focus()
        walk(root, timeline, lambda: shown.keyboard.press("ArrowRight"), lambda: shown.keyboard.press("ArrowLeft"))
        shown.get_by_text("The session as text").click()
        assert "C: RETR 4" in shown.locator("pre").inner_text()
        context.close()
    assert (asked, wrong) == ([file.as_uri()], [])


def test_the_policy_of_a_page_stops_what_would_ask_the_network(browser: Watched, tmp_path: Path) -> None:
    """Were anything in a message ever taken for markup, it could still not tell anybody."""
    file = tmp_path / "session.html"
    text = page(SESSIONS["lost"]())
    file.write_text(text.replace("<main>", '<main><img src="http://example.org/a.png">'), encoding="utf-8")
    with browser.for_at_most(60):
        context = browser.browser.new_context()
        said: list[str] = []
        shown = context.new_page()
        shown.on("console", lambda message: said.append(message.text))
        shown.goto(file.as_uri())
        shown.wait_for_timeout(300)
        context.close()
    assert len(said) == 1 and "Content Security Policy" in said[0]
