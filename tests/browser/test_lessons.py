"""The lessons as a learner has them: run, guessed in and typed into, in JupyterLab."""

from pathlib import Path

import pytest

from popsim.course.student import student_copy
from tests.browser.conftest import OpenNotebook
from tests.browser.lab_page import LabPage
from tests.notebooks.shipped import read
from tests.project.tree import ROOT

LESSONS = ROOT / "notebooks"


def learners(lab_page: OpenNotebook, path: Path) -> LabPage:
    return lab_page(student_copy(read(path)), name=path.name, height=1400)


def index(lab: LabPage, cell_id: str) -> int:
    return [cell["id"] for cell in lab.cells()].index(cell_id)


def test_a_command_typed_in_the_first_notebook_is_answered_and_the_player_follows(lab_page: OpenNotebook) -> None:
    lab = learners(lab_page, LESSONS / "00-start-here.ipynb")
    lab.run_all()
    field = lab.page.get_by_placeholder("Type a command and press Enter")
    for command, answer in (("STAT", "+OK 8 55443"), ("HELLO", "-ERR HELLO is no command"), ("QUIT", "+OK goodbye")):
        field.click()
        lab.page.keyboard.type(command)
        lab.page.keyboard.press("Enter")
        lab.page.locator(".popsim-exchange").filter(has_text=f"C: {command}").filter(has_text=answer).wait_for()
        assert field.input_value() == ""
    player = lab.page.locator(".popsim-player").first
    player.scroll_into_view_if_needed()
    player.click(position={"x": 5, "y": 5})
    lab.page.keyboard.press("End")
    player.get_by_text("the connection is closed at the server").first.wait_for()
    assert lab.console_errors == []


@pytest.mark.slow
def test_a_guess_is_blank_then_wrong_then_right(lab_page: OpenNotebook) -> None:
    lab = learners(lab_page, LESSONS / "03-three-states.ipynb")
    for cell_id in ("import", "forms", "diagram"):
        lab.run_cell(index(lab, cell_id))
    place = index(lab, "guess-stat")
    lab.run_cell(place)
    lab.page.get_by_text("Your guess first").wait_for()
    cell = lab.page.locator(".jp-Notebook .jp-Cell").nth(place)
    for reply, verdict in (("+OK", "not so"), ("-ERR", "the score stays")):
        editor = cell.locator(".cm-content")
        editor.click()
        lab.page.keyboard.press("Control+a")
        lab.page.keyboard.insert_text(f'predict(lab, "STAT", reply="{reply}", state="AUTHORIZATION")')
        lab.run_cell(place)
        cell.locator(".popsim-feedback").filter(has_text=verdict).wait_for()
    lab.run_cell(index(lab, "score-cell"))
    lab.page.get_by_text("1 of 2 guesses were right.").wait_for()
    lab.screenshot("lesson-guess")


WIDER = """() => [...document.querySelectorAll('.jp-OutputArea-output')]
    .filter((shown) => shown.scrollWidth > shown.clientWidth + 1).map((shown) => shown.textContent.slice(0, 80))"""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["05-deletion", "06-leave-on-server", "07-passwords"])
def test_a_lesson_runs_and_none_of_its_outputs_is_cut_off(lab_page: OpenNotebook, name: str) -> None:
    lab = lab_page(read(LESSONS / f"{name}.ipynb"), name=f"{name}.ipynb", width=1000, height=1400)
    lab.run_all()
    shown = lab.page.locator(".jp-OutputArea-output")
    assert shown.count() >= sum(len(cell.get("outputs", ())) for cell in lab.cells())  # none is out of the page
    assert lab.page.evaluate(WIDER) == []
    last = lab.page.locator(".jp-Notebook .jp-Cell").last
    last.scroll_into_view_if_needed()
    lab.screenshot(f"lesson-{name}")
    assert lab.console_errors == []
