"""The folder of the course: laid out for a learner, kept up to date, opened in JupyterLab.

A file that the learner has changed is the learner's: it is never written again. To tell changed from
unchanged, the folder holds a record (`.popsim-course.json`) of the digest that each file had when it was
copied. A notebook that was only run and saved counts as changed too, because its outputs are the learner's. A
file that the learner deletes comes back the next time: that is how to start a lesson afresh.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from popsim.course.student import student_copy

START = "00-start-here.ipynb"
RECORD = ".popsim-course.json"
RECORD_FORMAT = 1


class CourseError(OSError):
    """The course's folder cannot be laid out or opened; the message is one line for the learner."""


def prepare(folder: str | Path = "popsim-course") -> list[str]:
    """Lay out the course in `folder`, or bring what is there up to date.

    Returns a line for each file that was copied, updated, or kept because it is the learner's; a file that is
    up to date has none. Raises CourseError where the folder cannot be written.
    """
    folder = Path(folder)
    lines = []
    try:
        _make(folder)
        digests = _read_record(folder)
        for name, content in _shipped():
            line = _lay(folder / name, name, content, digests)
            if line:
                lines.append(line)
        _write_record(folder, digests)
    except CourseError:
        raise
    except OSError as error:
        reason = error.strerror or error
        raise CourseError(f"{folder}: the course cannot be written there ({reason})") from None
    return lines


def launch(
    folder: str | Path, *, port: int | None = None, browser: bool = True, extra: Sequence[str] = ()
) -> int:
    """Run JupyterLab on the course in `folder` until it ends, and return its exit code.

    It listens on 127.0.0.1 only, at `port` or at a free one near Jupyter's usual, and opens the first
    notebook in the web browser unless `browser` is false; `extra` are further arguments for JupyterLab.
    SIGINT, SIGTERM and SIGHUP are passed on to it, and end it without a question. Call it from the main thread.
    Raises CourseError where JupyterLab is not installed.
    """
    import subprocess  # brings threading along, which laying out a folder does without

    if importlib.util.find_spec("jupyterlab") is None:
        raise CourseError("JupyterLab is missing from this Python: python -m pip install jupyterlab")
    # In a process group of its own a Ctrl-C on the terminal reaches it once, through us, and not twice.
    alone: dict[str, Any] = {"process_group": 0} if os.name == "posix" else {}
    process = subprocess.Popen(_command(folder, port, browser, extra), env=_environment(), **alone)

    def pass_on(number: int, frame: object) -> None:
        process.send_signal(signal.SIGINT if number == signal.SIGINT else signal.SIGTERM)

    ending = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    before = {number: signal.signal(number, pass_on) for number in ending}
    try:
        code = process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return code if code >= 0 else 128 - code


def _command(folder: str | Path, port: int | None, browser: bool, extra: Sequence[str]) -> list[str]:
    command = [sys.executable, "-m", "jupyterlab", "--ServerApp.ip=127.0.0.1"]
    command += [f"--ServerApp.root_dir={Path(folder).resolve()}", f"--LabApp.default_url=/lab/tree/{START}"]
    # One Ctrl-C ends it: the learner's work is in files, and a question on the terminal is seen by nobody.
    command += ["--ServerApp.answer_yes=True"]
    if port is not None:
        command += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
    if not browser:
        command += ["--no-browser"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # In a container one is root. Jupyter refuses that; on the loopback and with a token it may run.
        command += ["--allow-root"]
    return [*command, *extra]


def _environment() -> dict[str, str]:
    """The learner's environment, with our Jupyter configuration beside the learner's: no pop-up with news."""
    ours = str(Path(__file__).resolve().parent / "jupyter")
    theirs = os.environ.get("JUPYTER_CONFIG_PATH")
    environment = dict(os.environ)
    environment["JUPYTER_CONFIG_PATH"] = os.pathsep.join([ours, theirs] if theirs else [ours])
    # The kernel of this Python, not one of the same name that another Python once installed for the user.
    environment.setdefault("JUPYTER_PREFER_ENV_PATH", "1")
    return environment


def _make(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise CourseError(f"{folder}: this is a file, and the course needs a folder of its own")
    folder.mkdir(parents=True, exist_ok=True)


def _lay(target: Path, name: str, content: bytes, digests: dict[str, str]) -> str:
    """Put one shipped file in place unless the learner's is there; note its digest; return what to say."""
    shipped = _digest(content)
    copied = digests.get(name)
    if not target.exists():
        _write(target, content)
        digests[name] = shipped
        return f"{name}: copied again" if copied else f"{name}: copied"
    present = _digest(target.read_bytes()) if target.is_file() else None
    if present == shipped:
        digests[name] = shipped
        return ""
    if copied is not None and present == copied:
        _write(target, content)
        digests[name] = shipped
        return f"{name}: updated"
    if copied == shipped:
        return f"{name}: yours, kept"
    return f"{name}: yours, kept (there is a newer one: rename yours to get it)"


def _shipped() -> Iterator[tuple[str, bytes]]:
    """The course's files as a learner gets them: names relative to the folder, with "/", and contents."""
    source = _source()
    for path in sorted(source.rglob("*")):
        name = path.relative_to(source)
        if path.is_file() and not any(part.startswith((".", "__")) for part in name.parts):
            content = path.read_bytes()
            yield name.as_posix(), _unrun(content) if path.suffix == ".ipynb" else content


def _source() -> Path:
    """Where the notebooks are: inside the package once installed, at the top of a checkout before."""
    here = Path(__file__).resolve().parent
    for source in (here / "notebooks", here.parents[1] / "notebooks"):
        if (source / START).is_file():
            return source
    raise CourseError("the course's notebooks are missing from this installation of popsim: install it again")


def _unrun(content: bytes) -> bytes:
    """The notebook as it is before anybody ran it or solved it, spelled as Jupyter itself writes the file."""
    text = json.dumps(student_copy(json.loads(content)), ensure_ascii=False, indent=1, sort_keys=True)
    return text.encode() + b"\n"


def _read_record(folder: Path) -> dict[str, str]:
    """Name -> digest of each file as it was copied. Without a record every file there is the learner's."""
    try:
        record = json.loads((folder / RECORD).read_bytes())
    except (OSError, ValueError):
        return {}
    files = record.get("files") if isinstance(record, Mapping) else None
    if not isinstance(files, Mapping) or record.get("format") != RECORD_FORMAT:
        return {}
    return {name: digest for name, digest in files.items() if isinstance(digest, str)}


def _write_record(folder: Path, digests: Mapping[str, str]) -> None:
    record = {"format": RECORD_FORMAT, "files": digests}
    _write(folder / RECORD, json.dumps(record, indent=1, sort_keys=True).encode() + b"\n")


def _write(target: Path, content: bytes) -> None:
    """Write beside and rename: half a file after an interruption would pass for the learner's."""
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.new")
    beside.write_bytes(content)
    os.replace(beside, target)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
