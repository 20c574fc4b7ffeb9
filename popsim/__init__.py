"""popsim: a laboratory for mail protocols that lives in a notebook.

The things that a lesson needs have short names here; everything else is reached from them. Each is loaded when
it is first asked for, so that ``import popsim`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from popsim.lab.lab import Lab
    from popsim.mail import samples
    from popsim.mail.boxes import read_mail
    from popsim.mail.mbox import read as read_mbox
    from popsim.mail.policy import Policy
    from popsim.protocols.pop3.table import POP3 as pop3
    from popsim.timeline.timeline import Timeline
    from popsim.views.difference import difference
    from popsim.views.player import player
    from popsim.wire.link import Link
    from popsim.wire.scenario import Scenario

__version__ = "0.3.0"

_NAMES = {
    "Lab": ("popsim.lab.lab", "Lab"),
    "Link": ("popsim.wire.link", "Link"),
    "Policy": ("popsim.mail.policy", "Policy"),
    "Scenario": ("popsim.wire.scenario", "Scenario"),
    "Timeline": ("popsim.timeline.timeline", "Timeline"),
    "difference": ("popsim.views.difference", "difference"),
    "player": ("popsim.views.player", "player"),
    "imap": ("popsim.protocols.imap.table", "IMAP"),
    "pop2": ("popsim.protocols.pop2.table", "POP2"),
    "pop3": ("popsim.protocols.pop3.table", "POP3"),
    "smtp": ("popsim.protocols.smtp.table", "SMTP"),
    "read_mail": ("popsim.mail.boxes", "read_mail"),
    "read_mbox": ("popsim.mail.mbox", "read"),
    "samples": ("popsim.mail.samples", ""),
}

__all__ = [
    "Lab",
    "Link",
    "Policy",
    "Scenario",
    "Timeline",
    "difference",
    "imap",
    "player",
    "pop2",
    "pop3",
    "read_mail",
    "read_mbox",
    "samples",
    "smtp",
]


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        raise AttributeError(f"popsim has {', '.join(_NAMES)}; not {name!r}")
    module, attribute = _NAMES[name]
    found = import_module(module)
    return getattr(found, attribute) if attribute else found


def __dir__() -> list[str]:
    return sorted([*globals(), *_NAMES])
