"""How a table of a view looks: alike in all of them, and not as a notebook's page would have it."""

from __future__ import annotations

_STYLE = """
&{padding:.2em .4em;overflow-x:auto}
& table{border-collapse:collapse;margin:0 0 1.2em;color:var(--ps-ink);border:none;table-layout:auto;font-size:.95em}
& caption{text-align:left;font-weight:600;font-size:1.12em;padding:.3em 0;color:var(--ps-ink)}
& th,& td{text-align:left;vertical-align:top;padding:.2em .8em .2em 0;border:none;font-weight:normal;line-height:1.45;
 max-width:none;white-space:normal}
& tr,& tbody tr:nth-child(odd),& tbody tr:nth-child(even),& tbody tr:hover{background:none;border:none}
& thead{border-bottom:1px solid var(--ps-soft)}
& thead th{color:var(--ps-soft);font-size:.92em;vertical-align:bottom}
& code{background:none;color:inherit;padding:0;font-family:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace}
& .state{color:var(--ps-ink);border-radius:.3em;padding:0 .35em;white-space:nowrap}
& p{margin:.15em 0}
"""


def table_style(name: str, rules: str = "") -> str:
    """The rules of all tables in a view, and more of its own.

    Args:
        name: the class of the view's element.
        rules: its own rules, with ``&`` for the view's element.
    """
    # Said twice, the class outweighs what JupyterLab says about the tables in an output.
    return (_STYLE + rules).replace("&", f".{name}.{name}")
