"""Mail as exact octets: messages, collections of them, maildrops, sample mail and mail on the disk.

- `message`: one message, its size, its dot-stuffed form, its top; `header` reads its fields for people.
- `collection`: `Mail`, a named and ordered collection that never changes.
- `maildrop`: what waits for one user: lock, numbers, marks, removal; `unique_ids` names the messages.
- `store`: the users of a server, each with a maildrop.
- `policy`: what the site that runs a server has decided.
- `samples`: mail made for the lessons (`letters` has the texts, `compose` the octets, `picture` the cat).
- `boxes`: the one door to mail on the disk: `mbox` files, and `files`, Maildirs and folders of .eml.
- `rewrite`: how a removal reaches an mbox: under the `lock` that other programs respect, or not at all.

Nothing here knows a protocol.
"""
