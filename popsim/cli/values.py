"""The values on a command line: each is read as it is given, and what is wrong with it is said in its words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeVar

import click

from popsim.mail import samples

if TYPE_CHECKING:
    from popsim.cli.output import Output
    from popsim.mail.collection import Mail
    from popsim.mail.store import User
    from popsim.protocols.protocol import Protocol


M = TypeVar("M")


class Trouble(click.ClickException):
    """The command line is understood, and what it wants can't be done here."""

    exit_code = 1


def reading(read: Callable[[str], Any]) -> Callable[[click.Context, click.Parameter, Any], Any]:
    """What makes values of the texts that are given; the ValueError of ``read`` is what the user gets to see."""

    def callback(context: click.Context, parameter: click.Parameter, given: Any) -> Any:
        try:
            if isinstance(given, tuple):
                return tuple(read(text) for text in given)
            return None if given is None else read(given)
        except (ValueError, OverflowError) as error:
            raise click.BadParameter(str(error), ctx=context, param=parameter) from None

    return callback


def whole_number(least: int, most: int, name: str) -> Callable[[str], int]:
    """What reads a whole number between two limits."""

    def read(text: str) -> int:
        # int() takes more than digits, and int("9" * 5000) raises a ValueError with words of its own.
        if not (text.isascii() and text.isdigit() and len(text) < 20 and least <= int(text) <= most):
            raise ValueError(f"expected {name} from {least} to {most}, got {text!r}")
        return int(text)

    return read


# What reads a value is imported when there is one to read: help and complaints come at once.


def _protocol(text: str) -> Protocol:
    from popsim.protocols import find

    return find(text)


def _delay(text: str) -> int:
    from popsim.wire.quantity import nanoseconds

    return nanoseconds(text)


def _rate(text: str) -> int:
    from popsim.wire.quantity import bits_per_second

    return bits_per_second(text)


def _user(text: str) -> User:
    from popsim.mail.store import User

    return User.parse(text)


def _policy(text: str) -> str:
    from popsim.mail.policy import Policy

    Policy.parse(text)
    return text


PROTOCOL = click.argument("protocol", callback=reading(_protocol))
EDITION = click.option(
    "--edition", metavar="RFC", help="The edition, by its RFC: 1460 or rfc1460.  [default: the newest]"
)
MINIMAL = click.option("--minimal", is_flag=True, help="Without the commands that the RFC calls optional.")
EXTENSIONS = click.option(
    "--extension",
    "extensions",
    multiple=True,
    metavar="RFC",
    help="An extension, by its RFC or what it is known by: 2449, CAPA, STLS, SASL, UTF8; or all.",
)
WITHOUT = click.option("--without", multiple=True, metavar="COMMAND", help="Without this command, such as TOP.")
POLICY = click.option(
    "--policy",
    "policies",
    multiple=True,
    metavar="WORD",
    callback=reading(_policy),
    help="What the site has decided: login-delay:60s, expire:30, no-plaintext, sasl:PLAIN and others.",
)
USERS = click.option(
    "--user",
    "users",
    multiple=True,
    metavar="NAME:SECRET",
    callback=reading(_user),
    help="Who has mail.  [default: alice:secret]",
)
MAILS = click.option(
    "--mail",
    "mails",
    multiple=True,
    metavar="MAIL",
    help=(
        f"An mbox file, a Maildir, a folder of .eml files, or sample mail: {', '.join(samples.NAMES)}. "
        "NAME:MAIL is another user's.  [default: inbox]"
    ),
)
DELAY = click.option(
    "--delay",
    metavar="TIME",
    default="20 ms",
    callback=reading(_delay),
    help="Of the line, one way.  [default: 20 ms]",
)
RATE = click.option(
    "--rate",
    metavar="RATE",
    callback=reading(_rate),
    help='Of the line, such as "1 Mbit/s".  [default: no limit]',
)
PORT = reading(whole_number(0, 65535, "a port"))
SEED = click.option(
    "--seed",
    metavar="N",
    default="1",
    callback=reading(whole_number(0, 10**18, "a whole number")),
    help="Where chance comes from.  [default: 1]",
)


def chosen(
    protocol: Protocol,
    edition: str | None,
    minimal: bool,
    extensions: Sequence[str] = (),
    without: Sequence[str] = (),
) -> Protocol:
    """The edition of a protocol that the options --edition, --extension, --minimal and --without ask for."""
    if edition is not None:
        protocol = _made("--edition", protocol.edition, edition)
    if extensions:
        wanted = () if "all" in extensions else extensions
        protocol = _made("--extension", protocol.extended, *wanted)
    if minimal:
        protocol = protocol.minimal()
    return _made("--without", protocol.without, *without)


def other(protocol: Protocol, text: str, minimal: bool) -> Protocol:
    """The edition that --against names, with the extensions that follow it: ``1939+2449``."""
    edition, *extensions = (word.strip() for word in text.split("+"))
    found = _made("--against", protocol.edition, edition)
    if extensions:
        found = _made("--against", found.extended, *(() if "all" in extensions else extensions))
    return found.minimal() if minimal else found


def _made(option: str, make: Callable[..., Protocol], *given: str) -> Protocol:
    """The protocol with what an option says; a complaint names the option."""
    try:
        return make(*given)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=f"'{option}'") from None


def known(given: Iterable[User], *protocols: Protocol) -> tuple[User, ...]:
    """The users, each of whom can log in by one of the protocols; the usual one where none is given.

    Raises:
        click.UsageError: two have one name, or one logs in by something that is no command.
    """
    from popsim.wire.scenario import DEFAULT_USER

    people: dict[str, User] = {}
    for user in given:
        if user.name in people:
            raise click.UsageError(f"there are two users {user.name!r}: give each a name of their own")
        if user.login and user.login not in {form.keyword for protocol in protocols for form in protocol.forms}:
            raise click.UsageError(
                f"user {user.name!r} is to log in by {user.login!r}, which is no command of "
                f"{' or '.join(map(str, protocols))}: "
                "expected NAME:SECRET or NAME:SECRET:COMMAND, with no colon in the secret"
            )
        people[user.name] = user
    return tuple(people.values()) or (DEFAULT_USER,)


def mail_of(
    texts: Iterable[str],
    people: Iterable[User],
    target: Output | None = None,
    read: Callable[[str, Output | None], Any] | None = None,
) -> dict[str, tuple[str, Any]]:
    """Each user's mail, by name, with what it was called.

    Args:
        texts: what was given: the name of a sample or a path, with ``NAME:`` before it if it is for another user than
            the first.
        people: who has mail.
        target: what is to be written, which must not be one of the files.
        read: what makes mail of a name and the target; by default :func:`mail`.
    """
    names = [user.name for user in people]
    found: dict[str, tuple[str, Any]] = {}
    for text in texts:
        name, colon, place = text.partition(":")
        if not colon or name not in names:
            name, place = names[0], text
        if name in found:
            raise click.UsageError(
                f"--mail {text!r}: {name} has mail already; for another user write --mail NAME:{place}"
            )
        found[name] = (place, (read or mail)(place, target))
    return found


def mail(text: str, target: Output | None = None) -> Mail:
    """The sample mail of that name, or the messages of the mail on the disk there."""
    from popsim.mail.boxes import read_mail

    if text in samples.NAMES:
        return samples.find(text)
    return on_disk(read_mail, text, target)


def on_disk(read: Callable[[str], M], text: str, target: Output | None = None) -> M:
    """What is read from a path; what is wrong with it is said in one line."""
    from popsim.mail.box import MailError

    if target and target.is_at(text):
        raise click.UsageError(f"{text!r} is the mail itself, which is never written: choose another name to save to")
    try:
        return read(text)
    except MailError as error:
        close = get_close_matches(text, samples.NAMES, 1)
        hint = f"did you mean {close[0]!r}? Sample mail" if close else "sample mail"
        raise Trouble(f"--mail: {error}; {hint} goes by the names {', '.join(samples.NAMES)}") from None
