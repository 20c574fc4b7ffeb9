"""What a fuzzing run begins with: one input for each thing that is to be found at once."""

from tests.fuzz.mail_seeds import seeds

LOGIN = b"USER alice\r\nPASS secret\r\n"
WORK = b"STAT\r\nLIST\r\nLIST 2\r\nUIDL\r\nUIDL 1\r\nTOP 2 1\r\nRETR 2\r\nDELE 1\r\nRSET\r\nDELE 3\r\nNOOP\r\nLAST\r\n"
SAID = (
    b"+OK POP3 server ready <1.1@popsim.example>\r\n+OK\r\n+OK\r\n+OK 2 300\r\n+OK\r\n1 120\r\n2 180\r\n.\r\n"
    b"+OK 120 octets\r\nSubject: a\r\n\r\n..\r\n.\r\n+OK\r\n1 abc\r\n.\r\n+OK\r\nSubject: a\r\n.\r\n+OK\r\nTOP\r\n.\r\n"
    b"+ \r\n+OK bye\r\n"
)

_POP3: dict[str, tuple[bytes, ...]] = {
    "server": (
        b"\x00" + LOGIN + WORK + b"QUIT\r\n",
        b"\x01CAPA\r\nSTLS\r\nUSER eve\r\n\xfe" + LOGIN + b"DELE 1\r\n\xfd",
        b"\x01AUTH PLAIN\r\n*\r\nAUTH PLAIN AGFsaWNlAHNlY3JldA==\r\nUTF8\r\nLANG\r\nLANG ro\r\n\xfc",
        b"\x06AUTH SCRAM-SHA-256 biwsbj1hbGljZSxyPXg=\r\n=\r\nAUTH CRAM-MD5\r\nYQ==\r\n",
        b"\x06AUTH LOGIN\r\nYWxpY2U=\r\nc2VjcmV0\r\n",
        b"\x03USER alice\r\nRPOP alice\r\n" + WORK,
        b"\x02APOP mrose c4c9334bac560ecc979e58001b3e22fb\r\nQUIT\r\n",
        b"\x00\n\n\r\r\n" + b"A" * 600 + b"\r\n\x00\x80\r\n",
    ),
    "client": (
        b"\x00" + SAID,
        b"\x01" + SAID.replace(b"+OK", b"-ERR", 3),
        b"\x01\xff".join(SAID.split(b"\r\n")),
        b"\x00+OK a\r\n+OK\r\n+OK\r\n+OK 1 9\r\n+OK\r\nab\r\ncd\r\n.\r\n+OK\r\n..a\r\n..\r\n.\r\n",
        b"\x00+ok\r\n-err\r\n\r\n+\r\n.\r\n..\r\n" + b"+OK" * 200,
    ),
    "dissector": (
        SAID[:45] + b"\xfe" + LOGIN + b"\xfe+OK\r\n+OK\r\n\xfe" + WORK,
        b"\xfe".join(SAID.splitlines(keepends=True)),
        b"+OK\r\n\xfeSTLS\r\n\xfe+OK\r\n\xfe\x16\x03\x01\x00\x05hello\xfe\x16\x03\x03\x00\x02hi\x17\x03\x03\x00\x01x",
        b"\xfc+OK 3\r\nlines\r\n.\r\n\xfeRETR 1\r\n\xfc\xfe+OK\r\nbody\r\n..\r\n.\r\n\xfeQUIT\r\n\xfe+OK\r\n",
        b"* OK IMAP4rev1 ready\r\n\xfea1 LOGIN x y\r\n\xfea1 OK\r\n",
    ),
}
_MORE = seeds()
SEEDS: dict[str, tuple[bytes, ...]] = {**_MORE, **{name: (*own, *_MORE.get(name, ())) for name, own in _POP3.items()}}
