"""RPOP (RFC 1081 pp.11-12): who is let in is decided by whom the client's host is trusted with, and by its port."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from popsim import Lab, pop3, samples
from popsim.mail.collection import Mail
from popsim.mail.store import Store, User
from popsim.protocols import find
from popsim.protocols.services import service
from popsim.wire import run
from tests.sockets.running import served

OLD = pop3.edition(1081)
TRUSTING = ["mrose:hoopy:RPOP", "alice:secret"]


def test_in_a_lab_the_client_s_port_is_a_reserved_one() -> None:
    lab = Lab(OLD, users=TRUSTING, mail=samples.minimal())
    lab.run("USER mrose", "RPOP hoopy", "STAT")
    assert lab.state == "TRANSACTION"
    assert b"+OK 2 " in lab.timeline.stream(0, "server").split(b"\r\n")[3]
    assert run(lab.scenario).digest() == lab.timeline.digest()  # it is in the scenario, so it can be run again


def test_minimal_servers_know_no_rpop() -> None:
    """RFC 1081 p.13: RPOP is optional. Without it nobody who needs it can log in, and USER says so."""
    lab = Lab(OLD.minimal(), users=TRUSTING)
    lab.run("USER mrose")
    assert lab.state == "AUTHORIZATION"


@pytest.mark.parametrize(("port", "state"), [(1, "+OK"), (1023, "+OK"), (1024, "-ERR"), (0, "-ERR"), (50_000, "-ERR")])
def test_the_port_decides(port: int, state: str) -> None:
    store = Store([User.parse(TRUSTING[0])], {"mrose": Mail("one", samples.minimal())})
    serves = service(OLD, store, session=0, timestamp="", client_port=port)
    serves.handlers[OLD.form("USER name")](OLD.parse(b"USER mrose"))
    answer = serves.handlers[OLD.form("RPOP user")](OLD.parse(b"RPOP hoopy"))
    (rule,) = (
        rule
        for rule in OLD.outcomes(OLD.state("USER accepted"), OLD.form("RPOP user"))
        if rule.condition == answer.condition
    )
    assert rule.reply and rule.reply.mark == state


def test_nobody_else_speaks_it() -> None:
    """RFC 1460 took it out again: in every later edition it is an unknown command."""
    for number in find("pop3").editions:
        assert ("RPOP user" in [form.name for form in pop3.edition(number).forms]) == (number < 1460)


@pytest.mark.parametrize("reserved", [False, True])
def test_on_a_socket_the_port_is_the_client_s_own(tmp_path: Path, reserved: bool) -> None:
    with served("--edition", "1081", "--user", TRUSTING[0], "--mail", "minimal") as server:
        client = socket.create_connection(("127.0.0.1", server.port), 10, _reserved() if reserved else None)
        with client, client.makefile("rb") as heard:
            assert heard.readline().startswith(b"+OK")
            client.sendall(b"USER mrose\r\n")
            assert heard.readline().startswith(b"+OK")
            client.sendall(b"RPOP hoopy\r\n")
            assert heard.readline().startswith(b"+OK" if reserved else b"-ERR")


def _reserved() -> tuple[str, int]:
    """A free reserved port of this machine; only its administrator gets one."""
    for port in range(1023, 900, -1):
        try:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
            return "127.0.0.1", port
        except PermissionError:
            pytest.skip("only the administrator of this machine can use a reserved port")
        except OSError:
            continue
    pytest.skip("no reserved port is free")
