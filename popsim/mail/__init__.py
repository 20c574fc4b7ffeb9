"""Mail as exact octets: messages, collections of them, maildrops, sample mail and mbox files.

- `message`: one message, its size, its dot-stuffed form, its headers for display, its top.
- `collection`: `Mail`, a named and ordered collection that never changes.
- `maildrop`: the store of one user: lock, numbers, marks, unique-ids, removal.
- `unique_ids`: how a maildrop names its messages for ever.
- `samples`: mail made for the lessons (`letters` has the texts, `compose` the octets, `picture` the cat).
- `mbox`: reads a mail file of yours and never modifies it.

Nothing here knows a protocol.
"""
