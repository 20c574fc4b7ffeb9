"""What the course answers to a learner: a hint of one line, or a list of what was looked at and why."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from popsim.views.palette import framed
from popsim.views.rich import Rich

BLANK = ...
"""What stands in a learner's notebook where an answer is still to be written."""


@dataclass(frozen=True, repr=False)
class Hint(Rich):
    """One line for the learner, in place of an answer that cannot be looked at yet."""

    text: str

    def __str__(self) -> str:
        return self.text

    def html(self) -> str:
        return framed("popsim-feedback", _STYLE, f'<p class="hint">{_coded(self.text)}</p>')


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Args:
        what: the thing, such as ``reply`` or ``message 2``.
        wanted: what the learner said, or what the exercise asks for.
        came: what came.
        right: whether they agree.
    """

    what: str
    wanted: str
    came: str
    right: bool


@dataclass(frozen=True, repr=False)
class Feedback(Rich):
    """What was looked at, with the reasons.

    Args:
        title: one line above.
        said: lines of the session that it is about, as they are.
        wanted: the word over what was said or asked for.
        came: the word over what came.
        findings: what was looked at.
        reasons: sentences, each with the section that it comes from.
    """

    title: str
    said: tuple[str, ...]
    wanted: str
    came: str
    findings: tuple[Finding, ...]
    reasons: tuple[str, ...]

    @property
    def right(self) -> bool:
        """Whether everything that was looked at agrees."""
        return all(finding.right for finding in self.findings)

    def __str__(self) -> str:
        lines = [*([self.title] if self.title else []), *self.said]
        rows = [[f.what, f"{self.wanted} {f.wanted}", f"{self.came} {f.came}", _mark(f)] for f in self.findings]
        widths = [max(map(len, column), default=0) for column in zip(*rows, strict=True)]
        for row in rows:
            cells = [f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)]
            lines.append(("   " + "   ".join(cells)).rstrip())
        lines += [f"   {reason}" for reason in self.reasons]
        return "\n".join(lines)

    def html(self) -> str:
        said = f"<pre>{escape(chr(10).join(self.said))}</pre>" if self.said else ""
        title = f"<b>{_coded(self.title)}</b>" if self.title else ""
        head = "".join(f"<th scope=col>{escape(word)}</th>" for word in (self.wanted, self.came))
        rows = "".join(
            f'<tr class="{"right" if f.right else "wrong"}"><th scope=row>{escape(f.what)}</th>'
            f"<td>{escape(f.wanted)}</td><td>{escape(f.came)}</td><td><b>{_SIGN[f.right]} {_mark(f)}</b></td></tr>"
            for f in self.findings
        )
        table = f"<table class=findings><tr><td></td>{head}<td></td></tr>{rows}</table>" if rows else ""
        reasons = "".join(f"<p>{_coded(reason)}</p>" for reason in self.reasons)
        return framed("popsim-feedback", _STYLE, said + title + table + reasons)


_SIGN = {True: "\N{CHECK MARK}", False: "\N{BALLOT X}"}


def _mark(finding: Finding) -> str:
    return "right" if finding.right else "not so"


def _coded(text: str) -> str:
    """Escaped, with what stands between backticks set as code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if n % 2 else part for n, part in enumerate(parts))


_STYLE = """
.popsim-feedback{font:14px/1.5 var(--jp-ui-font-family,system-ui,sans-serif);border-left:3px solid var(--ps-soft);
 padding:2px 0 2px 12px}
.popsim-feedback pre{font:13px/1.5 var(--jp-code-font-family,ui-monospace,monospace);margin:0 0 6px;padding:0;
 white-space:pre-wrap;word-break:normal;overflow-wrap:anywhere;color:inherit;background:none}
.popsim-feedback .findings.findings{border-collapse:collapse;margin:4px 0 8px;font-size:inherit}
.popsim-feedback .findings.findings tr{background:none}
.popsim-feedback .findings.findings :is(th,td){padding:1px 20px 1px 0;text-align:left;border:0;background:none;
 vertical-align:top;max-width:none}
.popsim-feedback .findings.findings th[scope=col]{font-weight:400;color:var(--ps-soft)}
.popsim-feedback .findings.findings th[scope=row]{font-weight:600}
.popsim-feedback .right b{color:var(--ps-client)}
.popsim-feedback .wrong b{color:var(--ps-lost)}
.popsim-feedback p{margin:2px 0;max-width:60em}
.popsim-feedback p.hint{margin:4px 0}
"""
