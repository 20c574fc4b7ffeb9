"""``popsim table`` and ``popsim diagram``: a protocol's table, as a text and as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from popsim.cli.output import Output, output
from popsim.cli.values import EDITION, EXTENSIONS, MINIMAL, PROTOCOL, WITHOUT, Trouble, chosen, other, reading

if TYPE_CHECKING:
    from popsim.protocols.protocol import Protocol
    from popsim.views.diagram import Diagram

_BY_DOT = (".png", ".pdf")


@click.command()
@PROTOCOL
@EDITION
@EXTENSIONS
@MINIMAL
@WITHOUT
@click.option(
    "--against",
    metavar="RFC",
    help="Print instead what came, went and changed from this to another edition: 1939, or 1939+2449 with an "
    "extension, 1939+all with all of them.",
)
def table(
    protocol: Protocol,
    edition: str | None,
    extensions: tuple[str, ...],
    minimal: bool,
    without: tuple[str, ...],
    against: str | None,
) -> None:
    """Print a protocol's commands and what each does in which state."""
    shown = chosen(protocol, edition, minimal, extensions, without)
    if against is not None:
        from popsim.views.difference import difference

        click.echo(str(difference(shown, other(protocol, against, minimal))))
        return
    from popsim.views.reference import reference

    click.echo(str(reference(shown)))


@click.command()
@PROTOCOL
@click.option(
    "-o",
    "--output",
    "target",
    metavar="FILE",
    callback=reading(output(".svg", ".dot", ".txt", *_BY_DOT)),
    help="Where to draw: .svg, .dot or .txt; .png and .pdf need Graphviz's dot.  [default: a text, on the terminal]",
)
@EDITION
@EXTENSIONS
@MINIMAL
@WITHOUT
@click.option("--no-inner", is_flag=True, help="Without the steps inside a state.")
def diagram(
    protocol: Protocol,
    target: Output | None,
    edition: str | None,
    extensions: tuple[str, ...],
    minimal: bool,
    without: tuple[str, ...],
    no_inner: bool,
) -> None:
    """Draw the states of a protocol, from its table."""
    from popsim.views.diagram import diagram as drawn

    picture = drawn(chosen(protocol, edition, minimal, extensions, without), inner=not no_inner)
    if target is None:
        click.echo(str(picture))
        return
    octets = _drawn(picture, target.path.suffix.lower())
    target.write(lambda path: path.write_bytes(octets))


def _drawn(picture: Diagram, suffix: str) -> bytes:
    """The picture as a file of that kind."""
    if suffix == ".txt":
        return f"{picture}\n".encode()
    if suffix == ".dot":
        return picture.dot.encode()
    if suffix in _BY_DOT:
        return _by_program(picture, suffix.removeprefix("."))
    from popsim.views.layouts import NoLayout

    try:
        return picture.svg.encode()
    except NoLayout as error:
        raise Trouble(str(error)) from None


def _by_program(picture: Diagram, kind: str) -> bytes:
    import graphviz

    try:
        return bytes(graphviz.Source(picture.dot).pipe(format=kind, quiet=True))
    except (graphviz.ExecutableNotFound, OSError):  # OSError: what is on the PATH can't be run
        raise Trouble(
            f".{kind} needs Graphviz's program dot, which is not on the PATH (Debian: apt-get install graphviz); "
            "without it there are .svg, .dot and .txt"
        ) from None
    except graphviz.CalledProcessError as error:
        raise Trouble(f"Graphviz's program dot could not draw it as .{kind}: {error}") from None
