"""The scenario that a command line asks for: put together from its options, or handed in as a text."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import click
from click.core import ParameterSource

from popsim.cli.values import chosen, known, mail, mail_of
from popsim.mail import samples
from popsim.mail.collection import Mail
from popsim.mail.policy import Policy
from popsim.protocols import find
from popsim.wire import Action, Fault, Link, Scenario
from popsim.wire.mailroom import mail_name
from popsim.wire.quantity import MILLION

_HINT = 'expected a protocol and commands, such as: popsim run pop3 "USER alice" "PASS secret" STAT QUIT'


class Play(NamedTuple):
    """What is to be run.

    Args:
        scenario: the scenario.
        mail: the mail in it.
        places: where the mail is from that the scenario names by its digest alone.
    """

    scenario: Scenario
    mail: tuple[Mail, ...]
    places: tuple[str, ...]

    @property
    def again(self) -> str:
        """The command line that runs the same once more."""
        text = str(self.scenario)
        quoted = f'"{text}"' if not set('"$`\\!') & set(text) else shlex.quote(text)
        return shlex.join(["popsim", "run", *(word for place in self.places for word in ("--mail", place))]) + (
            f" --scenario {quoted}"
        )


def assembled(protocol: str | None, commands: Sequence[str], mails: Sequence[str], given: dict[str, Any]) -> Play:
    """The scenario of a protocol's name, commands and options.

    Raises:
        click.ClickException: something in them is wrong.
    """
    if protocol is None:
        raise click.UsageError(f"nothing to run: {_HINT}")
    try:
        spoken = find(protocol)
    except ValueError as error:
        raise click.UsageError(f"{error}; {_HINT}") from None
    spoken = chosen(spoken, given["edition"], given["minimal"], given["extensions"], given["without"])
    people = known(given["users"], spoken)
    held = mail_of(mails or ("inbox",), people, given["save"])
    scenario = Scenario(
        protocol=spoken.name,
        edition=spoken.number,
        minimal=spoken.is_minimal,
        extensions=spoken.enabled,
        without=spoken.omitted,
        policy=Policy.parse(*given["policies"]),
        users=people,
        mail=tuple((name, mail_name(box)) for name, (_, box) in held.items()),
        link=Link(given["delay"], given["rate"], loss=given["loss"] / MILLION, jitter=given["jitter"]),
        tls=given["tls"],
        seed=given["seed"],
        actions=tuple(_each(Action.parse, commands, "COMMAND")),
        faults=tuple(_each(Fault.parse, given["faults"], "--fault")),
    )
    places = [place for place, box in held.values() if mail_name(box) not in samples.NAMES]
    return Play(_checked(scenario), tuple(box for _, box in held.values()), tuple(places))


def handed_in(context: click.Context, text: str, mails: Sequence[str]) -> Play:
    """The scenario that a text holds.

    Args:
        context: where the other options are, which have no place beside a scenario.
        text: the scenario.
        mails: the paths of the mail that it names by digest.

    Raises:
        click.ClickException: the text is no scenario, or mail is missing.
    """
    for parameter in context.command.params:
        name = parameter.name or ""
        is_given = context.get_parameter_source(name) is ParameterSource.COMMANDLINE and context.params[name]
        if is_given and name not in ("scenario", "mails", "save"):
            what = max(parameter.opts, key=len) if isinstance(parameter, click.Option) else repr(context.params[name])
            raise click.UsageError(f"--scenario says everything: leave out {what}")
    try:
        scenario = Scenario.parse(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="'--scenario'") from None
    boxes = tuple(mail(place, context.params["save"]) for place in mails)
    held = {mail_name(box) for box in boxes} | set(samples.NAMES)
    for user, name in scenario.mail:
        if name not in held:
            got = f"; what was given is {', '.join(map(mail_name, boxes))}" if boxes else ""
            raise click.UsageError(
                f"the scenario needs the mail of {user!r} with the digest {name}: give its mbox with --mail PATH{got}"
            )
    return Play(_checked(scenario), boxes, tuple(mails))


def _checked(scenario: Scenario) -> Scenario:
    """The scenario, whose mail and faults are about its users."""
    names = [user.name for user in scenario.users]
    wanted = [("mail", user) for user, _ in scenario.mail]
    wanted += [(f"the fault {str(fault)!r}", fault.who) for fault in scenario.faults if fault.kind == "keep"]
    for what, user in wanted:
        if user not in names:
            raise click.UsageError(f"{what} is for {user!r}, and the users are {', '.join(names)}")
    return scenario


def _each(read: Any, texts: Iterable[str], hint: str) -> list[Any]:
    """What the texts mean."""
    found = []
    for text in texts:
        try:
            found.append(read(_escaped(text)))
        except (ValueError, OverflowError) as error:
            raise click.BadParameter(f"{error}", param_hint=f"'{hint}'") from None
    return found


def _escaped(text: str) -> str:
    """A word of the command line in which octets that are no UTF-8 are written as a scenario writes them."""
    return "".join(f"\\x{ord(c) - 0xDC00:02x}" if 0xDC80 <= ord(c) <= 0xDCFF else c for c in text)
