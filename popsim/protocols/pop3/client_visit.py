"""What a POP3 mail reader brings home: see :mod:`popsim.engine.visit`, which all protocols share."""

from __future__ import annotations

from popsim.engine.visit import Ending as Ending
from popsim.engine.visit import Item as Item
from popsim.engine.visit import Keeper as Keeper
from popsim.engine.visit import Notes as Notes
from popsim.engine.visit import Progress as Progress
from popsim.engine.visit import Told as Told
from popsim.engine.visit import Visit as Visit
