"""The player's text twin: one moment of a session in words, pane by pane, from what the browser gets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from popsim.timeline import Step
from popsim.timeline.event import (
    ENDPOINTS,
    SERVER,
    TO_COME,
    delivered_key,
    flags_key,
    lock_key,
    mailbox_key,
    mark_key,
    rule_key,
    sent_key,
    state_key,
)
from popsim.views.player.record import Happening, Record
from popsim.views.wording import format_octets, format_time, printable

AROUND = 12
"""How many steps before and after the present one the ladder's text lists."""
_ROW = 16


def moment(record: Record, steps: Sequence[Step], step: int, future: bool = True) -> str:
    """What the player shows at a step.

    Args:
        record: what the browser has.
        steps: the places to stop at.
        step: which of them, counted from 1; 0 is the beginning.
        future: whether the ladder shows what comes after the step.
    """
    place = steps[step - 1] if step else Step(-1, -1)
    event = record.events[place.event] if step else None
    connection = event.connection if event else 0
    values = record.at(place.index)
    blocks = [
        [str(record.head["title"]), status(record, steps, step), *_rule(record, values, connection)],
        ["Ladder", *_ladder(record, steps, step, future)],
        ["Octets", *_octets(record, event)],
        *(["Maildrop of " + user, *_maildrop(record, user, values)] for user in record.head["mail"]),
        ["Traffic", *_traffic(values, connection)],
    ]
    return "\n\n".join("\n".join([block[0], *block[1:]]) for block in blocks)


def status(record: Record, steps: Sequence[Step], step: int) -> str:
    """The player's status line."""
    place = steps[step - 1] if step else Step(-1, -1)
    event = record.events[place.event] if step else None
    what = sentence(record, event) if event else "nothing has happened yet"
    time = format_time(record.events[place.index].time if step else 0)
    connection = event.connection if event else 0
    state = state_words(record, _state(record, record.at(place.index), connection), connection)
    return f"Step {step} of {len(steps)} \N{MIDDLE DOT} {time} \N{MIDDLE DOT} {what} \N{MIDDLE DOT} state {state}"


def _state(record: Record, values: Mapping[str, Any], connection: int) -> str:
    return str(values.get(state_key(connection, ENDPOINTS[SERVER]), record.head["start"]))


def sentence(record: Record, event: Happening) -> str:
    """An event in words, with its connection where there are several."""
    several = len(record.connections) > 1
    return f"connection {event.connection}: {event.label}" if several else event.label


def state_words(record: Record, name: str, connection: int) -> str:
    """A state with its section: ``TRANSACTION (RFC 1939 §5)``; an inner one after its outer one."""
    state = record.states(connection).get(name, {"outer": name, "reference": ""})
    full = name if state["outer"] == name else f"{state['outer']}, {name}"
    return f"{full} ({state['reference']})" if state["reference"] else full


def _rule(record: Record, values: Mapping[str, Any], connection: int) -> Iterator[str]:
    state = _state(record, values, connection)
    if meaning := record.states(connection).get(state, {}).get("meaning"):
        yield f"  {meaning}"
    if rule := record.rule(connection, str(values.get(rule_key(connection, "server")))):
        yield f"  rule: {rule_words(rule)}"


def rule_words(rule: Mapping[str, str]) -> str:
    """A rule as a sentence."""
    reply = f" {rule['reply']}," if rule["reply"] else ""
    source = f" ({rule['reference']})" if rule["reference"] else ""
    condition = f" ({rule['condition']})" if rule["condition"] else ""
    return f"in {rule['state']}, {rule['trigger']}{condition}:{reply} then {rule['to']}{source}"


def _ladder(record: Record, steps: Sequence[Step], step: int, future: bool) -> Iterator[str]:
    first, last = max(step - AROUND, 1), min(step + AROUND, len(steps)) if future else step
    width = len(str(last))
    if first > 1:
        yield f"  ... {first - 1} before"
    for number in range(first, last + 1):
        place = steps[number - 1]
        event = record.events[place.event]
        here = ">" if number == step else " "
        fate = record.fate(place.event) if future else ""
        note = _new_state(record, place) + (f" ({fate})" if fate else "")
        yield f"{here} {number:>{width}}  {format_time(event.time):>10}  {sentence(record, event)}{note}"
    if future and last < len(steps):
        yield f"  ... {len(steps) - last} after"


def _new_state(record: Record, place: Step) -> str:
    """The states that the session enters within a step."""
    event = record.events[place.event]
    key = state_key(event.connection, ENDPOINTS[SERVER])
    within = [(e.values or {}).get(key) for e in record.events[place.event : place.index + 1]]
    return "".join(f"; now {state}" for state in within if state)


def _octets(record: Record, event: Happening | None) -> Iterator[str]:
    if event is None or event.message < 0:
        yield "  none"
        return
    message = record.messages[event.message]
    ends = [ENDPOINTS[message["sender"]], ENDPOINTS[1 - message["sender"]]]
    yield f"  {' to '.join(ends)}, {format_octets(message['length'])}: {message['title']}"
    for start, end, name, meaning, reference in message["parts"]:
        source = f" ({reference})" if reference else ""
        if name:
            yield f"  {name}: {meaning}{source}" if meaning else f"  {name}{source}"
        yield from _dump(message, start, end)


def _dump(message: Mapping[str, Any], start: int, end: int) -> Iterator[str]:
    """The hex and text of a part, as far as the player has its octets."""
    head, tail, length = message["head"], message["tail"], message["length"]
    gap = (len(head), length - len(tail))
    for first, last in ((start, min(end, gap[0])), (max(start, gap[1]), end)):
        if first == max(start, gap[1]) and tail and start < gap[1] and end > gap[0]:
            yield f"    ... {format_octets(min(end, gap[1]) - max(start, gap[0]))} not shown"
        for place in range(first, last, _ROW):
            piece = octets_between(message, place, min(place + _ROW, last))
            pairs = " ".join(_pair(message, place + n, c) for n, c in enumerate(piece))
            text = "".join(c if " " <= c <= "~" else "\N{MIDDLE DOT}" for c in piece)
            yield f"    {place:>5}  {pairs:<{3 * _ROW}} {text}".rstrip()
        if not tail:
            return


def _pair(message: Mapping[str, Any], place: int, character: str) -> str:
    """An octet in two hexadecimal digits; of a secret one there are two asterisks."""
    first, last = message["hidden"]
    return "**" if first <= place < last else f"{ord(character):02x}"


def octets_between(message: Mapping[str, Any], start: int, end: int) -> str:
    """Octets of a message that lie in its head or in its tail, a character each."""
    head, tail = str(message["head"]), str(message["tail"])
    place = message["length"] - len(tail)
    return head[start:end] if end <= len(head) else tail[start - place : end - place]


def _maildrop(record: Record, user: str, values: Mapping[str, Any]) -> Iterator[str]:
    holder = values.get(lock_key(user))
    yield f"  locked by connection {holder}" if holder is not None else "  not locked"
    for number, size, uid, sender, subject, *first in record.head["mail"][user]:
        mark = values.get(mark_key(user, number), "")
        if mark == TO_COME:
            continue
        who, what = printable(str(sender).encode()), printable(str(subject).encode())
        flags = values.get(flags_key(user, number)) or ""
        mailbox = values.get(mailbox_key(user, number), first[0] if first else "") or ""
        more = "".join(
            f"  [{word}]" for word in (flags, f"in {printable(str(mailbox).encode())}" if mailbox else "") if word
        )
        yield f"  {number:>3} {mark:<7} {size:>9,}  {uid}  {who}: {what}{more}"


def _traffic(values: Mapping[str, Any], connection: int) -> Iterator[str]:
    for endpoint in ENDPOINTS:
        sent = int(values.get(sent_key(connection, endpoint), 0))
        arrived = delivered_key(connection, endpoint)
        come = int(values.get(arrived, 0))
        flying = f", {sent - come:,} on the way" if sent > come else ""
        known = f", {come:,} arrived{flying}" if arrived in values or not sent else ""
        yield f"  from the {endpoint}: {format_octets(sent)} sent{known}"
