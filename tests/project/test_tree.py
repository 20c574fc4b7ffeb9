"""No file of the project knows the machine that it was written on, or the hosts that packages come from."""

import json
import re

import pytest

from tests.project.tree import ROOT, files

BINARY = {".gif", ".ico", ".jpg", ".pcap", ".pcapng", ".png"}

# Spelled so that this file does not match itself.
MACHINE = re.compile(r"(?<![\w./~-])/(?:farm|home|private|root|tmp|Users|var/tmp|work)/[\w.]|[A-Z]:\\Users\b")
REGISTRY = re.compile(r"(?:pypi|pythonhosted|npmjs|golang|anaconda)\.(?:org|com)\b|--?(?:extra-)?index-url")


def findings(text: str) -> list[str]:
    """The lines that name a place on a machine or a registry."""
    return [line.strip()[:120] for line in text.splitlines() if MACHINE.search(line) or REGISTRY.search(line)]


def test_no_file_names_a_place_on_a_machine_or_a_registry() -> None:
    found = {}
    for path in files():
        if path.suffix not in BINARY:
            lines = findings((ROOT / path).read_text(encoding="utf-8"))
            if lines:
                found[str(path)] = lines
    assert found == {}


def test_every_notebook_is_stored_as_jupyter_writes_it() -> None:
    for path in files():
        if path.suffix == ".ipynb":
            text = (ROOT / path).read_text(encoding="utf-8")
            assert (
                text == json.dumps(json.loads(text), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
            ), path


@pytest.mark.parametrize(
    "line",
    ["open('/" + "home/me/mbox')", "/" + "tmp/x.png", "C:" + "\\Users\\me", "https://pypi" + ".org/simple/x"],
)
def test_such_a_line_is_found(line: str) -> None:
    assert findings(f"first\n{line}\n") == [line]


@pytest.mark.parametrize(
    "line", ["https://example.org/home/x", "a/work/b", "RFC 1939 /tmp", "~/mail/tmp/new"]
)
def test_other_lines_are_not(line: str) -> None:
    assert findings(line) == []
