"""Mail as exact octets: messages, collections of them, mailboxes and maildrops, sample mail and mail on the disk.

- `message`: one message, its size, its dot-stuffed form, its top; `header` reads its fields for people.
- `collection`: `Mail`, a named and ordered collection that never changes.
- `maildrop`: what waits for one user, as POP sees it: lock, numbers, marks, removal; `unique_ids` names the messages.
- `mailbox`: the same as IMAP sees it, with UIDs, flags and dates (`item`, `flags`); `contents` keeps both equal, and
  `open_mailbox` is what one of several sessions was told.
- `store`: the users of a server, each with an `account`: a `tree` of mailboxes, whose names are in `names`; the
  `ledger` numbers all messages.
- `policy`: what the site that runs a server has decided.
- `samples`: mail made for the lessons (`letters` has the texts, `compose` the octets, `picture` the cat).
- `boxes`: the one door to mail on the disk: `mbox` files (`mbox_text`), `maildir`, and `files`, folders of .eml.
- `rewrite`: how a change reaches an mbox: under the `lock` that other programs respect, or not at all.

Nothing here knows a protocol.
"""
