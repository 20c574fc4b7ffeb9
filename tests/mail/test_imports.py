"""Mail and its samples load where there are no sockets, no threads and no numbers."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
for name in ("numpy", "matplotlib", "ssl", "socket", "threading"):
    sys.modules[name] = None
from popsim.mail import maildrop, samples
heavy = {"hashlib", "mailbox", "email", "email.header", "email.message", "difflib"} & set(sys.modules)
assert not heavy, heavy
drop = maildrop.Maildrop(samples.inbox())
session = drop.open(1)
print(len(drop), session.message(2).header("Subject"), session.message(1).uid)
print(samples.inbox().digest)
del sys.modules["threading"]  # the interpreter itself looks there when it ends
"""


def test_blocked_modules_are_not_needed() -> None:
    outputs = []
    for seed in ("1", "2"):
        outputs.append(
            subprocess.run(
                [sys.executable, "-X", "utf8", "-c", PROGRAM],
                env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
                capture_output=True, text=True, encoding="utf-8", check=False,
            )
        )  # fmt: skip
    assert [done.stderr for done in outputs] == ["", ""]
    assert outputs[0].stdout == outputs[1].stdout
    assert outputs[0].stdout.startswith("8 O plimbare prin Carpați: cabană, brânză și păpădii ")
