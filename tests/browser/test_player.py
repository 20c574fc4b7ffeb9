"""The player in JupyterLab: at every step it shows what the timeline says, with a kernel and without one."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page

from popsim.timeline import Timeline
from popsim.views.player.messages import HEAD, TAIL
from tests.browser.conftest import OpenNotebook
from tests.browser.lab_page import LabPage
from tests.browser.test_harness import notebook
from tests.views.sessions import LINES, LINK, SESSIONS

LAB = f"""
from popsim import Lab, Link, pop3
lab = Lab(pop3, link=Link(**{LINK!r}))
_ = lab.run(*{LINES!r})
"""
TWO = """
from popsim import Lab, pop3
two = Lab(pop3)
second = two.connect()
for line in ("USER alice", "PASS secret", "DELE 2"):
    _ = two.send(line, second)
shown = two.player()
"""

# What a reader sees, from the elements that are shown.
READ = """(root) => {
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
        row.cells[0].textContent, row.cells[1].textContent.replace(/^\\\\W+/, ""),
        getComputedStyle(row.cells[4]).textDecorationLine,
      ]),
    }])),
    cursor: Number(root.querySelector(".pp-traffic .pp-canvas").dataset.time),
  };
}""".replace("\\\\", "\\")


@pytest.fixture
def shown(lab_page: OpenNotebook) -> tuple[LabPage, Locator]:
    lab = lab_page(notebook(LAB, "lab.player()"))
    lab.run_all()
    root = lab.page.locator(".popsim-player")
    root.wait_for()
    return lab, root


def expected_octets(timeline: Timeline, event: Any) -> bytes:
    if event.layer != "message":
        return b""
    octets = timeline.octets(event)
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
    assert bytes.fromhex(page["hex"]) == octets
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


def test_every_step_both_ways_with_clicks_and_keys_and_again_without_a_kernel(shown: tuple[LabPage, Locator]) -> None:
    lab, root = shown
    timeline = SESSIONS["whole"]()
    click = {name: root.get_by_role("button", name=name, exact=True).click for name in ("Forward", "Back")}
    press = lab.page.keyboard.press

    root.focus()
    walk(root, timeline, lambda: click["Forward"](), lambda: press("ArrowLeft"))
    lab.shut_down_kernel()
    walk(root, timeline, lambda: press("ArrowRight"), lambda: click["Back"]())
    # ipywidgets says at each step that there is nobody to tell.
    assert [text for text in lab.console_errors if not text.startswith("Could not send widget sync message")] == []
    assert root.evaluate("(root) => root.contains(document.activeElement)")


def test_keys_slider_and_ladder_lead_to_the_same_places(shown: tuple[LabPage, Locator]) -> None:
    lab, root = shown
    timeline = SESSIONS["whole"]()
    last = len(timeline.steps())
    press = lab.page.keyboard.press

    root.focus()
    for key, step in (("End", last), ("ArrowLeft", last - 1), ("ArrowUp", last - 2), ("ArrowDown", last - 1), ("Home", 0)):
        press(key)
        check(root, timeline, step)
    root.get_by_label("Step", exact=True).focus()
    for key, step in (("End", last), ("ArrowLeft", last - 1), ("Home", 0), ("ArrowRight", 1)):
        press(key)
        check(root, timeline, step)
    root.locator(".pp-row[data-place='4']").click()
    check(root, timeline, 5)
    root.get_by_role("button", name="Last step").click()
    check(root, timeline, last)
    root.get_by_role("button", name="First step").click()
    check(root, timeline, 0)
    # JupyterLab's own keys have done nothing meanwhile.
    assert [cell["source"] for cell in lab.cells()] == [LAB, "lab.player()"]


def test_it_plays_and_pauses(shown: tuple[LabPage, Locator]) -> None:
    lab, root = shown
    root.get_by_label("Speed").select_option("4")
    root.focus()
    lab.page.keyboard.press("Space")
    root.get_by_role("button", name="Pause").wait_for()
    lab.page.wait_for_function("() => Number(document.querySelector('.popsim-player').dataset.step) >= 2")
    lab.page.keyboard.press("Space")
    root.get_by_role("button", name="Play").wait_for()
    step = root.get_attribute("data-step")
    lab.page.wait_for_timeout(800)
    assert root.get_attribute("data-step") == step


def test_another_detail_stays_at_the_same_moment(shown: tuple[LabPage, Locator]) -> None:
    lab, root = shown
    timeline = SESSIONS["whole"]()
    root.locator(".pp-row[data-place='6']").click()
    index = timeline.steps()[6].index
    root.get_by_label("Detail").select_option("event")
    assert root.evaluate(READ)["data"] | {"step": "", "steps": ""} == {
        "step": "", "steps": "", "index": str(index), "event": str(index), "state": timeline.at(index).state(),
        "connection": "0", "detail": "event",
    }  # fmt: skip
    root.get_by_role("button", name="Forward").click()
    assert root.get_attribute("data-index") == str(index + 1)
    root.get_by_label("Detail").select_option("message")
    check(root, timeline, 7)


def test_what_comes_next_can_be_hidden_and_inner_states_too(shown: tuple[LabPage, Locator]) -> None:
    lab, root = shown
    root.locator(".pp-row[data-place='6']").click()
    assert root.evaluate(READ)["node"] == "USER accepted"
    root.get_by_label("inner states").uncheck()
    assert root.evaluate(READ)["node"] == "AUTHORIZATION"
    root.get_by_label("what comes next").uncheck()
    assert root.locator(".pp-row").count() == 7
    assert root.locator(".pp-row[data-when=future]").count() == 0


def test_the_program_and_the_reader_move_the_same_place(lab_page: OpenNotebook) -> None:
    send = "lab.send('STAT'); shown.step, len(shown.steps)"
    code = "from popsim import Lab, pop3\nlab = Lab(pop3)\nlab.send('USER alice')\nshown = lab.player()\nshown"
    lab = lab_page(notebook(code, "shown.go(-1)", send, "shown.step"))
    lab.run_cell(0)
    root = lab.page.locator(".popsim-player")
    root.wait_for()
    lab.run_cell(1)
    assert root.get_attribute("data-step") == root.get_attribute("data-steps") == "8"
    # The reader is at the end, and new events take him along.
    assert plain(lab.run_cell(2)) == "(12, 12)"
    lab.page.locator(".popsim-player[data-step='12'][data-steps='12']").wait_for()
    root.focus()
    lab.page.keyboard.press("ArrowLeft")
    lab.page.locator(".popsim-player[data-step='11']").wait_for()
    assert plain(lab.run_cell(3)) == "11"


def plain(outputs: list[dict[str, Any]]) -> str:
    text: str = outputs[-1]["data"]["text/plain"]
    return text


def test_several_players_and_connections_on_one_page(lab_page: OpenNotebook) -> None:
    lab = lab_page(notebook(TWO, "shown", "shown"))
    lab.run_all()
    players = lab.page.locator(".popsim-player")
    players.nth(1).wait_for()
    ids = lab.page.evaluate("() => [...document.querySelectorAll('.popsim-player [id]')].map((found) => found.id)")
    assert len(ids) == len(set(ids)) > 20
    players.nth(0).get_by_label("Connection").select_option("1")
    players.nth(0).get_by_role("button", name="Last step").click()
    assert {players.nth(n).get_attribute("data-connection") for n in (0, 1)} == {"1"}
    assert players.nth(1).get_attribute("data-state") == "TRANSACTION"
    assert players.nth(0).locator(".pp-row").first.get_attribute("data-event") != "0"
    players.nth(0).get_by_label("Connection").select_option("0")
    assert players.nth(1).get_attribute("data-state") == "AUTHORIZATION"


def test_mail_is_never_taken_for_markup(lab_page: OpenNotebook) -> None:
    code = """
from popsim import Lab, pop3
from popsim.mail.collection import Mail
from popsim.mail.message import Message
evil = "<img src=x onerror='window.taken = 1'><script>window.taken = 1</script>"
text = f"From: {evil} <a@example.org>\\nSubject: {evil}\\n\\n{evil}\\n"
lab = Lab(pop3, mail=Mail(evil, [Message.of(text.encode())]), users={"<b>bob": "x"})
for line in ("USER <b>bob", "PASS x", "RETR 1", evil):
    lab.send(line)
lab.player()
"""
    lab = lab_page(notebook(code))
    lab.run_all()
    root = lab.page.locator(".popsim-player")
    root.get_by_role("button", name="Last step").click()
    for _ in range(6):
        root.get_by_role("button", name="Back").click()
    assert "<script>" in (root.locator(".pp-maildrop").text_content() or "")
    assert root.locator("img, script, .pp-maildrop b").count() == 0
    assert lab.page.evaluate("() => window.taken") is None


@pytest.mark.parametrize("width", [1600, 1300, 760])
def test_nothing_overflows_and_everything_has_a_name(lab_page: OpenNotebook, width: int) -> None:
    lab = lab_page(notebook(LAB, "lab.player()"), width=width)
    lab.run_all()
    root = lab.page.locator(".popsim-player")
    root.wait_for()
    for step, name in ((0, "start"), (20, "retr"), (24, "dele"), (45, "end")):
        go_to(lab.page, step)
        lab.screenshot(f"player-{width}-{name}", ".popsim-player")
        assert wider_than_their_place(root) == []
    set_theme(lab.page, "Dark")
    lab.screenshot(f"player-{width}-dark", ".popsim-player")
    set_theme(lab.page, "Light")
    for control in root.locator("button, input, select").all():
        assert control.evaluate("(c) => c.getAttribute('aria-label') || c.labels?.[0]?.textContent")


def set_theme(page: Page, name: str) -> None:
    theme = f"{{theme: 'JupyterLab {name}'}}"
    page.evaluate(f"() => {{ window.jupyterapp.commands.execute('apputils:change-theme', {theme}); }}")
    page.locator(f"body[data-jp-theme-name='JupyterLab {name}']").wait_for(state="attached")
    page.wait_for_timeout(500)


def go_to(page: Page, step: int) -> None:
    slider = page.locator(".popsim-player .pp-slider")
    slider.evaluate("(slider, n) => { slider.value = n; slider.dispatchEvent(new Event('input', {bubbles: true})); }", step)


def wider_than_their_place(root: Locator) -> list[str]:
    """Elements whose content runs out of them, to be seen over what is beside them."""
    found = root.evaluate(
        """(root) => [root, ...root.querySelectorAll("*:not(svg *)")]
          .filter((e) => e.clientWidth && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX === "visible")
          .map((e) => `${e.className}: ${e.scrollWidth} > ${e.clientWidth}`)"""
    )
    return [text for text in found if not re.match(r"\[object", text)]
