"""The files that belong to the project, and the README's commands."""

import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# What tools and environments leave in a checkout, where git is not there to say so.
LITTER = {"__pycache__", "build", "dist", "popsim-course"}


def files() -> list[Path]:
    """The project's files, relative to its root: what git has or would take; without git, all but litter."""
    if (ROOT / ".git").exists() and shutil.which("git"):
        git = ["git", "-c", "safe.directory=*", "-C", str(ROOT)]
        listing = [*git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        done = subprocess.run(listing, capture_output=True, check=True, timeout=60)
        named = {Path(name) for name in done.stdout.decode().split("\0") if name}
        return sorted(path for path in named if (ROOT / path).is_file())
    return sorted(path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file() and not _litter(path))


def copy(target: Path) -> None:
    """Copy the project to the new folder `target`, as a fresh clone would have it."""
    for path in files():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, target / path)


def command(name: str) -> str:
    """The README's command after the comment `<!-- NAME command -->`: one line in a fenced block."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.findall(rf"^<!-- {name} command -->\n+```\w*\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    assert len(found) == 1, (
        f"README.md has {len(found)} blocks after <!-- {name} command -->, and should have one"
    )
    line: str = found[0].rstrip("\n")
    assert "\n" not in line, f"the {name} command is one line"
    return line


def _litter(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    hidden = any(part.startswith(".") and part not in (".ci", ".gitignore") for part in parts)
    return hidden or not LITTER.isdisjoint(parts)
