"""Mail as exact octets: messages, collections of them, maildrops, sample mail and mbox files.

- `message`: one message, its size, its dot-stuffed form, its top; `header` reads its fields for people.
- `collection`: `Mail`, a named and ordered collection that never changes.
- `maildrop`: what waits for one user: lock, numbers, marks, removal; `unique_ids` names the messages.
- `store`: the users of a server, each with a maildrop.
- `policy`: what the site that runs a server has decided.
- `samples`: mail made for the lessons (`letters` has the texts, `compose` the octets, `picture` the cat).
- `mbox`: reads a mail file of yours and never modifies it.

Nothing here knows a protocol.
"""
