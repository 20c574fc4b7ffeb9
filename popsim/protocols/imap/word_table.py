"""The words of IMAP's table, all that its ends and its rules refer to.

States, replies, commands, conditions, items, keys, data and codes are spelled in the modules that are gathered here,
and nowhere else in the package.
"""

# ruff: noqa: F403
from __future__ import annotations

from popsim.protocols.imap.capability_table import *
from popsim.protocols.imap.condition_table import *
from popsim.protocols.imap.data_table import *
from popsim.protocols.imap.extension_form_table import *
from popsim.protocols.imap.form_table import *
from popsim.protocols.imap.item_table import *
from popsim.protocols.imap.state_table import *
