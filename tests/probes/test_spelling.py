"""The probes' words stand in their tables alone: the engine and the model know no protocol by its words."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from popsim.protocols.protocol import Protocol
from tests.probes.challenge import CHALLENGING
from tests.probes.counted import COUNTED
from tests.probes.tagged import TAGGED
from tests.probes.upload import UPLOAD

PROBES = [COUNTED, TAGGED, UPLOAD, CHALLENGING]
ROOT = Path(__file__).resolve().parents[2]
SHARED = [
    path
    for folder in ("protocols", "engine", "timeline", "wire")
    for path in sorted((ROOT / "popsim" / folder).glob("*.py"))
]
SERVICES = [Path(__file__).with_name(f"{protocol.name}.py") for protocol in PROBES]


def words(protocol: Protocol) -> set[str]:
    """Names of states, keywords and marks; a single sign may stand for something else somewhere."""
    found = {s.name for s in protocol.table.states + protocol.table.client_states}
    found |= {f.keyword for f in protocol.table.forms} | {r.mark for r in protocol.table.replies}
    return {word for word in found if len(word) > 1}


def texts(tree: ast.AST) -> Iterator[str]:
    """Every text and every octet string of a program that is no documentation."""
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in documentation:
            if isinstance(node.value, str):
                yield node.value
            elif isinstance(node.value, bytes):
                yield node.value.decode("latin-1")


@pytest.mark.parametrize("protocol", PROBES, ids=lambda p: p.name)
def test_shared_code_spells_no_word_of_a_probe(protocol: Protocol) -> None:
    for path in SHARED:
        used = {text.strip() for text in texts(ast.parse(path.read_text(encoding="utf-8")))}
        assert used & words(protocol) == set(), path.name


@pytest.mark.parametrize("path", SERVICES, ids=lambda p: p.stem)
def test_a_probe_spells_its_words_once(path: Path) -> None:
    protocol = next(p for p in PROBES if p.name == path.stem)
    used = list(texts(ast.parse(path.read_text(encoding="utf-8"))))
    for word in words(protocol):
        forms = [form for form in protocol.table.forms if form.keyword == word]
        assert used.count(word) == max(1, len(forms)), word


def test_the_probes_are_small() -> None:
    """A protocol's essence fits about ten rows beside the refusals that every table has."""
    for protocol in PROBES:
        own = [rule for rule in protocol.table.rules if rule.state.kind != "any"]
        assert 7 <= len(own) <= 18, protocol.name
