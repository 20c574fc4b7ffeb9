"""``popsim serve``: mail on a socket, for real mail readers, until somebody ends it."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from popsim.cli.output import Output, output
from popsim.cli.values import EDITION, MAILS, MINIMAL, PORT, USERS, Trouble, chosen, known, mail_of, reading

if TYPE_CHECKING:
    import asyncio

    from popsim.mail.store import Store, User
    from popsim.sockets import Listener

_PORT = "Serve POP3 on this port; 0 takes one that is free."
_RECORD = "Save what happened, at the end; popsim show prints it. Of a long run, the first 64 MB are kept."
_THIS_MACHINE = ("127.", "::1")


@click.command()
@click.option("--pop3", "port", metavar="PORT", callback=PORT, required=True, help=_PORT)
@USERS
@MAILS
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@EDITION
@MINIMAL
@click.option("--record", metavar="FILE.jsonl", callback=reading(output(".jsonl")), help=_RECORD)
def serve(
    port: int,
    users: tuple[User, ...],
    mails: tuple[str, ...],
    host: str,
    edition: str | None,
    minimal: bool,
    record: Output | None,
) -> None:
    """Serve mail to any mail reader, until Ctrl-C.

    The mail is read and never written: what a client deletes is gone until the server stops, and no longer.
    A recording holds everything that crossed, passwords too.
    """
    import asyncio

    from popsim.mail.store import Store
    from popsim.protocols.pop3.table import POP3
    from popsim.sockets import CannotListen, Listener

    protocol = chosen(POP3, edition, minimal)
    people = known(users, protocol)
    held = mail_of(mails or ("inbox",), people, record)
    store = Store(people, {name: box for name, (_, box) in held.items()})
    listener = Listener(protocol, store, host, port)
    try:
        asyncio.run(_serve(listener, [*_told(store, {name: place for name, (place, _) in held.items()})], record))
    except CannotListen as error:
        raise Trouble(str(error)) from None


async def _serve(listener: Listener, told: Sequence[str], record: Output | None) -> None:
    import asyncio

    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    loop.set_exception_handler(_report)
    _on_signals(loop, stop)
    async with listener:
        # The first line, for programs; what is for people goes to stderr.
        click.echo(f"{listener.protocol.name} {listener.address}")
        for line in told:
            click.echo(line, err=True)
        if not listener.host.startswith(_THIS_MACHINE):
            click.echo("anybody who reaches this address can try to log in, and passwords cross in clear", err=True)
        await stop.wait()
    click.echo(_ended(listener), err=True)
    if record:
        # Still in the loop, where one more Ctrl-C does no harm.
        record.write(listener.timeline.save)
        full = ", all that it keeps of a long run" if listener.recording.full else ""
        click.echo(f"saved: {record.path} ({len(listener.timeline):,} events{full})", err=True)


def _on_signals(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # on Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))


def _report(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What went wrong with one connection; the others go on."""
    error = context.get("exception")
    reason = f": {type(error).__name__}: {error}" if error else ""
    click.echo(f"popsim serve: {context.get('message', 'a connection failed')}{reason}", err=True)


def _told(store: Store, places: dict[str, str]) -> Sequence[str]:
    """What is served, and that it is not written."""
    lines = []
    for name, account in store.accounts.items():
        count, size = len(account.maildrop), account.maildrop.octets
        where = f" ({places[name]})" if name in places else ""
        lines.append(f"{name}: {count:,} message{'s' * (count != 1)}, {size:,} octets{where}")
    return [*lines, "mail is read-only: deletions last until the server stops (Ctrl-C)"]


def _ended(listener: Listener) -> str:
    served = f"{listener.served:,} connection{'s' * (listener.served != 1)}"
    refused = f", {listener.refused:,} refused because there were too many at once" if listener.refused else ""
    return f"stopped after {served}{refused}"
