"""The command reference as HTML: tables with captions, whose cells say which rows and columns they head."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from popsim.views.facts import ARGUMENTS, STAYS, Case, Entry, Facts, Outcome, Source
from popsim.views.palette import framed, tone
from popsim.views.table_style import table_style

_HEADINGS = ("condition", "reply", "what is sent", "the state that follows", "read in")


def reference_html(facts: Facts) -> str:
    """All facts of an edition, in one HTML element with its own styles."""
    states = [
        _table(heading, ((state.name, facts.described(state), source) for state, source in found))
        for heading, found in facts.places
    ]
    replies = ((reply.mark, reply.meaning, source) for reply, source in facts.replies)
    limits = ((limit.name, f"{limit.value} {limit.meaning}", source) for limit, source in facts.limits)
    parts = [
        f'<p class="title">{escape(facts.title)}</p>',
        *states,
        _table("Replies", replies),
        _table(ARGUMENTS, facts.arguments),
        *(_chapter(facts, heading, entries) for heading, entries in facts.chapters),
        *(_table(heading, rows) for heading, rows in facts.announced),
        _table("Limits", limits),
        _notes(facts),
    ]
    return framed("popsim-reference", table_style("popsim-reference", _STYLE), "".join(parts))


def _table(caption: str, rows: Iterable[tuple[str, str, Source]]) -> str:
    """Names, what they mean and where that was read; nothing where there are no rows."""
    found = [
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(meaning)}</td>{_cited(source)}</tr>'
        for name, meaning, source in rows
    ]
    head = '<th scope="col">name</th><th scope="col">meaning</th><th scope="col">read in</th>'
    return _captioned(caption, head, f"<tbody>{''.join(found)}</tbody>") if found else ""


def _chapter(facts: Facts, caption: str, entries: list[Entry]) -> str:
    head = "".join(f'<th scope="col">{heading}</th>' for heading in _HEADINGS)
    return _captioned(caption, head, "".join(f"<tbody>{''.join(_entry(facts, entry))}</tbody>" for entry in entries))


def _captioned(caption: str, head: str, body: str) -> str:
    return f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>{body}</table>"


def _entry(facts: Facts, entry: Entry) -> Iterator[str]:
    meaning = f' <span class="meaning">{escape(entry.meaning)}</span>' if entry.meaning else ""
    arguments = "".join(f'<div class="argument">{_argument(*argument)}</div>' for argument in entry.arguments)
    name = f"<code>{escape(entry.name)}</code>{meaning}{arguments}"
    span = len(_HEADINGS) if entry.source is None else len(_HEADINGS) - 1
    cited = _cited(entry.source) if entry.source else ""
    yield f'<tr class="entry"><th scope="rowgroup" colspan="{span}">{name}</th>{cited}</tr>'
    for case in entry.cases:
        yield f'<tr class="case"><th scope="rowgroup" colspan="{len(_HEADINGS)}">{_where(facts, case)}</th></tr>'
        for outcome in case.outcomes:
            yield _outcome(facts, outcome)


def _argument(name: str, note: str) -> str:
    return f"<code>{escape(name)}</code>: {escape(note)}"


def _where(facts: Facts, case: Case) -> str:
    before, after = case.around
    return f"{escape(before)} {', '.join(_state(facts, name) for name in case.states)}{escape(after)}"


def _outcome(facts: Facts, outcome: Outcome) -> str:
    next = STAYS if outcome.next == STAYS else f"&rarr; {_state(facts, outcome.next)}"
    head = f'<th scope="row">{escape(outcome.condition)}</th><td><code>{escape(outcome.mark)}</code></td>'
    rest = f"<td>{escape(outcome.sent)}</td><td>{next}</td>{_cited(outcome.source)}"
    return f'<tr class="outcome">{head}{rest}</tr>'


def _state(facts: Facts, name: str) -> str:
    """A state's name on the tint that the state has in all views."""
    return f'<span class="state" style="background:var(--ps-{tone(facts.protocol, name)})">{escape(name)}</span>'


def _cited(source: Source) -> str:
    note = f" <sup>[{source.note}]</sup>" if source.note else ""
    return f'<td class="source">{escape(source.full)}{note}</td>'


def _notes(facts: Facts) -> str:
    rows = "".join(f"<li>[{number}] {escape(where)}: {escape(note)}</li>" for number, where, note in facts.notes)
    return f'<p class="heading">Notes</p><ul>{rows}</ul>' if rows else ""


_STYLE = """
& table{width:100%;max-width:66em}
& .title{font-size:1.25em;font-weight:600;margin:.2em 0 .6em}
& .entry>*{border-top:1px solid color-mix(in srgb,var(--ps-soft) 40%,transparent);padding-top:.5em}
& .entry th>code{font-weight:700;font-size:1.05em}
& .meaning{padding-left:.8em}
& .argument{padding-left:2em}
& .case th{padding-left:2em;color:var(--ps-soft)}
& .outcome th{padding-left:4em}
& td.source{white-space:nowrap;color:var(--ps-soft);width:8.5em}
& sup{line-height:0}
& .heading{font-weight:600;font-size:1.07em;margin:.3em 0}
& ul{list-style:none;margin:0;padding:0;max-width:66em}
"""
