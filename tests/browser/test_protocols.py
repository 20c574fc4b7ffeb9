"""The player on sessions of other protocols: every step shows what the timeline says of the connection in hand."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page

from popsim.timeline import Timeline
from popsim.views.page import page
from tests.browser.chromium import Watched
from tests.browser.player_page import wider_than_their_place
from tests.views.sessions import SESSIONS

SHOWN = r"""(root) => {
  const text = (selector) => root.querySelector(selector)?.textContent ?? null;
  const box = (found) => found && found.getBoundingClientRect();
  const now = root.querySelector(".pp-diagram svg .pp-now");
  const [seen, pane] = [box(now), box(root.querySelector(".pp-diagram .pp-canvas"))];
  return {
    ...root.dataset,
    node: now && now.querySelector("text").textContent,
    inSight: !now || (seen.top >= pane.top - 1 && seen.bottom <= pane.bottom + 1),
    badge: text(".pp-caption .pp-badge"),
    arc: root.querySelector(".pp-diagram svg .pp-taken title")?.textContent ?? null,
    flights: [...root.querySelectorAll(".pp-flight")].map((flight) => flight.dataset.fate).filter(Boolean),
    drop: [...root.querySelectorAll(".pp-drop tbody tr:not([hidden])")].map((row) => [
      Number(row.dataset.number), row.dataset.mark,
      row.querySelector(".pp-flags").textContent, row.querySelector(".pp-mailbox").textContent,
    ]),
  };
}"""


WALK = f"""(root, keys) => keys.map((key) => {{
  root.dispatchEvent(new KeyboardEvent("keydown", {{ key, bubbles: true }}));
  return ({SHOWN})(root);
}})"""


class Opened:
    """A page with a player on it.

    Args:
        page: the page.
        timeline: what it shows.
    """

    def __init__(self, page: Page, timeline: Timeline) -> None:
        self.page, self.timeline = page, timeline
        self.root: Locator = page.locator(".popsim-player")

    def check(self, shown: dict[str, Any], step: int, end: str) -> None:
        """Compare what is shown with the timeline at a step, counted from 1; ``end`` is whose machine is shown."""
        place = self.timeline.steps()[step - 1] if step else None
        snapshot = self.timeline.at(place.index if place else -1)
        connection = self.timeline[place.event].connection if place else 0
        state = snapshot.state(end, connection) or "START"
        assert (shown["step"], shown["index"], shown["connection"]) == (str(step), str(snapshot.index), str(connection))
        assert shown["state"] == (snapshot.state("server", connection) or "START")
        assert shown["node"] == shown["badge"] == state
        assert shown["inSight"], state
        if rule := snapshot.values.get(f"{connection}.{end}.rule"):
            assert rule.split("|")[1] in shown["arc"]
        else:
            assert shown["arc"] is None
        assert not {"arrived, never read", "lost on its way"} & set(shown["flights"])
        self._check_mail(shown, snapshot.values)

    def _check_mail(self, shown: dict[str, Any], values: Mapping[str, Any]) -> None:
        for number, mark, flags, mailbox in shown["drop"]:
            key = f"mail.alice.{number}"
            assert mark == values[key]
            assert flags == (values.get(f"{key}.flags") or "")
            assert mailbox == (values.get(f"{key}.mailbox") or "")

    def walk(self, end: str = "server") -> None:
        """From the beginning to the end and back, one step at a time."""
        last = len(self.timeline.steps())
        steps = [0, *range(1, last + 1), *reversed(range(last))]
        keys = ["Home", *["ArrowRight"] * last, *["ArrowLeft"] * last]
        for step, shown in zip(steps, self.root.evaluate(WALK, keys), strict=True):
            self.check(shown, step, end)


@pytest.fixture
def opened(browser: Watched, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Opened]:
    """A page with the session that the test names, watched for what goes wrong in it."""
    timeline = SESSIONS[request.param]()
    file = tmp_path / "session.html"
    file.write_text(page(timeline), encoding="utf-8")
    wrong: list[str] = []
    with browser.for_at_most(120):
        context = browser.browser.new_context(viewport={"width": 1300, "height": 900})
        shown = context.new_page()
        shown.on("pageerror", lambda error: wrong.append(str(error)))
        shown.on("console", lambda message: wrong.append(message.text))
        shown.goto(file.as_uri())
        yield Opened(shown, timeline)
        context.close()
    assert wrong == []


@pytest.mark.parametrize("opened", ["mixed"], indirect=True)
def test_three_protocols_step_both_ways(opened: Opened) -> None:
    opened.walk()
    only = opened.root.get_by_label("Connection")
    assert only.locator("option").all_text_contents() == ["all", "0 IMAP", "1 SMTP", "2 POP3"]
    only.select_option("1")
    opened.root.get_by_role("button", name="Last step").click()
    assert opened.root.get_attribute("data-state") == "CLOSED"
    assert opened.root.locator(".pp-diagram svg .state text").all_text_contents().count("RECIPIENTS") == 1
    only.select_option("2")
    assert opened.root.locator(".pp-diagram svg .state text").all_text_contents().count("TRANSACTION") == 1
    assert opened.root.get_by_label("Whose machine is shown").count() == 0 or not (
        opened.root.get_by_label("Whose machine is shown").is_visible()
    )


@pytest.mark.parametrize("opened", ["of_1985"], indirect=True)
def test_both_machines_of_pop2_step_both_ways(opened: Opened) -> None:
    opened.walk()
    opened.root.get_by_label("Whose machine is shown").select_option("client")
    opened.walk("client")


@pytest.mark.parametrize("opened", ["mixed"], indirect=True)
@pytest.mark.parametrize("width", [1300, 960, 760, 400])
def test_nothing_runs_out_of_its_place(opened: Opened, width: int) -> None:
    opened.page.set_viewport_size({"width": width, "height": 1800})
    opened.root.focus()
    for key in ("Home", "End", *["ArrowLeft"] * 12):
        opened.page.keyboard.press(key)
    assert wider_than_their_place(opened.root) == []
    for control in opened.root.locator("button, input, select").all():
        assert control.evaluate("(c) => c.getAttribute('aria-label') || c.labels?.[0]?.textContent")


@pytest.mark.parametrize("opened", ["mixed"], indirect=True)
def test_a_large_picture_is_legible_or_whole(opened: Opened) -> None:
    """The present state is scrolled to; the reader may have the whole picture instead, however small."""
    canvas = opened.root.locator(".pp-diagram .pp-canvas")
    overflows = "(e) => e.scrollHeight > e.clientHeight + 1 || e.scrollWidth > e.clientWidth + 1"
    name = opened.root.locator(".pp-diagram svg .state text").first
    assert canvas.evaluate(overflows)
    assert name.evaluate("(e) => e.getBoundingClientRect().height") > 9
    opened.root.get_by_label("whole").check()
    assert not canvas.evaluate(overflows)
