"""``popsim lab``: the course, in JupyterLab."""

from __future__ import annotations

import errno

import click

from popsim.cli.values import PORT, Trouble


@click.command()
@click.argument("folder", default="popsim-course", required=False)
@click.option("--port", metavar="PORT", callback=PORT, help="Where JupyterLab listens.  [default: a free one]")
@click.option("--no-browser", is_flag=True, help="Print the address and open no browser.")
def lab(folder: str, port: int | None, no_browser: bool) -> None:
    """Open the course in JupyterLab.

    It is laid out in FOLDER (default: popsim-course). Files that you have changed stay as they are.
    """
    from popsim.course.folder import CourseError, launch, prepare

    if port:
        _check(port)
    try:
        for line in prepare(folder):
            click.echo(line)
        code = launch(folder, port=port, browser=not no_browser)
    except CourseError as error:
        raise Trouble(str(error)) from None
    raise click.exceptions.Exit(code)


def _check(port: int) -> None:
    """See that JupyterLab will be able to listen there; its own words for it are many."""
    import socket

    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as error:
        reason = "not permitted" if error.errno == errno.EACCES else "another program listens there"
        raise Trouble(f"--port {port}: {reason}; choose another one, or leave --port out") from None
