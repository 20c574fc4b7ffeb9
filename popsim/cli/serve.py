"""``popsim serve``: mail on sockets, for real mail readers, until somebody ends it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import click

from popsim.cli.lasting import OVERWRITE, check_new, complainer, stopper
from popsim.cli.output import Output, output
from popsim.cli.ports import domain_name, ports, spoken, with_ports
from popsim.cli.values import (
    MAILS,
    POLICY,
    USERS,
    Trouble,
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

_CERT = "The server's certificate, PEM.  [default: one that is made on the spot]"
_KEY = "Its private key, PEM, where that is not in the certificate's file."
_WRITE = (
    "Write to the disk what clients change: what POP deletes, when its session ends with QUIT; what IMAP adds, flags, "
    "moves and removes, and what SMTP delivers, at once. An mbox and .eml files hold no flags, and no folders."
)
_DOMAIN = "The name under which SMTP takes mail, beside localhost.  [default: popsim.example]"
_RECORD = "Write down what happens, as it happens: the whole timeline (.jsonl), or what crossed the wire (.pcapng)."
_complain = complainer("serve")
_THIS_MACHINE = ("127.", "::1")
_SUFFIXES = (".jsonl", ".pcapng")


@click.command()
@with_ports
@USERS
@MAILS
@click.option("--write", is_flag=True, help=_WRITE)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--domain", metavar="NAME", default="", callback=reading(domain_name), help=_DOMAIN)
@click.option("--cert", "certificate", metavar="FILE", help=_CERT)
@click.option("--key", metavar="FILE", help=_KEY)
@POLICY
@click.option("--record", metavar="FILE", callback=reading(output(*_SUFFIXES)), help=_RECORD)
@OVERWRITE
def serve(
    users: tuple[User, ...],
    mails: tuple[str, ...],
    write: bool,
    host: str,
    domain: str,
    certificate: str | None,
    key: str | None,
    editions: tuple[str, ...],
    extensions: tuple[str, ...],
    minimal: bool,
    without: tuple[str, ...],
    policies: tuple[str, ...],
    record: Output | None,
    overwrite: bool,
    **given: tuple[int, ...],
) -> None:
    """Serve mail to any mail program, until Ctrl-C: one store behind all protocols.

    Without --write the mail is read and never written: what a client deletes, flags or adds is so until the server
    stops, and no longer. The usual extensions are on unless --edition, --extension or --minimal say otherwise; UTF8
    and LANG of POP3 come with --extension all. A recording holds everything that crossed, passwords and the keys of
    TLS too.
    """
    import asyncio

    from popsim.sockets import CannotListen, Listener
    from popsim.sockets.credentials import without_handshake
    from popsim.sockets.reception import Reception
    from popsim.sockets.recording import NOTHING

    wanted = ports(given)
    if record:
        check_new("--record", record, overwrite)
    names = list(dict.fromkeys(port.protocol for port in wanted))
    protocols = spoken(names, editions, extensions, minimal, without)
    people = known(users, *protocols.values())
    held = mail_of(mails or ("inbox",), people, record, _source)
    store = _store(people, held, write)
    pair, secure = (certificate, key), any(port.secure for port in wanted)
    credentials = _credentials(protocols.values(), host, pair, is_needed=secure, keeps_keys=record is not None)
    first = protocols[names[0]] if credentials else without_handshake(protocols[names[0]])
    reception = Reception(store, first, policy=_policy(policies), bound=NOTHING, report=_complain, domain=domain)
    shared: dict[str, Any] = {"credentials": credentials, "reception": reception}
    listeners = [
        Listener(protocols[port.protocol], store, host, port.number, is_secure=port.secure, **shared) for port in wanted
    ]
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
    import time

    from popsim.mail.store import Store

    places = [os.path.realpath(os.path.expanduser(place)) for place, _ in held.values() if place not in samples.NAMES]
    if write and len(places) != len(set(places)):
        raise click.UsageError("--write: two users have the same mail; a mailbox that is written has one user")
    mail = {name: box for name, (_, box) in held.items()}
    # Other programs may change the mail between two runs: then no UID of the first is one of the second.
    return on_disk(lambda _: Store(people, mail, write, uid_validity=int(time.time())), "")


def _policy(words: Sequence[str]) -> Any:
    from popsim.mail.policy import Policy

    return Policy.parse(*words)


def _credentials(
    protocols: Iterable[Protocol], host: str, pair: tuple[str | None, str | None], *, is_needed: bool, keeps_keys: bool
) -> Credentials | None:
    """What TLS needs, where it can come to be spoken."""
    certificate, key = pair
    from popsim.sockets.credentials import Credentials, without_handshake
    from popsim.tls import Certificate, TlsError, fresh_certificate

    if key and not certificate:
        raise click.UsageError("--key goes with --cert, the certificate that it belongs to")
    if not is_needed and not certificate and all(without_handshake(protocol) == protocol for protocol in protocols):
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
    places = {protocol: [one.address for one in listeners if one.protocol == protocol] for protocol in _each(listeners)}
    title = "; ".join(f"{protocol} on {', '.join(addresses)}" for protocol, addresses in places.items())
    try:
        return reception.record(record.path, title, replaces=replaces)
    except OSError as error:
        raise Trouble(f"--record: cannot write {os.fspath(record.path)!r}: {error.strerror or error}") from None


def _each(listeners: Sequence[Listener]) -> list[Protocol]:
    return list(dict.fromkeys(listener.protocol for listener in listeners))


def _told(store: Store, places: dict[str, str]) -> list[str]:
    """What is served, and whether it is written."""
    lines = []
    for name, account in store.accounts.items():
        count, size = len(account.maildrop), account.maildrop.octets
        kind = f", {account.box.kind}" if account.box else ""
        where = f" ({places[name]}{kind})" if name in places else ""
        lines.append(f"{name}: {count:,} message{'s' * (count != 1)}, {size:,} octets{where}")
    if store.writes:
        return [*lines, "what clients change is written to the disk; what POP deletes, when its session ends with QUIT"]
    return [*lines, "the disk is never written: what clients change lasts until the server stops (Ctrl-C)"]


def _ended(reception: Reception) -> str:
    served = f"{reception.served:,} connection{'s' * (reception.served != 1)}"
    refused = f", {reception.refused:,} refused because there were too many at once" if reception.refused else ""
    return f"stopped after {served}{refused}"
