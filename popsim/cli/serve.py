"""``popsim serve``: mail on sockets, for real mail readers, until somebody ends it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import click

from popsim.cli.lasting import OVERWRITE, check_new, complainer, stopper
from popsim.cli.output import Output, output
from popsim.cli.values import (
    EDITION,
    EXTENSIONS,
    MAILS,
    MINIMAL,
    POLICY,
    PORT,
    USERS,
    WITHOUT,
    Trouble,
    chosen,
    known,
    mail_of,
    on_disk,
    reading,
)
from popsim.mail import samples

if TYPE_CHECKING:
    from popsim.mail.box import Box
    from popsim.mail.collection import Mail
    from popsim.mail.store import Store, User
    from popsim.protocols.protocol import Protocol
    from popsim.sockets import Listener
    from popsim.sockets.credentials import Credentials
    from popsim.sockets.live_recording import LiveRecording
    from popsim.sockets.reception import Reception

_POP3 = "Serve POP3 on this port, with STLS; 0 takes one that is free. May be given more than once."
_POP3S = "Serve POP3 over TLS from the first octet on, on this port (the registered one is 995)."
_CERT = "The server's certificate, PEM.  [default: one that is made on the spot]"
_KEY = "Its private key, PEM, where that is not in the certificate's file."
_WRITE = "Remove from the disk what a client has deleted, when its session ends with QUIT."
_RECORD = "Write down what happens, as it happens: the whole timeline (.jsonl), or what crossed the wire (.pcapng)."
_complain = complainer("serve")
_THIS_MACHINE = ("127.", "::1")
_SUFFIXES = (".jsonl", ".pcapng")

_USUAL = (2449, 3206, 5034, 2595)
"""The extensions that are on where nobody says which. RFC 6856 is not: with it a message whose header has UTF-8 in it
is refused to a reader that has not sent UTF8, and most readers do not know that command."""


@click.command()
@click.option("--pop3", metavar="PORT", multiple=True, callback=PORT, help=_POP3)
@click.option("--pop3s", metavar="PORT", multiple=True, callback=PORT, help=_POP3S)
@USERS
@MAILS
@click.option("--write", is_flag=True, help=_WRITE)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--cert", "certificate", metavar="FILE", help=_CERT)
@click.option("--key", metavar="FILE", help=_KEY)
@EDITION
@EXTENSIONS
@MINIMAL
@WITHOUT
@POLICY
@click.option("--record", metavar="FILE", callback=reading(output(*_SUFFIXES)), help=_RECORD)
@OVERWRITE
def serve(
    pop3: tuple[int, ...],
    pop3s: tuple[int, ...],
    users: tuple[User, ...],
    mails: tuple[str, ...],
    write: bool,
    host: str,
    certificate: str | None,
    key: str | None,
    edition: str | None,
    extensions: tuple[str, ...],
    minimal: bool,
    without: tuple[str, ...],
    policies: tuple[str, ...],
    record: Output | None,
    overwrite: bool,
) -> None:
    """Serve mail to any mail reader, until Ctrl-C.

    Without --write the mail is read and never written: what a client deletes is gone until the server stops, and no
    longer. CAPA, response codes, AUTH and STLS are on unless --edition, --extension or --minimal say otherwise; UTF8
    and LANG come with --extension all. A recording holds everything that crossed, passwords and the keys of TLS too.
    """
    import asyncio

    from popsim.protocols.pop3.table import POP3
    from popsim.sockets import CannotListen, Listener
    from popsim.sockets.reception import Reception
    from popsim.sockets.recording import NOTHING

    if not pop3 and not pop3s:
        raise click.UsageError("nothing to listen on: give --pop3 PORT or --pop3s PORT, with 0 for one that is free")
    if record:
        check_new("--record", record, overwrite)
    plain = not (edition or extensions or minimal)
    protocol = chosen(POP3.extended(*_USUAL) if plain else POP3, edition, minimal, extensions, without)
    people = known(users, protocol)
    held = mail_of(mails or ("inbox",), people, record, _source)
    store = _store(people, held, write)
    pair = certificate, key
    credentials = _credentials(protocol, host, pair, is_needed=bool(pop3s), keeps_keys=record is not None)
    reception = Reception(store, protocol, policy=_policy(policies), bound=NOTHING, report=_complain)
    shared: dict[str, Any] = {"credentials": credentials, "reception": reception}
    listeners = [Listener(protocol, store, host, port, **shared) for port in pop3]
    listeners += [Listener(protocol, store, host, port, is_secure=True, **shared) for port in pop3s]
    told = _told(store, {name: place for name, (place, _) in held.items()})
    if credentials and certificate is None:
        told.append(f"certificate made on the spot, SHA-256 {credentials.fingerprint}")
    try:
        asyncio.run(_serve(listeners, reception, told, record, overwrite))
    except CannotListen as error:
        raise Trouble(str(error)) from None


def _source(text: str, target: Output | None) -> Mail | Box:
    """The sample mail of that name, or the box on the disk there."""
    import time

    from popsim.mail.boxes import box

    return samples.find(text) if text in samples.NAMES else on_disk(lambda path: box(path, time.sleep), text, target)


def _store(people: Sequence[User], held: dict[str, tuple[str, Any]], write: bool) -> Store:
    from popsim.mail.store import Store

    places = [os.path.realpath(os.path.expanduser(place)) for place, _ in held.values() if place not in samples.NAMES]
    if write and len(places) != len(set(places)):
        raise click.UsageError("--write: two users have the same mail; a mailbox that is written has one user")
    return on_disk(lambda _: Store(people, {name: box for name, (_, box) in held.items()}, write), "")


def _policy(words: Sequence[str]) -> Any:
    from popsim.mail.policy import Policy

    return Policy.parse(*words)


def _credentials(
    protocol: Protocol, host: str, pair: tuple[str | None, str | None], *, is_needed: bool, keeps_keys: bool
) -> Credentials | None:
    """What TLS needs, where it can come to be spoken."""
    certificate, key = pair
    from popsim.sockets.credentials import Credentials, without_handshake
    from popsim.tls import Certificate, TlsError, fresh_certificate

    if key and not certificate:
        raise click.UsageError("--key goes with --cert, the certificate that it belongs to")
    if not is_needed and not certificate and without_handshake(protocol) == protocol:
        return None
    try:
        if certificate is None:
            return Credentials(fresh_certificate(*dict.fromkeys(("localhost", "127.0.0.1", "::1", host))), keeps_keys)
        return Credentials(Certificate.read(certificate, key), keeps_keys)
    except OSError as error:
        raise Trouble(f"--cert: cannot read {str(error.filename)!r}: {error.strerror or error}") from None
    except (ValueError, TlsError) as error:
        raise Trouble(f"--cert: {error}") from None


async def _serve(
    listeners: Sequence[Listener], reception: Reception, told: Sequence[str], record: Output | None, replaces: bool
) -> None:
    stop = stopper(_complain)
    live = None
    async with AsyncExitStack() as open_ones:
        for listener in listeners:
            await listener.bind()
            open_ones.push_async_callback(listener.close)
        if record:
            live = _live(reception, listeners, record, replaces)
        for listener in listeners:
            await listener.start()
        # The first lines, one for each port, for programs; what is for people goes to stderr.
        for listener in listeners:
            click.echo(f"{listener.name} {listener.address}")
        for line in told:
            click.echo(line, err=True)
        if not listeners[0].host.startswith(_THIS_MACHINE):
            click.echo("anybody who reaches this address can try to log in, and passwords may cross in clear", err=True)
        await stop.wait()
    click.echo(_ended(reception), err=True)
    if live and not live.file.failed:
        live.close()
        click.echo(f"saved: {live.file.path} ({live.count:,} events)", err=True)


def _live(reception: Reception, listeners: Sequence[Listener], record: Output, replaces: bool) -> LiveRecording:
    places = ", ".join(listener.address for listener in listeners)
    try:
        return reception.record(record.path, f"{listeners[0].protocol} on {places}", replaces=replaces)
    except OSError as error:
        raise Trouble(f"--record: cannot write {os.fspath(record.path)!r}: {error.strerror or error}") from None


def _told(store: Store, places: dict[str, str]) -> list[str]:
    """What is served, and whether it is written."""
    lines = []
    for name, account in store.accounts.items():
        count, size = len(account.maildrop), account.maildrop.octets
        kind = f", {account.box.kind}" if account.box else ""
        where = f" ({places[name]}{kind})" if name in places else ""
        lines.append(f"{name}: {count:,} message{'s' * (count != 1)}, {size:,} octets{where}")
    if store.writes:
        return [*lines, "what a client deletes is removed from the disk when its session ends with QUIT"]
    return [*lines, "mail is read-only: deletions last until the server stops (Ctrl-C)"]


def _ended(reception: Reception) -> str:
    served = f"{reception.served:,} connection{'s' * (reception.served != 1)}"
    refused = f", {reception.refused:,} refused because there were too many at once" if reception.refused else ""
    return f"stopped after {served}{refused}"
