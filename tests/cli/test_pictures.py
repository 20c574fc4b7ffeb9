"""`popsim table` and `popsim diagram`."""

from __future__ import annotations

import os
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest

from popsim import pop3
from popsim.protocols.protocol import Protocol
from popsim.views.diagram import diagram
from popsim.views.difference import difference
from popsim.views.reference import reference
from tests.cli.running import complaint, popsim


@pytest.mark.parametrize(
    ("options", "protocol"),
    [
        ([], pop3),
        (["--edition", "1460"], pop3.edition(1460)),
        (["--edition", "rfc1460", "--minimal"], pop3.edition(1460).minimal()),
    ],
    ids=str,
)
def test_the_table(options: list[str], protocol: object) -> None:
    done = popsim("table", "pop3", *options)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{reference(protocol)}\n"  # type: ignore[arg-type]
    assert ("LAST" in done.stdout, "UIDL" in done.stdout) == ("--edition" in options, not options)


@pytest.mark.parametrize(
    ("options", "before", "after"),
    [
        (["--edition", "1460", "--against", "1939"], pop3.edition(1460), pop3),
        (["--edition", "rfc1081", "--minimal", "--against", "rfc1460"],
         pop3.edition(1081).minimal(), pop3.edition(1460).minimal()),
        (["--against", "1939+2449"], pop3, pop3.extended(2449)),
        (["--extension", "CAPA", "--against", "1939 + all"], pop3.extended(2449), pop3.extended()),
    ],
    ids=str,
)  # fmt: skip
def test_what_differs(options: list[str], before: Protocol, after: Protocol) -> None:
    done = popsim("table", "pop3", *options)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{difference(before, after)}\n"


@pytest.mark.parametrize(
    ("against", "said"),
    [("1940", "1081, 1225, 1460, 1725, 1939"), ("1939+CAPABILITY", "extensions 2449"), ("", "editions")],
)
def test_what_is_no_edition(against: str, said: str) -> None:
    assert said in (told := complaint(popsim("table", "pop3", "--against", against), 2)) and "--against" in told


def test_the_diagram_as_a_text(tmp_path: Path) -> None:
    done = popsim("diagram", "pop3")
    assert done.stdout == f"{diagram(pop3)}\n"
    assert popsim("diagram", "pop3", "-o", tmp_path / "x.txt").returncode == 0
    assert (tmp_path / "x.txt").read_text(encoding="utf-8") == done.stdout


def test_the_diagram_as_a_picture_without_graphviz(tmp_path: Path) -> None:
    for name, options in (("x.svg", ["--edition", "1460", "--minimal"]), ("y.SVG", ["--no-inner"])):
        done = popsim("diagram", "pop3", "-o", tmp_path / name, *options, PATH=os.devnull)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert ET.parse(tmp_path / name).getroot().tag.endswith("svg")
    assert (tmp_path / "x.svg").read_text("utf-8") == diagram(pop3.edition(1460).minimal()).svg
    assert (tmp_path / "y.SVG").read_text("utf-8") == diagram(pop3, inner=False).svg


def test_the_diagram_in_the_language_of_graphviz(tmp_path: Path) -> None:
    assert popsim("diagram", "pop3", "-o", tmp_path / "x.dot").returncode == 0
    assert (tmp_path / "x.dot").read_text("utf-8") == diagram(pop3).dot


@pytest.mark.parametrize(("suffix", "magic"), [(".png", b"\x89PNG\r\n"), (".pdf", b"%PDF-")])
def test_what_graphviz_draws(tmp_path: Path, suffix: str, magic: bytes, require_program: Callable[..., str]) -> None:
    require_program("dot", package="graphviz")
    assert popsim("diagram", "pop3", "-o", tmp_path / f"x{suffix}").returncode == 0
    assert (tmp_path / f"x{suffix}").read_bytes().startswith(magic)


def test_what_only_graphviz_draws_needs_it(tmp_path: Path) -> None:
    said = complaint(popsim("diagram", "pop3", "-o", tmp_path / "x.png", PATH=os.devnull), 1)
    assert "dot" in said and "graphviz" in said and ".svg" in said
    assert list(tmp_path.iterdir()) == []
