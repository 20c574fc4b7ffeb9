"""A JupyterLab started as `popsim lab` starts it, on a free port, with nothing of the user's in reach."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import psutil

STARTS_WITHIN = 60.0
ENDS_WITHIN = 20.0
TOKEN = "test"

LAUNCH = """
import sys
from popsim.course.folder import launch
sys.exit(launch(sys.argv[1], port=int(sys.argv[2]), browser=False, extra=sys.argv[3:]))
"""

EXTRA = (
    # A test speaks to the page's application.
    "--LabApp.expose_app_in_browser=True",
    # The extension manager stays off the network.
    "--LabApp.extension_manager=readonly",
    f"--IdentityProvider.token={TOKEN}",
)


class LabServer:
    """A running JupyterLab: `url`, the `folder` that it shows, and its `log`."""

    def __init__(self, folder: Path, home: Path) -> None:
        """Start it on `folder`; its configuration, kernels' history and caches go to `home`."""
        self.folder = folder
        self.log = home / "jupyterlab.log"
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", LAUNCH, str(folder), str(self.port), *EXTRA],
                env=environment(home),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def get(self, path: str) -> bytes:
        """What the server answers to a GET of `path` ("/api/status")."""
        return self._ask("GET", path)

    def end_kernels(self) -> None:
        """Shut down every kernel that is running."""
        for kernel in self.kernels():
            self._ask("DELETE", f"/api/kernels/{kernel['id']}")

    def kernels(self) -> list[dict[str, Any]]:
        """The kernels that are running now."""
        running: list[dict[str, Any]] = json.loads(self.get("/api/kernels"))
        return running

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it by a signal, and by force what does not end in time; return the launcher's exit code."""
        started = self._processes()
        self.process.send_signal(number)
        _, left = psutil.wait_procs(started, timeout=ENDS_WITHIN)
        for process in left:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                pass
        return self.process.wait(ENDS_WITHIN)

    def _ask(self, method: str, path: str) -> bytes:
        headers = {"Authorization": f"token {TOKEN}"}
        request = urllib.request.Request(self.url + path, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            body: bytes = answer.read()
            return body

    def _processes(self) -> list[psutil.Process]:
        """The launcher, the server and the kernels."""
        try:
            launcher = psutil.Process(self.process.pid)
            return [*launcher.children(recursive=True), launcher]
        except psutil.NoSuchProcess:
            return []

    def _wait(self) -> None:
        end = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < end and self.process.poll() is None:
            try:
                self.get("/api/status")
                return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        log = self.log.read_text()[-4000:]
        raise RuntimeError(f"JupyterLab did not come up in {STARTS_WITHIN:.0f} s:\n{log}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(home: Path) -> dict[str, str]:
    """The environment for a Jupyter whose configuration, data and history are in the folder `home`."""
    places = {
        "IPYTHONDIR": "ipython",
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
    }
    return {**os.environ, **{name: str(home / place) for name, place in places.items()}}
