"""The picture of traffic, drawn with matplotlib, which is loaded only when a picture is made."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

from popsim.views.palette import LIGHT, is_inner, tone
from popsim.views.traffic import Account, Stay
from popsim.views.wording import format_time

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, DPI = 9.0, 110
"""Inches and dots per inch: about 1000 dots, which a notebook shrinks to its own width."""

_INK, _SOFT = "#1c1c1c", "#595959"
_SETTINGS: dict[Any, Any] = {
    # All that a user's own matplotlibrc or style might have changed so that nothing could be read.
    "font.family": "DejaVu Sans",
    "font.size": 12,
    "text.color": _INK,
    "axes.edgecolor": _SOFT,
    "axes.facecolor": "white",
    "axes.labelcolor": _INK,
    "axes.grid": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "hatch.linewidth": 0.6,
    "text.usetex": False,
    "text.parse_math": False,
}
_LABELS = {"client": "client to server", "server": "server to client"}
_DASHES = {"client": (0, (4, 2)), "server": "solid"}
_WIDTHS = {"client": 2.2, "server": 2.6}


def drawn(account: Account) -> bytes:
    """The picture as a PNG. No state of matplotlib's own is touched."""
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with matplotlib.rc_context(_SETTINGS):
        bars = 0.62 + 0.46 * max(len(account.costs), 1)
        figure = Figure(figsize=(WIDTH, 4.5 + bars), dpi=DPI, layout="constrained", facecolor="white")
        FigureCanvasAgg(figure)
        above, below = figure.subplots(2, 1, height_ratios=[3.6, bars])
        _over_time(above, account)
        _by_command(below, account)
        figure.draw_without_rendering()  # lays out, so that the names of the states can be measured
        _states(above, account)
        out = BytesIO()
        figure.savefig(out, format="png")
        return out.getvalue()


# Octets over time


def _unit(account: Account) -> tuple[float, str]:
    return (1e9, "s") if account.duration >= 10_000_000_000 else (1e6, "ms")


def _over_time(axes: Axes, account: Account) -> None:
    unit, name = _unit(account)
    for end in ("server", "client"):
        line = account.sent[end]
        axes.step(
            [time / unit for time, _ in line],
            [count for _, count in line],
            where="post",
            color=LIGHT[end],
            linestyle=_DASHES[end],
            linewidth=_WIDTHS[end],
            label=f"{_LABELS[end]}: {line[-1][1]:,} octets",
            zorder=3,
        )
    top = max(line[-1][1] for line in account.sent.values())
    # Room above the lines, so that the names of the states stand on nothing but their bands.
    axes.set_ylim(0, max(top, 1) * 1.8)
    axes.set_xlim(0, max(account.duration, 1) / unit)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.set_xlabel(f"virtual time in {name}")
    axes.set_ylabel("octets sent so far")


def _slice(account: Account, connection: int) -> tuple[float, float]:
    """The part of the height that a connection's bands have: several connections share it, the first on top."""
    numbers = sorted({stay.connection for stay in account.stays})
    n, count = numbers.index(connection), len(numbers)
    return 1 - (n + 1) / count, 1 - n / count


def _states(axes: Axes, account: Account) -> None:
    """The server's states as bands behind the lines, with their names on them or, where there's no room, above."""
    from matplotlib.patches import Patch

    has_room = _have_room(axes, account)
    for stay in account.stays:
        _band(axes, account, stay, has_room)
    if has_room:
        for stay in account.stays:
            _name(axes, account, stay)
    else:
        for connection in sorted({stay.connection for stay in account.stays}):
            _number(axes, account, connection)
    handles, labels = axes.get_legend_handles_labels()
    if not has_room:
        times = account.times
        handles += [Patch(**_look(account, name, has_room)) for name in times]
        labels += [f"{name} {format_time(time)}" for name, time in times.items()]
    axes.legend(handles, labels, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, frameon=False)


_HATCHES = ("", "\\\\", "..", "//", "xx", "--", "oo")


def _look(account: Account, name: str, is_named: bool) -> dict[str, Any]:
    """How a state's band looks. Bands without a name on them each have a hatching of their own."""
    protocol, state = account.looks[name]
    face = LIGHT[tone(protocol, state)]
    if is_named:
        # A finer step within a state has that state's tint, and is told from it by dots.
        dots = ".." if is_inner(protocol, state) else None
        return {"facecolor": face, "hatch": dots, "edgecolor": "white"}
    hatch = _HATCHES[list(account.times).index(name) % len(_HATCHES)]
    return {"facecolor": face, "hatch": hatch or None, "edgecolor": "#8a8a8a"}


def _band(axes: Axes, account: Account, stay: Stay, is_named: bool) -> None:
    unit, _ = _unit(account)
    look = _look(account, stay.name, is_named)
    axes.axvspan(stay.start / unit, stay.end / unit, *_slice(account, stay.connection), linewidth=0.8, zorder=0, **look)


_UPRIGHT = 22.0
"""Dots that a name written upright takes."""
_LETTER = 12.5
"""Dots that a letter of a state's name takes, at most."""


def _edges(axes: Axes, account: Account, stay: Stay) -> tuple[float, float]:
    """Where a band begins and ends, in dots."""
    unit, _ = _unit(account)
    left, right = (axes.transData.transform((time / unit, 0))[0] for time in (stay.start, stay.end))
    return float(left), float(right)


def _have_room(axes: Axes, account: Account) -> bool:
    """Whether every band has room for its name; a band without width takes some beside it, after the last one."""
    if len({stay.connection for stay in account.stays}) > 1:
        return False
    free = 0.0
    for stay in account.stays:
        left, right = _edges(axes, account, stay)
        if left < free or stay.start < stay.end and right - left < _UPRIGHT:
            return False
        free = left + _UPRIGHT
    return bool(free <= axes.bbox.x1)


def _name(axes: Axes, account: Account, stay: Stay) -> None:
    left, right = _edges(axes, account, stay)
    words = stay.name if stay.start < stay.end else f"{stay.name}, {format_time(0)}"
    place = axes.transAxes.inverted().transform((left + 6, 0))[0]
    turn = 0 if right - left > _LETTER * len(words) else 90
    look: dict[str, Any] = {"fontsize": 11, "fontweight": "bold", "ha": "left", "va": "top"}
    axes.text(place, 0.975, words, transform=axes.transAxes, rotation=turn, zorder=4, **look)


def _number(axes: Axes, account: Account, connection: int) -> None:
    """Say which connection's bands these are, where several are shown: beside them, for the lines go up to the edge."""
    if len({stay.connection for stay in account.stays}) < 2:
        return
    bottom, top = _slice(account, connection)
    words, middle = f"connection {connection}", (bottom + top) / 2
    axes.text(1.01, middle, words, transform=axes.transAxes, ha="left", va="center", fontsize=10.5)


# Octets by command


def _by_command(axes: Axes, account: Account) -> None:
    rows = list(enumerate(account.costs))
    requests = [cost.requests for _, cost in rows]
    answers = [cost.answers for _, cost in rows]
    places = [float(n) for n, _ in rows]
    shape: dict[str, Any] = {"height": 0.38, "edgecolor": _INK, "linewidth": 0.8}
    upper = axes.barh([p - 0.2 for p in places], requests, color="#9fd0f0", hatch="////", **shape)
    lower = axes.barh([p + 0.2 for p in places], answers, color=LIGHT["server"], **shape)
    for bars, counts in ((upper, requests), (lower, answers)):
        axes.bar_label(bars, [f"{count:,}" if count else "" for count in counts], padding=4, fontsize=10.5)
    upper.set_label("requests")
    lower.set_label("answers")
    axes.set_yticks(places, [f"{c.command} ({c.times})" if c.times else c.command for _, c in rows])
    axes.margins(y=0.02)
    axes.invert_yaxis()
    axes.set_xlim(0, max([1, *requests, *answers]) * 1.12)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.set_xlabel("octets by command (how often it was sent)")
    if rows:
        axes.legend(loc="best", frameon=True, framealpha=1, edgecolor=_SOFT)
