"""Reads which module imports which, from the source alone: also inside functions and by name."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Import(NamedTuple):
    """`module` imports `imported` in this line; a name taken from a module counts as the module."""

    module: str
    imported: str
    line: int


def modules(root: Path) -> dict[str, Path]:
    """Every module of the package in the folder `root`: its dotted name and its file."""
    found = {}
    for path in sorted(root.rglob("*.py")):
        parts = [root.name, *path.relative_to(root).with_suffix("").parts]
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(root: Path) -> list[Import]:
    """Every import in the package in the folder `root`."""
    known = modules(root)
    return [
        Import(module, imported, line)
        for module, path in known.items()
        for imported, line in _of_file(module, path, known)
    ]


def _of_file(module: str, path: Path, known: dict[str, Path]) -> Iterator[tuple[str, int]]:
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = _absolute(node, package)
            for alias in node.names:
                name = f"{origin}.{alias.name}"
                yield (name if name in known else origin), node.lineno
        elif isinstance(node, ast.Call):
            yield from ((name, node.lineno) for name in _by_name(node))


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    around = package.split(".")
    around = around[: len(around) - node.level + 1]
    return ".".join([*around, node.module] if node.module else around)


def _by_name(node: ast.Call) -> Iterator[str]:
    """`import_module("x")`, `importlib.import_module("x")` and `__import__("x")`."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in ("import_module", "__import__") and node.args:
        argument = node.args[0]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            yield argument.value
