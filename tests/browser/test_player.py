"""The player in JupyterLab: at every step it shows what the timeline says, with a kernel and without one."""

from typing import Any

import pytest
from playwright.sync_api import Locator

from tests.browser.conftest import OpenNotebook
from tests.browser.lab_page import LabPage
from tests.browser.player_page import READ, check, go_to, set_theme, walk, wider_than_their_place
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


@pytest.fixture
def shown(lab_page: OpenNotebook) -> tuple[LabPage, Locator]:
    lab = lab_page(notebook(LAB, "lab.player()"))
    lab.run_all()
    root = lab.page.locator(".popsim-player")
    root.wait_for()
    return lab, root


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
    for key, step in (
        ("End", last),
        ("ArrowLeft", last - 1),
        ("ArrowUp", last - 2),
        ("ArrowDown", last - 1),
        ("Home", 0),
    ):
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


@pytest.mark.parametrize("width", [1300, 1240, 960, 760])
def test_nothing_overflows_and_everything_has_a_name(lab_page: OpenNotebook, width: int) -> None:
    lab = lab_page(notebook(LAB, "lab.player()"), width=width, height=2400)
    lab.run_all()
    root = lab.page.locator(".popsim-player")
    root.wait_for()
    for step, name in ((0, "start"), (23, "retr"), (27, "dele"), (46, "update")):
        go_to(lab.page, step)
        lab.screenshot(f"player-{width}-{name}", ".popsim-player")
        assert wider_than_their_place(root) == []
    set_theme(lab.page, "Dark")
    go_to(lab.page, 27)
    lab.screenshot(f"player-{width}-dark", ".popsim-player")
    set_theme(lab.page, "Light")
    for control in root.locator("button, input, select").all():
        assert control.evaluate("(c) => c.getAttribute('aria-label') || c.labels?.[0]?.textContent")
