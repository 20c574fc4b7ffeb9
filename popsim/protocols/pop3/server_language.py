"""The language of a POP3 server's replies (RFC 6856 §3): texts for people, never what a program reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from popsim.engine.answer import Answer, Handler
from popsim.engine.framing import Listing
from popsim.protocols.model import ALWAYS, Form, Occurrence, Rule, Trigger, trigger_name
from popsim.protocols.pop3 import table
from popsim.protocols.pop3.server_session import Session
from popsim.protocols.request import Request

USUAL = "en"
"""The language of a server that nobody has asked for another, and the one that it prefers."""
_CATALOGUE = Path(__file__).with_name("languages.json")


@cache
def catalogue() -> Mapping[str, Any]:
    """Every language by its tag (RFC 5646): its name in itself, what is said when it is chosen, and the texts.

    A text stands under a command and a condition (``"RETR|message there"``) or under a condition alone.
    """
    return dict(json.loads(_CATALOGUE.read_text("utf-8")))


class Languages:
    """The language of one session.

    Args:
        session: what the parts of the session share.
        handlers: what is done for each trigger; once another language is chosen, what they say is put into it.
    """

    def __init__(self, session: Session, handlers: dict[Trigger, Handler]) -> None:
        self._session = session
        self._handlers = handlers
        self._plain: dict[Trigger, Handler] = {}
        self._texts: Mapping[str, str] = {}

    def handlers(self) -> dict[Trigger, Handler]:
        """What is done for each trigger."""
        return {table.LANG: self._list, table.LANG_RANGE: self._choose}

    def _list(self, _: Request) -> Answer:
        rows = "".join(f"{tag} {language['name']}\r\n" for tag, language in catalogue().items())
        words = self._texts.get(f"{table.LANG}|{ALWAYS}", "the languages that replies can be in")
        return Answer(ALWAYS, words.encode(), Listing(rows.encode()))

    def _choose(self, request: Request) -> Answer:
        wanted = request.text(0).lower()
        tag = USUAL if wanted == table.ANY_LANGUAGE.decode() else wanted
        language = catalogue().get(tag)
        if language is None:
            words = self._texts.get(table.LANGUAGE_UNKNOWN, f"known are {', '.join(catalogue())}")
            return Answer(table.LANGUAGE_UNKNOWN, words.encode())
        self._texts = language["texts"]
        self._plain = self._plain or {t: h for t, h in self._handlers.items() if t not in self.handlers()}
        for trigger, handler in self._plain.items():
            self._handlers[trigger] = self._put(trigger, handler) if self._texts else handler
        return Answer(table.LANGUAGE_KNOWN, f"{tag} {language['chosen']}".encode())

    def _put(self, trigger: Trigger, handler: Handler) -> Handler:
        """The handler whose text is in the language that is chosen, where the catalogue has it."""

        def handle(request: Request) -> Answer:
            answer = handler(request)
            keyword = trigger.keyword if isinstance(trigger, Form) else ""
            words = self._texts.get(f"{keyword}|{answer.condition}") or self._texts.get(answer.condition)
            if words is None:
                return answer
            code = self._session.codes.get(answer.condition, b"")
            return answer._replace(text=code + words.format_map(self._facts(request)).encode())

        return handle

    def _facts(self, request: Request) -> dict[str, object]:
        """What a text may speak of."""
        session = self._session
        first = request.arguments[0] if request.arguments else 0
        if session.account is None:
            return {"name": first.decode("utf-8", "replace") if isinstance(first, bytes) else "", "number": first}
        drop, size = session.drop, 0
        if isinstance(first, int) and first in drop.numbers():
            size = drop.message(first).size
        name = session.account.user.name
        return {
            "name": name, "number": first, "size": size,
            "count": drop.count, "octets": drop.total, "left": drop.count,
        }  # fmt: skip

    def refusal(self, rule: Rule, request: Request) -> bytes:
        """The words of a refusal that needs no handler, or none where the catalogue has none."""
        trigger = rule.trigger if isinstance(rule.trigger, Occurrence) else Occurrence.NOT_ALLOWED
        words = self._texts.get(trigger_name(trigger), "")
        return f"{request.keyword}: {words}".removeprefix(": ").encode() if words else b""
