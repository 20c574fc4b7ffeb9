"""The course's folder: what a learner changed is never written again, the rest follows what is shipped."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from popsim.course import folder as course
from popsim.course.folder import RECORD, START, CourseError, prepare

Ship = Callable[[Mapping[str, bytes]], None]


def notebook(source: str, outputs: bool = True) -> bytes:
    """A notebook with one code cell and one of text, as it is stored after a run or before it."""
    stream = {"name": "stdout", "output_type": "stream", "text": ["hello ț\n"]}
    timing = {"execution": {"iopub.status.busy": "2026-01-01T00:00:00Z"}}
    code = {
        "cell_type": "code",
        "execution_count": 7 if outputs else None,
        "id": "one",
        "metadata": timing if outputs else {},
        "outputs": [stream] if outputs else [],
        "source": [source],
    }
    text = {"cell_type": "markdown", "id": "two", "metadata": {"tags": ["q"]}, "source": ["# Întrebare"]}
    metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    if outputs:
        metadata["widgets"] = {"state": "{}"}
    whole = {"cells": [code, text], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


@pytest.fixture
def ship(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ship:
    """Makes the given files the ones that are shipped."""
    source = tmp_path / "shipped"
    monkeypatch.setattr(course, "_source", lambda: source)

    def put(files: Mapping[str, bytes]) -> None:
        for name, content in files.items():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes(content)

    return put


@pytest.fixture
def desk(tmp_path: Path, ship: Ship) -> Path:
    """A learner's folder, laid out with two notebooks and a picture."""
    ship({START: notebook("1"), "03-three-states.ipynb": notebook("3"), "images/player.png": b"\x89PNG"})
    prepare(tmp_path / "desk")
    return tmp_path / "desk"


def test_the_folder_is_made_and_filled(tmp_path: Path, ship: Ship) -> None:
    ship({START: notebook("1"), "images/player.png": b"\x89PNG", ".ipynb_checkpoints/x.ipynb": b"{}"})
    lines = prepare(tmp_path / "a" / "b")
    assert lines == [f"{START}: copied", "images/player.png: copied"]
    folder = tmp_path / "a" / "b"
    laid = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))
    assert laid == [RECORD, START, "images", "images/player.png"]


def test_a_notebook_arrives_as_if_nobody_had_run_it(desk: Path) -> None:
    assert (desk / START).read_bytes() == notebook("1", outputs=False)


def test_a_second_time_there_is_nothing_to_do(desk: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in desk.rglob("*.ipynb")}
    assert prepare(desk) == []
    assert {path: path.stat().st_mtime_ns for path in desk.rglob("*.ipynb")} == before


def test_an_unchanged_file_follows_the_shipped_one(desk: Path, ship: Ship) -> None:
    ship({START: notebook("2")})
    assert prepare(desk) == [f"{START}: updated"]
    assert (desk / START).read_bytes() == notebook("2", outputs=False)
    assert prepare(desk) == []


def test_a_changed_file_is_the_learners(desk: Path) -> None:
    (desk / START).write_bytes(b"mine")
    assert prepare(desk) == [f"{START}: yours, kept"]
    assert (desk / START).read_bytes() == b"mine"


def test_a_changed_file_is_kept_from_every_newer_one(desk: Path, ship: Ship) -> None:
    (desk / START).write_bytes(b"mine")
    for edition in "23":
        ship({START: notebook(edition)})
        assert prepare(desk) == [f"{START}: yours, kept (there is a newer one: rename yours to get it)"]
        assert (desk / START).read_bytes() == b"mine"


def test_running_a_notebook_makes_it_the_learners(desk: Path, ship: Ship) -> None:
    (desk / START).write_bytes(notebook("1"))
    ship({START: notebook("2")})
    prepare(desk)
    assert (desk / START).read_bytes() == notebook("1")


def test_changed_back_it_follows_again(desk: Path, ship: Ship) -> None:
    copied = (desk / START).read_bytes()
    (desk / START).write_bytes(b"mine")
    prepare(desk)
    (desk / START).write_bytes(copied)
    ship({START: notebook("2")})
    assert prepare(desk) == [f"{START}: updated"]


def test_a_deleted_file_comes_back(desk: Path) -> None:
    (desk / START).unlink()
    assert prepare(desk) == [f"{START}: copied again"]
    assert (desk / START).read_bytes() == notebook("1", outputs=False)


def test_files_of_the_learners_own_are_left_alone(desk: Path) -> None:
    (desk / "notes.ipynb").write_bytes(b"mine")
    assert prepare(desk) == []
    assert (desk / "notes.ipynb").read_bytes() == b"mine"


def test_a_file_that_was_there_before_the_course_is_kept(tmp_path: Path, ship: Ship) -> None:
    ship({START: notebook("1")})
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / START).write_bytes(b"mine")
    prepare(tmp_path / "desk")
    prepare(tmp_path / "desk")
    assert (tmp_path / "desk" / START).read_bytes() == b"mine"


@pytest.mark.parametrize(
    "record",
    [
        b"",
        b"nonsense",
        b"[]",
        b"\xff",
        b'{"format": 9}',
        b'{"format": 1, "files": {"00-start-here.ipynb": 1}}',
    ],
)
def test_a_broken_record_makes_every_file_the_learners(desk: Path, ship: Ship, record: bytes) -> None:
    copied = (desk / START).read_bytes()
    (desk / RECORD).write_bytes(record)
    ship({START: notebook("2")})
    assert prepare(desk)[0].startswith(f"{START}: yours, kept")
    assert (desk / START).read_bytes() == copied


def test_a_folder_with_a_notebooks_name_is_kept(desk: Path) -> None:
    (desk / START).unlink()
    (desk / START / "inside").mkdir(parents=True)
    assert prepare(desk) == [f"{START}: yours, kept"]


def test_an_interruption_leaves_the_old_file_whole(
    desk: Path, ship: Ship, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    copied = (desk / START).read_bytes()
    ship({START: notebook("2")})
    with monkeypatch.context() as patch:
        patch.setattr("os.replace", stop)
        with pytest.raises(KeyboardInterrupt):
            prepare(desk)
    assert (desk / START).read_bytes() == copied
    assert prepare(desk) == [f"{START}: updated"]


def test_a_file_in_the_folders_place_is_one_clear_line(tmp_path: Path, ship: Ship) -> None:
    ship({START: notebook("1")})
    (tmp_path / "desk").write_bytes(b"")
    with pytest.raises(CourseError, match="this is a file, and the course needs a folder") as caught:
        prepare(tmp_path / "desk")
    assert "\n" not in str(caught.value)


def test_a_folder_that_cannot_be_written_is_one_clear_line(
    tmp_path: Path, ship: Ship, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, content: bytes) -> int:
        raise PermissionError(13, "Permission denied", str(self))

    ship({START: notebook("1")})
    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(CourseError, match=r"desk: the course cannot be written there \(Permission denied\)$"):
        prepare(tmp_path / "desk")


def test_a_picture_folder_in_the_way_is_one_clear_line(tmp_path: Path, ship: Ship) -> None:
    ship({"images/player.png": b"\x89PNG"})
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "images").write_bytes(b"a file")
    with pytest.raises(CourseError, match="the course cannot be written there"):
        prepare(tmp_path / "desk")
    assert (tmp_path / "desk" / "images").read_bytes() == b"a file"


def test_the_shipped_course_lays_out(tmp_path: Path) -> None:
    lines = prepare(tmp_path / "desk")
    assert f"{START}: copied" in lines
    for path in (tmp_path / "desk").rglob("*.ipynb"):
        cells = json.loads(path.read_bytes())["cells"]
        assert all(not cell["outputs"] for cell in cells if cell["cell_type"] == "code")
    assert prepare(tmp_path / "desk") == []
