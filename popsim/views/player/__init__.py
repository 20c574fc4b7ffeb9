"""The player: steps through a timeline, with the state, the messages, the octets, the maildrop and the traffic."""

from popsim.views.player.player import Player, player

__all__ = ["Player", "player"]
