"""IMAP2, the Interactive Mail Access Protocol of 1988: a page of history; its table only."""
