"""POP1: a page of history; its table only."""
