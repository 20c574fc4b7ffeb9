"""The house has six floors, and imports go down only: read from the source, inside functions too."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.project.imports import Import, imports, modules

PACKAGE = Path(__file__).resolve().parents[2] / "popsim"

# The first pattern that fits a module's whole name says what it belongs to, and on which floor that stands.
FLOORS = [
    (r"popsim", "the door", 6),
    (r"popsim\.protocols\.(services|clients|\w+\.(server|client)(?!\w*table)\w*)", "the protocols' ends", 2),
    (r"popsim\.protocols(\..+)?", "protocols", 1),
    (r"popsim\.mail(\..+)?", "mail", 1),
    (r"popsim\.sasl(\..+)?", "sasl", 1),
    (r"popsim\.engine(\..+)?", "engine", 2),
    (r"popsim\.tls(\..+)?", "tls", 2),
    (r"popsim\.timeline(\..+)?", "timeline", 2),
    (r"popsim\.wire(\..+)?", "wire", 3),
    (r"popsim\.sockets(\..+)?", "sockets", 3),
    (r"popsim\.capture(\..+)?", "capture", 3),
    (r"popsim\.views(\..+)?", "views", 4),
    (r"popsim\.lab(\..+)?", "lab", 5),
    (r"popsim\.course(\..+)?", "course", 5),
    (r"popsim\.(cli(\..+)?|__main__)", "the command line", 6),
]

# A virtual clock, and octets handed in: what knows the real ones cannot be replayed.
THE_WORLD = {"asyncio", "random", "select", "selectors", "socket", "ssl", "threading", "time"}
WITHOUT_THE_WORLD = {"protocols", "the protocols' ends", "mail", "sasl", "engine", "timeline", "wire", "views"}
MODEL = {"popsim.protocols.model", "popsim.protocols.protocol"}
TABLES = r"popsim\.protocols\.\w+\.\w*table"
BELOW_THE_VIEWS = {"protocols", "mail", "timeline", "views"}


def room(module: str) -> tuple[str, int]:
    """What a module belongs to, and the floor."""
    for pattern, name, floor in FLOORS:
        if re.fullmatch(pattern, module):
            return name, floor
    raise AssertionError(
        f"{module} stands on no floor: give it one in FLOORS, and in the README's architecture"
    )


def inside(found: Iterable[Import]) -> list[Import]:
    return [one for one in found if one.imported.split(".")[0] == "popsim"]


def upward(found: Iterable[Import]) -> list[Import]:
    """The imports that go up."""
    return [one for one in inside(found) if room(one.module)[1] < room(one.imported)[1]]


def around(found: Iterable[Import]) -> list[tuple[str, str]]:
    """The pairs of rooms that need each other, through however many others."""
    needs: dict[str, set[str]] = {}
    for one in inside(found):
        here, there = room(one.module)[0], room(one.imported)[0]
        if here != there:
            needs.setdefault(here, set()).add(there)
    reached = {name: set(direct) for name, direct in needs.items()}
    for middle in needs:
        for name in reached:
            if middle in reached[name]:
                reached[name] |= reached[middle]
    return sorted((a, b) for a in reached for b in reached[a] if a < b and a in reached.get(b, set()))


@pytest.fixture(scope="module")
def found() -> list[Import]:
    return imports(PACKAGE)


def test_every_module_stands_on_a_floor() -> None:
    assert [room(module) for module in modules(PACKAGE)]


def test_imports_go_down_only(found: list[Import]) -> None:
    assert upward(found) == []


def test_no_two_rooms_need_each_other(found: list[Import]) -> None:
    assert around(found) == []


def test_a_table_imports_the_model_and_nothing_else(found: list[Import]) -> None:
    tables = [one for one in found if re.fullmatch(TABLES, one.module)]
    assert tables
    others = {(one.module, one.imported) for one in tables if not re.match(TABLES, one.imported)}
    # The package of a table is empty; how its arguments are read stands beside it.
    foreign = {imported for module, imported in others if not imported.startswith(module.rpartition(".")[0])}
    assert foreign <= MODEL | {"__future__", "popsim.protocols.table"}


def test_what_a_table_reads_its_arguments_with_knows_the_model_only(found: list[Import]) -> None:
    folders = {one.module.rpartition(".")[0] for one in found if re.fullmatch(TABLES, one.module)}
    beside = [one for one in inside(found) if one.module.rpartition(".")[0] in folders]
    syntax = [one for one in beside if room(one.module) == ("protocols", 1)]
    known = (*MODEL, "popsim.protocols.kind", "popsim.protocols.request", "popsim.protocols.table")
    known += ("popsim.mail.names", "popsim.mail.dates")  # spellings that mail on the disk has as well
    strange = [one for one in syntax if not one.imported.startswith((one.module.rpartition(".")[0], *known))]
    assert strange == []


def test_a_view_gets_a_timeline_and_a_protocol(found: list[Import]) -> None:
    views = [one for one in inside(found) if room(one.module)[0] == "views"]
    assert [one for one in views if room(one.imported)[0] not in BELOW_THE_VIEWS] == []


def test_nothing_that_is_simulated_knows_the_real_clock_or_a_socket(found: list[Import]) -> None:
    simulated = [one for one in found if room(one.module)[0] in WITHOUT_THE_WORLD]
    assert [one for one in simulated if one.imported.split(".")[0] in THE_WORLD] == []


@pytest.mark.parametrize(
    "line",
    [
        "from popsim.engine import server",
        "from popsim import engine",
        "import popsim.engine",
        "from ..engine import server",
        "from .. import engine",
        "def later():\n    from popsim.engine.server import Server",
        "if TYPE_CHECKING:\n    import popsim.engine.server",
        "server = import_module('popsim.engine.server')",
    ],
)
def test_an_import_that_goes_up_is_found(tmp_path: Path, line: str) -> None:
    root = tmp_path / "popsim"
    for name in ("__init__.py", "mail/__init__.py", "engine/__init__.py", "engine/server.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("", encoding="utf-8")
    (root / "engine" / "server.py").write_text("import popsim.mail", encoding="utf-8")
    assert upward(imports(root)) == [] == around(imports(root))
    (root / "mail" / "message.py").write_text(line, encoding="utf-8")
    assert [one.module for one in upward(imports(root))] == ["popsim.mail.message"]
    assert around(imports(root)) == [("engine", "mail")]
