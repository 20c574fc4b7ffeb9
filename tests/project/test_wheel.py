"""The wheel carries everything that an installed popsim needs, and nothing that it does not."""

import configparser
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.project import tree


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel of a copy of the project in which Jupyter and Python have left their litter."""
    copy = tmp_path_factory.mktemp("copy")
    tree.copy(copy)
    for name in ("notebooks/.ipynb_checkpoints/x-checkpoint.ipynb", "popsim/__pycache__/x.pyc"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes(b"")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "out"]
    subprocess.run(build, cwd=copy, check=True, capture_output=True, timeout=120)
    (path,) = (copy / "out").glob("popsim-*.whl")
    return zipfile.ZipFile(path)


def test_it_carries_the_package_and_the_notebooks(wheel: zipfile.ZipFile) -> None:
    package = {path.as_posix() for path in tree.files() if path.parts[0] == "popsim"}
    notebooks = {"popsim/course/" + path.as_posix() for path in tree.files() if path.parts[0] == "notebooks"}
    carried = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert carried == package | notebooks
    assert {"popsim/py.typed", "popsim/course/notebooks/00-start-here.ipynb"} <= carried


def test_its_command_is_popsim(wheel: zipfile.ZipFile) -> None:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/entry_points.txt"))
    points = configparser.ConfigParser()
    points.read_string(wheel.read(name).decode())
    assert dict(points["console_scripts"]) == {"popsim": "popsim.cli:main"}


def test_its_licence_is_inside(wheel: zipfile.ZipFile) -> None:
    licence = (tree.ROOT / "LICENSE").read_bytes()
    assert licence in [wheel.read(name) for name in wheel.namelist() if Path(name).name == "LICENSE"]
