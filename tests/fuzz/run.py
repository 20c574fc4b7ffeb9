"""Fuzz popsim, guided by coverage: ``python -m tests.fuzz.run server --minutes 10``; needs the package atheris.

It begins with the seeds and with the committed corpus. Inputs that reach something new are added to the corpus. What
breaks is printed and kept in the corpus's folder as ``crash-...``. With ``--planted NAME`` a known bug is planted, one
of ``planted.py``, and the run on its target must find it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fuzz import corpus

LONGEST = 800
"""Octets of one input."""
MOST, ROOM = 120, 12_000
"""How many inputs of a target are kept, and how many octets they may have together."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", help="one of targets.py, such as imap-server; of a planted bug, its own")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--planted", metavar="NAME", default="")
    parser.add_argument("--child", metavar="FOLDER", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        _fuzz(options.target, Path(options.child), options.minutes, options.planted)
        return 0
    return _run(options.target, options.minutes, options.planted)


def _run(target: str, minutes: float, planted: str) -> int:
    from tests.fuzz.seeds import SEEDS

    if target not in SEEDS:
        print(f"no target {target}: expected one of {', '.join(SEEDS)}")
        return 2
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "corpus"
        folder.mkdir()
        for number, data in enumerate([*SEEDS[target], *([] if planted else corpus.read(target))]):
            (folder / f"{number:05}").write_bytes(data)
        again = [sys.executable, "-m", "tests.fuzz.run", target, "--minutes", str(minutes), "--child", place]
        code = subprocess.run([*again, *(["--planted", planted] if planted else [])]).returncode
        crashes = sorted(Path(place).glob("crash-*"))
        for crash in crashes:
            kept = corpus.FOLDER / (f"planted-{planted}.txt" if planted else f"{crash.name}-{target}.txt")
            corpus.FOLDER.mkdir(exist_ok=True)
            kept.write_text(crash.read_bytes().hex() + "\n", "ascii")
            print(f"found: {crash.read_bytes()!r}")
        if planted:
            return 0 if crashes else 1
        if not crashes:
            _keep(target, Path(place))
        return code


def _keep(target: str, place: Path) -> None:
    """Keep the inputs that reached something that none before them did; of very many, some of every length."""
    found = sorted((path.read_bytes() for path in (place / "corpus").iterdir()), key=len)
    kept = spread(found)
    print(f"kept: {corpus.write(target, kept)}, {len(kept)} of {len(found)} inputs")


def spread(found: list[bytes]) -> list[bytes]:
    """Inputs of every length, as many as there is room for."""
    for step in range(1, len(found) + 1):
        kept = found[::step]
        if len(kept) <= MOST and sum(map(len, kept)) <= ROOM:
            return kept
    return found[:1]


def _fuzz(target: str, place: Path, minutes: float, planted: str) -> None:
    import atheris

    with atheris.instrument_imports(include=["popsim", "tests.fuzz.mail_planted"]):
        from tests.fuzz.targets import TARGETS

        if planted:
            from tests.fuzz.planted import PLANTED

            PLANTED[planted].plant()
    options = [
        f"-max_len={LONGEST}",
        f"-artifact_prefix={place}/",
        "-print_final_stats=1",
        "-verbosity=0",
        "-close_fd_mask=0",
    ]
    options += [f"-max_total_time={int(minutes * 60)}", "-timeout=20", str(place / "corpus")]
    atheris.Setup([sys.argv[0], *options], TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
