"""The console: what is typed is sent at once, and what came is shown."""

import subprocess
import sys
from typing import Any

import pytest

from popsim import Lab, pop3
from popsim.lab.console import Console


@pytest.fixture
def lab() -> Lab:
    return Lab(pop3)


def typed(console: Console, text: str) -> None:
    """What the browser sends when a text is typed and Enter is pressed."""
    console.widget._handle_custom_msg({"line": text}, [])


def test_enter_sends_the_line(lab: Lab) -> None:
    console = lab.console()
    typed(console, "USER alice")
    assert lab.state == "USER accepted"
    assert "C: USER alice" in console.widget.exchanges and "+OK" in console.widget.exchanges


def test_the_newest_exchange_stands_first(lab: Lab) -> None:
    console = lab.console()
    for text in ("USER alice", "PASS secret"):
        typed(console, text)
    for shown in (str(console), console.widget.exchanges):
        assert shown.index("C: PASS ****") < shown.index("C: USER alice")


@pytest.mark.parametrize("text", ["", "  "])
def test_a_blank_line_is_not_sent(lab: Lab, text: str) -> None:
    before = len(lab.timeline)
    typed(lab.console(), text)
    assert len(lab.timeline) == before


def test_after_the_end_it_says_so(lab: Lab) -> None:
    console = lab.console()
    for text in ("QUIT", "STAT"):
        typed(console, text)
    assert "Not sent." in str(console).splitlines()[1]
    assert "<b>Not sent.</b>" in console.widget.exchanges


def test_the_text_twin_says_the_same_and_nothing_of_the_widget(lab: Lab) -> None:
    console = lab.console()
    bundle: dict[str, Any] = console._repr_mimebundle_()
    assert bundle["text/plain"] == "C: (Type a command and press Enter)\nThe server is in AUTHORIZATION."
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == console.widget.model_id
    assert "The server is in AUTHORIZATION." in console.widget.exchanges


def test_what_is_typed_is_text(lab: Lab) -> None:
    console = lab.console()
    typed(console, "<img src=x>")
    assert "<img" not in console.widget.exchanges and "&lt;img src=x&gt;" in console.widget.exchanges


def test_players_of_the_lab_follow(lab: Lab) -> None:
    player = lab.player()
    steps = len(player.steps)
    typed(lab.console(), "USER alice")
    assert len(player.steps) > steps


def test_its_text_needs_no_jupyter() -> None:
    code = (
        "import sys\n"
        "sys.modules.update(dict.fromkeys(('IPython', 'ipywidgets', 'anywidget')))\n"
        "from popsim import Lab\n"
        "console = Lab().console()\n"
        "console.submit('USER alice')\n"
        "assert 'C: USER alice' in console._repr_mimebundle_()['text/plain']\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
