"""`popsim lab`: what it hands to the course."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from popsim.cli.program import run
from popsim.course import folder


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What was called with which arguments; JupyterLab is not started."""
    made: list[object] = []

    def prepare(where: str) -> list[str]:
        made.append(("prepare", where))
        return ["00-start-here.ipynb: copied"]

    def launch(where: str, *, port: int | None, browser: bool) -> int:
        made.append(("launch", where, port, browser))
        return 3

    monkeypatch.setattr(folder, "prepare", prepare)
    monkeypatch.setattr(folder, "launch", launch)
    return made


def test_the_folder_is_laid_out_and_opened(calls: list[object], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["lab"]) == 3  # JupyterLab's own exit code
    assert calls == [("prepare", "popsim-course"), ("launch", "popsim-course", None, True)]
    assert capsys.readouterr().out == "00-start-here.ipynb: copied\n"


def test_its_options(calls: list[object], unused_port: Callable[[], int]) -> None:
    port = unused_port()
    assert run(["lab", "here", "--port", str(port), "--no-browser"]) == 3
    assert calls == [("prepare", "here"), ("launch", "here", port, False)]


def test_what_goes_wrong_is_one_line(
    monkeypatch: pytest.MonkeyPatch, calls: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    def launch(*_: object, **__: object) -> int:
        raise folder.CourseError("JupyterLab is missing")

    monkeypatch.setattr(folder, "launch", launch)
    assert run(["lab"]) == 1
    assert capsys.readouterr().err == "popsim lab: JupyterLab is missing\n"


@pytest.fixture
def unused_port() -> Callable[[], int]:
    def find() -> int:
        import socket

        with socket.create_server(("127.0.0.1", 0)) as server:
            return int(server.getsockname()[1])

    return find
