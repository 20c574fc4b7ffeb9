"""A Dovecot of one's own: loopback only, free ports, its own users and mail, ended with the block that began it.

    with dovecot(tmp, {"alice": "secret"}) as server:
        server.deliver("alice", b"Subject: one\\r\\n\\r\\ntext\\r\\n")
        poplib.POP3("127.0.0.1", server.port)
    with dovecot(tmp, {"alice": "secret"}, imap=True) as server:
        imaplib.IMAP4("127.0.0.1", server.imap_port)

It needs no user of its own on the machine: as root its parts run as root's usual stand-ins, else as the user who runs
the tests.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from popsim.tls import Certificate, fresh_certificate
from tests.programs import require_program

PATIENCE = 20.0
_NOBODY = 65534


class Dovecot:
    """A server that runs.

    Args:
        folder: its configuration, its logs and its mail.
        port: where it speaks POP3, with STLS.
        secure_port: where it speaks POP3 after a TLS handshake.
        imap_port: where it speaks IMAP, with STARTTLS; 0 where it was not asked to.
        secure_imap_port: where it speaks IMAP after a TLS handshake; 0 where it was not asked to.
        certificate: its own, for 127.0.0.1 and localhost.
        process: the process that the tests started.
    """

    def __init__(
        self, folder: Path, ports: tuple[int, int, int, int], certificate: Certificate, process: subprocess.Popen[bytes]
    ) -> None:
        self.folder = folder
        self.port, self.secure_port, self.imap_port, self.secure_imap_port = ports
        self.certificate, self.process = certificate, process
        self.authority = folder / "certificate.pem"
        """A file that says whom to trust."""
        self._delivered = 0

    def deliver(self, user: str, octets: bytes) -> Path:
        """Put a message into a user's Maildir, its octets as they are, and return its file."""
        self._delivered += 1
        name = f"{1_000_000_000 + self._delivered}.M{self._delivered}.judge"
        box = self.folder / "mail" / user / "Maildir"
        for part in ("cur", "new", "tmp"):
            (box / part).mkdir(parents=True, exist_ok=True)
        aside, place = box / "tmp" / name, box / "new" / name
        aside.write_bytes(octets)
        _give(self.folder / "mail" / user)
        aside.rename(place)
        return place

    def messages(self, user: str) -> list[bytes]:
        """What a user's Maildir holds, in the order of delivery."""
        box = self.folder / "mail" / user / "Maildir"
        found = [path for part in ("new", "cur") for path in (box / part).glob("*")]
        return [path.read_bytes() for path in sorted(found, key=lambda path: path.name)]

    @property
    def log(self) -> str:
        """What it has written down."""
        path = self.folder / "log"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def stop(self) -> None:
        """End it, by its process id, and wait for its end."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(PATIENCE)


@contextmanager
def dovecot(people: Mapping[str, str] | None = None, *, imap: bool = False, **settings: str) -> Iterator[Dovecot]:
    """A Dovecot with these users; skips the test where there is none.

    Args:
        people: passwords by user name; by default alice's is ``secret``. They are stored in clear, so every mechanism
            works.
        imap: whether it speaks IMAP as well.
        settings: further lines of its configuration, such as ``pop3_enable_last="yes"``.
    """
    program = require_program("dovecot", "/usr/sbin/dovecot", package="dovecot-pop3d")
    _require_version(program)
    if imap:
        _require_imap()
    # Not pytest's folder: the names of its sockets would get too long, and other users can't enter it.
    # In memory where that is offered: it makes and removes many small files.
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK | os.X_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="popsim-dovecot-", dir=memory))
    folder.chmod(0o755)
    try:
        ports = _free_ports(imap)
        certificate = fresh_certificate("localhost", "127.0.0.1", "::1")
        (folder / "certificate.pem").write_text(certificate.certificate, encoding="ascii")
        (folder / "key.pem").write_text(certificate.key, encoding="ascii")
        (folder / "key.pem").chmod(0o600)
        known = {"alice": "secret"} if people is None else people
        passwords = "".join(f"{name}:{{PLAIN}}{password}::::::\n" for name, password in known.items())
        (folder / "users").write_text(passwords, encoding="utf-8")
        for name in known:
            (folder / "mail" / name).mkdir(parents=True)
        _give(folder / "mail")
        configuration = folder / "dovecot.conf"
        configuration.write_text(_configuration(folder, ports, settings), encoding="utf-8")
        with (folder / "out").open("wb") as out:
            process = subprocess.Popen(
                [program, "-F", "-c", str(configuration)], stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )
        server = Dovecot(folder, ports, certificate, process)
        try:
            _wait(server)
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _configuration(folder: Path, ports: tuple[int, int, int, int], settings: Mapping[str, str]) -> str:
    port, secure_port, imap_port, secure_imap_port = ports
    own = _own()
    chroot = "" if os.getuid() == 0 else "chroot ="
    parts = "".join(f"service {name} {{\n  {chroot}\n}}\n" for name in ("stats", "ipc"))
    return f"""
protocols = pop3{" imap" if imap_port else ""}
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
listen = 127.0.0.1
{own}
mail_location = maildir:{folder}/mail/%u/Maildir
mail_fsync = never
first_valid_uid = 1
first_valid_gid = 1
ssl = yes
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/key.pem
ssl_min_protocol = TLSv1.2
disable_plaintext_auth = no
auth_mechanisms = plain login cram-md5 scram-sha-256 apop
auth_failure_delay = 0
pop3_uidl_format = %08Xu%08Xv
mail_max_userip_connections = 100
{"".join(f"{name} = {text}" + chr(10) for name, text in settings.items())}
passdb {{
  driver = passwd-file
  args = {folder}/users
}}
userdb {{
  driver = static
  args = uid={_mail_owner()[0]} gid={_mail_owner()[1]} home={folder}/mail/%u
}}
service anvil {{
  {chroot}
  # Without it a refused login makes all further ones wait.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service pop3-login {{
  {chroot}
  service_count = 0
  inet_listener pop3 {{
    port = {port}
  }}
  inet_listener pop3s {{
    port = {secure_port}
    ssl = yes
  }}
}}
service pop3 {{
  service_count = 0
}}
{_imap(chroot, imap_port, secure_imap_port) if imap_port else ""}
{parts}"""


def _imap(chroot: str, port: int, secure_port: int) -> str:
    """The part that speaks IMAP; as for POP3, one process serves all that come."""
    return f"""
service imap-login {{
  {chroot}
  service_count = 0
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {secure_port}
    ssl = yes
  }}
}}
service imap {{
  service_count = 0
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
"""


def _own() -> str:
    """Whom its parts run as: a machine where the tests run as root has Debian's users for that."""
    if os.getuid() == 0:
        return ""
    import grp
    import pwd

    user, group = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
    lines = ("default_login_user", user), ("default_internal_user", user), ("default_internal_group", group)
    return "\n".join(f"{name} = {text}" for name, text in lines)


def _mail_owner() -> tuple[int, int]:
    """Who owns the mail: Dovecot lets nobody read mail as root."""
    return (os.getuid(), os.getgid()) if os.getuid() else (_NOBODY, _NOBODY)


def _give(folder: Path) -> None:
    """Give a folder to the owner of the mail."""
    if os.getuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, *_mail_owner())


def _require_version(program: str) -> None:
    import pytest

    done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=PATIENCE)
    version = done.stdout.split(" ")[0].strip()
    if not version.startswith("2.3."):
        pytest.skip(f"the configuration here is for Dovecot 2.3, and this is {version}: its settings have other names")


def _require_imap() -> None:
    """Its part for IMAP is another package, and stands where no PATH leads."""
    where = os.pathsep.join(("/usr/lib/dovecot", "/usr/libexec/dovecot", "/usr/local/libexec/dovecot"))
    if shutil.which("imap-login", path=where) is None:
        require_program("imap-login", package="dovecot-imapd")


def _free_ports(imap: bool) -> tuple[int, int, int, int]:
    with ExitStack() as held:
        taken = [0, 0, 0, 0]
        for place in range(4 if imap else 2):
            one = held.enter_context(socket.socket())
            one.bind(("127.0.0.1", 0))
            taken[place] = one.getsockname()[1]
    first, second, third, fourth = taken
    return first, second, third, fourth


def _wait(server: Dovecot) -> None:
    """Wait until it greets."""
    end = time.monotonic() + PATIENCE
    ports = [port for port in (server.port, server.imap_port) if port]
    while ports:
        try:
            with socket.create_connection(("127.0.0.1", ports[0]), 5) as one:
                if one.recv(100).startswith((b"+OK", b"* OK")):
                    ports.pop(0)
                    continue
        except OSError:
            pass
        if server.process.poll() is not None or time.monotonic() > end:
            said = (server.folder / "out").read_text(errors="replace")
            raise AssertionError(f"Dovecot did not come up: {said}{server.log}")
        time.sleep(0.05)
