"""popsim's server for the loopback benchmarks: prints ``READY <port>`` and serves until it is ended.

Users small (5 messages of 2,000 octets), big (1 and 10 MB) and many (10,000 tiny messages); the password is secret.
Run it from this folder, with the folder of the benchmarks' ``samples`` module as its argument.
"""

from __future__ import annotations

import asyncio
import sys
from importlib import import_module

from popsim import pop3
from popsim.mail.collection import Mail
from popsim.mail.message import Message
from popsim.mail.store import Store, User
from popsim.sockets import Listener


def store(folder: str) -> Store:
    """The three users and their mail."""
    sys.path.insert(0, folder)
    samples = import_module("samples")
    mail = {
        "small": samples.maildrop(5, 2000),
        "big": [samples.message(1_000_000), samples.message(10_000_000)],
        "many": [b"Subject: x\n\nbody\n"] * 10_000,
    }
    drops = {name: Mail(name, [Message.of(m) for m in messages]) for name, messages in mail.items()}
    return Store([User(name, "secret") for name in drops], drops)


async def serve(folder: str) -> None:
    """Listen, say where, and stay."""
    async with Listener(pop3, store(folder)) as listener:
        print("READY", listener.port, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
