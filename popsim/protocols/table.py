"""A table: all rows of a protocol."""

from __future__ import annotations

from dataclasses import dataclass

from popsim.protocols.model import Capability, Code, Datum, Form, Limit, Reply, Rule, State, Word


@dataclass(frozen=True)
class Table:
    """All rows of a protocol, of every edition and extension.

    Args:
        name: the short name, such as ``pop3``.
        title: the name that people use, such as ``POP3``.
        port: the TCP port that the RFC names.
        secure_port: the TCP port on which TLS comes first (RFC 8314 §3), or 0.
        editions: the RFC numbers of the editions, the newest first.
        extensions: the RFC numbers of the extensions, in the order in which they are named.
        needs: for an extension, those without which it makes no sense, so that they come with it.
        obsolete: extensions that a later one has replaced; they are switched on by name only.
        capabilities: what a server can announce, in the order in which it does.
        codes: the codes in the text of replies.
        tagged: whether commands open with a tag that their completion repeats; then they may hold literals too.
        data: what a server may send without a tag.
        words: the words inside arguments that mean something by themselves.
        is_history: whether popsim has the table only: it is printed, compared and drawn, and never run.
        trims: whether white space at the end of a command's line is no part of it (RFC 5321 §4.1.1).
        client_states, client_rules: the machine of the client's end, where the protocol has one of its own.
    """

    name: str
    title: str
    port: int
    editions: tuple[int, ...]
    states: tuple[State, ...]
    forms: tuple[Form, ...]
    replies: tuple[Reply, ...]
    rules: tuple[Rule, ...]
    limits: tuple[Limit, ...] = ()
    extensions: tuple[int, ...] = ()
    secure_port: int = 0
    needs: tuple[tuple[int, tuple[int, ...]], ...] = ()
    obsolete: tuple[int, ...] = ()
    capabilities: tuple[Capability, ...] = ()
    codes: tuple[Code, ...] = ()
    tagged: bool = False
    data: tuple[Datum, ...] = ()
    words: tuple[Word, ...] = ()
    is_history: bool = False
    trims: bool = False
    client_states: tuple[State, ...] = ()
    client_rules: tuple[Rule, ...] = ()
