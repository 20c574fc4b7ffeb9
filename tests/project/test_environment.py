"""environment.yml and pyproject.toml name the same dependencies, each under its own names."""

import re
import tomllib

import pytest

from tests.project.tree import ROOT

# The name on conda-forge where it is another than PyPI's. There, `playwright` is the Node package, and
# `matplotlib` brings a desktop's windows along.
CONDA = {"graphviz": "python-graphviz", "matplotlib": "matplotlib-base", "playwright": "playwright-python"}

# An extra that conda users do not need: python-graphviz brings `dot`.
PYPI_ONLY = {"layout"}

Requirements = dict[str, str]


def requirement(text: str) -> tuple[str, str]:
    """ "name>=1.2" -> ("name", ">=1.2")."""
    found = re.fullmatch(r"([A-Za-z0-9-]+)(>=[0-9.]+)?", text.strip())
    assert found, f"a requirement is a name and at most a lower bound: {text!r}"
    return found[1], found[2] or ""


def of_pyproject() -> Requirements:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    texts = list(project["dependencies"])
    for extra, more in project["optional-dependencies"].items():
        if extra not in PYPI_ONLY:
            texts += more
    named = dict(requirement(text) for text in texts)
    assert len(named) == len(texts), "a dependency is named twice"
    python = {"python": project["requires-python"]}
    return python | {CONDA.get(name, name): bound for name, bound in named.items()}


def of_environment(text: str) -> tuple[Requirements, list[str]]:
    """The dependencies and pip's own lines, read strictly: anything unforeseen is an error."""
    requirements: Requirements = {}
    by_pip: list[str] = []
    head, _, body = text.partition("dependencies:\n")
    assert [line for line in head.splitlines() if not line.startswith("#")] == [
        "name: popsim",
        "channels:",
        "  - conda-forge",
    ]
    for line in body.splitlines():
        if line.startswith("      - "):
            assert "  - pip:" in body, line
            by_pip.append(line[8:])
        elif line.startswith("  - ") and line != "  - pip:":
            name, bound = requirement(line[4:])
            assert name not in requirements, f"{name} is named twice"
            requirements[name] = bound
        else:
            assert line == "  - pip:" or line.startswith("  #"), f"unforeseen in environment.yml: {line!r}"
    return requirements, by_pip


def test_both_name_the_same_dependencies_with_the_same_bounds() -> None:
    conda, by_pip = of_environment((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert conda.pop("pip") == ""
    assert conda == of_pyproject()
    assert by_pip == ["-e ."]


@pytest.mark.parametrize(
    "line", ["  - click>=8.1\n  - click", "  - click==8.1", "- click", "  - click # why"]
)
def test_what_is_unforeseen_in_environment_yml_is_an_error(line: str) -> None:
    with pytest.raises(AssertionError):
        of_environment(f"name: popsim\nchannels:\n  - conda-forge\ndependencies:\n{line}\n")
