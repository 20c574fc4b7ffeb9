"""The capabilities of IMAP's table, in the order in which a server lists them."""

from __future__ import annotations

from popsim.protocols.imap import extension_form_table as added
from popsim.protocols.imap import form_table as forms
from popsim.protocols.imap.state_table import NOT_AUTHENTICATED
from popsim.protocols.model import Capability

_MUST_LIST = "3501 §6.1.1; 9051 §6.1.1"

CAP_REV1 = Capability("IMAP4rev1", "the server speaks RFC 3501", "3501 §6.1.1")
CAP_REV2 = Capability("IMAP4rev2", "the server speaks RFC 9051", "9051 §6.1.1")
CAP_STARTTLS = Capability(
    "STARTTLS", "TLS can begin; not listed once it has", _MUST_LIST, forms.STARTTLS, NOT_AUTHENTICATED
)
CAP_LOGIN_DISABLED = Capability(
    "LOGINDISABLED", "no password may cross in clear: begin TLS first", "3501 §6.2.3; 9051 §6.2.3",
    only_in=NOT_AUTHENTICATED,
)  # fmt: skip
CAP_AUTH = Capability("AUTH=", "a mechanism of AUTHENTICATE; one for each", _MUST_LIST, forms.AUTHENTICATE)
CAP_SASL_IR = Capability(
    "SASL-IR", "AUTHENTICATE takes what the client says first", "4959 §3", added.AUTHENTICATE_INITIAL
)
CAP_LITERAL_PLUS = Capability("LITERAL+", "octets need not be asked for: {5+}", "7888 §3")
CAP_ENABLE = Capability("ENABLE", "the command is there", "5161 §3.1", added.ENABLE)
CAP_ID = Capability("ID", "the command is there", "2971 §3", added.ID)
CAP_IDLE = Capability("IDLE", "the command is there", "2177 §3", added.IDLE)
CAP_NAMESPACE = Capability("NAMESPACE", "the command is there", "2342 §4", added.NAMESPACE)
CAP_UIDPLUS = Capability(
    "UIDPLUS", "unique identifiers of what was copied or appended are told, and some can be removed", "4315 §1",
    added.UID_EXPUNGE,
)  # fmt: skip
CAP_UNSELECT = Capability("UNSELECT", "the command is there", "3691 §1", added.UNSELECT)
CAP_MOVE = Capability("MOVE", "the command is there", "6851 §3", added.MOVE)
CAP_SPECIAL_USE = Capability(
    "SPECIAL-USE", "a list tells what mailboxes are for, and can be of those alone that are for something", "6154 §2",
    added.LIST_EXTENDED,
)  # fmt: skip
CAP_ESEARCH = Capability("ESEARCH", "a search can give its highest, lowest or their number", "4731 §2",
                         added.SEARCH_RETURN)  # fmt: skip
CAP_CONDSTORE = Capability("CONDSTORE", "every change has a number, to ask and to store by", "7162 §3.1")

CAPABILITIES = (
    CAP_REV1, CAP_REV2, CAP_SASL_IR, CAP_LITERAL_PLUS, CAP_ENABLE, CAP_ID, CAP_IDLE, CAP_NAMESPACE,
    CAP_UIDPLUS, CAP_UNSELECT, CAP_MOVE, CAP_SPECIAL_USE, CAP_ESEARCH, CAP_CONDSTORE, CAP_STARTTLS,
    CAP_LOGIN_DISABLED, CAP_AUTH,
)  # fmt: skip
