"""What a page shows of a player, read from its elements, and compared with the timeline."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, Page

from popsim.timeline import Timeline
from popsim.views.player.messages import HEAD, TAIL

# What a reader sees, from the elements that are shown.
READ = r"""(root) => {
  const text = (selector) => root.querySelector(selector)?.textContent ?? null;
  const rows = [...root.querySelectorAll(".pp-row[aria-current=step]")];
  const node = root.querySelector(".pp-diagram svg .pp-now");
  const arc = root.querySelector(".pp-diagram svg .pp-taken");
  return {
    data: { ...root.dataset },
    status: text(".pp-status"),
    slider: root.querySelector(".pp-slider").value,
    node: node && node.querySelector("text").textContent,
    nodes: root.querySelectorAll(".pp-diagram svg .pp-now").length,
    arc: arc && arc.querySelector("title").textContent,
    badge: text(".pp-caption .pp-badge"),
    rows: rows.map((row) => Number(row.dataset.event)),
    seen: rows.every((row) => {
      const [box, pane] = [row.getBoundingClientRect(), row.closest(".pp-scroll").getBoundingClientRect()];
      return box.top >= pane.top - 1 && box.bottom <= pane.bottom + 1;
    }),
    hex: [...root.querySelectorAll(".pp-hex")].map((line) => line.textContent).join(" ").trim(),
    parts: [...root.querySelectorAll(".pp-part")].map((part) => part.dataset.part).filter(Boolean),
    drops: Object.fromEntries([...root.querySelectorAll(".pp-drop")].map((drop) => [drop.dataset.user, {
      lock: drop.querySelector(".pp-lock").textContent,
      marks: [...drop.querySelectorAll("tbody tr")].map((row) => [
        row.cells[0].textContent, row.cells[1].textContent.replace(/^\W+/, ""),
        getComputedStyle(row.cells[4]).textDecorationLine,
      ]),
    }])),
    cursor: Number(root.querySelector(".pp-traffic .pp-canvas").dataset.time),
  };
}"""


def expected_octets(timeline: Timeline, event: Any) -> bytes:
    if event.layer != "message":
        return b""
    octets = re.sub(rb"(?<=^PASS )[^\r\n]+", lambda found: b"*" * len(found[0]), timeline.octets(event))
    return octets if len(octets) <= HEAD + TAIL else octets[:HEAD] + octets[-TAIL:]


def check(root: Locator, timeline: Timeline, step: int) -> None:
    """Compare everything that is shown with the timeline at a step, counted from 1; 0 is the beginning."""
    page = root.evaluate(READ)
    steps = timeline.steps()
    place = steps[step - 1] if step else None
    snapshot = timeline.at(place.index if place else -1)
    state = snapshot.state() or "START"
    assert page["data"]["step"] == page["slider"] == str(step)
    assert int(page["data"]["index"]) == snapshot.index
    assert page["data"]["state"] == page["badge"] == state
    assert page["status"].startswith(f"Step {step} of {len(steps)} ·")
    assert f"state {state}" in page["status"] or f", {state} " in page["status"]
    assert page["nodes"] == 1
    assert page["node"] == state
    if rule := snapshot.values.get("0.server.rule"):
        _, trigger, condition = rule.split("|")
        assert trigger in page["arc"]
        assert condition in page["arc"] or condition == "always"
    else:
        assert page["arc"] is None
    assert page["cursor"] == snapshot.time
    check_message(page, timeline, place)
    check_maildrop(page, snapshot)


def check_message(page: dict[str, Any], timeline: Timeline, place: Any) -> None:
    assert page["rows"] == ([place.event] if place else [])
    assert page["seen"]
    octets = expected_octets(timeline, timeline[place.event]) if place else b""
    assert bytes.fromhex(page["hex"].replace("**", "2a")) == octets
    assert bool(page["parts"]) == bool(octets)


def check_maildrop(page: dict[str, Any], snapshot: Any) -> None:
    drop = page["drops"]["alice"]
    assert {int(n): mark for n, mark, _ in drop["marks"]} == snapshot.marks("alice")
    assert {line for _, mark, line in drop["marks"] if mark == "kept"} <= {"none"}
    assert {line for _, mark, line in drop["marks"] if mark != "kept"} <= {"line-through"}
    holder = snapshot.lock("alice")
    assert drop["lock"] == ("not locked" if holder is None else f"locked by connection {holder}")


def walk(root: Locator, timeline: Timeline, forward: Callable[[], None], back: Callable[[], None]) -> None:
    """From the beginning to the end and back again, one step at a time."""
    last = len(timeline.steps())
    check(root, timeline, 0)
    for step in range(1, last + 1):
        forward()
        check(root, timeline, step)
    for step in reversed(range(last)):
        back()
        check(root, timeline, step)


def set_theme(page: Page, name: str) -> None:
    theme = f"{{theme: 'JupyterLab {name}'}}"
    page.evaluate(f"() => {{ window.jupyterapp.commands.execute('apputils:change-theme', {theme}); }}")
    page.locator(f"body[data-jp-theme-name='JupyterLab {name}']").wait_for(state="attached")
    page.wait_for_timeout(500)


def go_to(page: Page, step: int) -> None:
    slider = page.locator(".popsim-player .pp-slider")
    slider.evaluate(
        "(slider, n) => { slider.value = n; slider.dispatchEvent(new Event('input', {bubbles: true})); }", step
    )


def wider_than_their_place(root: Locator) -> list[str]:
    """Elements whose content runs out of them, over what is beside them; of the octets' text, also what is cut off."""
    found = root.evaluate(
        """(root) => [root, ...root.querySelectorAll("*:not(svg *)")]
          .filter((e) => e.clientWidth && e.scrollWidth > e.clientWidth + 1 &&
            (getComputedStyle(e).overflowX === "visible" || e.matches(".pp-text")))
          .map((e) => `${e.className}: ${e.scrollWidth} > ${e.clientWidth}`)"""
    )
    return [text for text in found if not re.match(r"\[object", text)]
