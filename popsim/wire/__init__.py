"""The simulated wire: a clock, a link, what can go wrong, and the runs of scenarios."""

from popsim.wire.faults import Fault
from popsim.wire.fork import fork
from popsim.wire.link import Link
from popsim.wire.scenario import Action, Edit, Scenario
from popsim.wire.simulation import NotConnected, Simulation, run

__all__ = ["Action", "Edit", "Fault", "Link", "NotConnected", "Scenario", "Simulation", "fork", "run"]
