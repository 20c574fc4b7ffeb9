"""Captures built by hand for the tests, header by header from the RFCs: nothing of popsim's own writer is in them."""

from collections.abc import Iterable
from ipaddress import ip_address
from struct import pack

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
CLIENT, SERVER = ("192.0.2.7", 50_000), ("192.0.2.1", 110)
CLIENT_6, SERVER_6 = ("2001:db8::7", 50_000), ("2001:db8::1", 110)
End = tuple[str, int]


def tcp(
    source: End, target: End, seq: int, ack: int = 0, flags: int = ACK, data: bytes = b"", options: bytes = b""
) -> bytes:
    """A TCP segment; its checksum is 0, as in captures on a machine whose network card makes the checksums."""
    offset = (20 + len(options)) // 4 << 4
    head = pack("!HHIIBBHHH", source[1], target[1], seq % 2**32, ack % 2**32, offset, flags, 1024, 0, 0)
    return head + options + data


def ip(
    source: End, target: End, payload: bytes, *, total: int | None = None, fragment: int = 0, name: int = 1
) -> bytes:
    """An IPv4 or IPv6 packet with TCP in it."""
    a, b = ip_address(source[0]).packed, ip_address(target[0]).packed
    if len(a) == 16:
        return pack("!IHBB", 6 << 28, len(payload), 6, 64) + a + b + payload
    length = 20 + len(payload) if total is None else total
    return pack("!BBHHHBBH", 0x45, 0, length, name, fragment, 64, 6, 0) + a + b + payload


def ethernet(packet: bytes, tags: bytes = b"") -> bytes:
    kind = b"\x86\xdd" if packet[0] >> 4 == 6 else b"\x08\x00"
    return b"\2\0\0\0\0\1" + b"\2\0\0\0\0\2" + tags + kind + packet


def cooked(packet: bytes) -> bytes:
    kind = b"\x86\xdd" if packet[0] >> 4 == 6 else b"\x08\x00"
    return pack("!HHH8s", 0, 1, 6, b"\2\0\0\0\0\1\0\0") + kind + packet


def cooked_2(packet: bytes) -> bytes:
    kind = b"\x86\xdd" if packet[0] >> 4 == 6 else b"\x08\x00"
    return kind + pack("!HIHBB8s", 0, 1, 1, 0, 6, b"\2\0\0\0\0\1\0\0") + packet


def loopback(packet: bytes, order: str) -> bytes:
    return pack(order + "I", 30 if packet[0] >> 4 == 6 else 2) + packet


Timed = tuple[int, bytes]  # nanoseconds, octets


def pcap(frames: Iterable[Timed], link: int = 1, order: str = "<", nano: bool = False, snap: int = 0) -> bytes:
    unit = 1 if nano else 1000
    found = pack(order + "IHHiIII", 0xA1B23C4D if nano else 0xA1B2C3D4, 2, 4, 0, 0, snap or 65535, link)
    for time, octets in frames:
        seen = octets[:snap] if snap else octets
        found += pack(order + "IIII", time // 10**9, time % 10**9 // unit, len(seen), len(octets)) + seen
    return found


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    body += b"\0" * (-len(body) % 4)
    length = pack(order + "I", len(body) + 12)
    return pack(order + "I", kind) + length + body + length


def option(code: int, value: bytes, order: str = "<") -> bytes:
    return pack(order + "HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def section(order: str = "<", options: bytes = b"") -> bytes:
    return block(0x0A0D0D0A, pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1) + options, order)


def interface(link: int = 1, order: str = "<", options: bytes = b"", snap: int = 0) -> bytes:
    return block(1, pack(order + "HHI", link, 0, snap) + options, order)


def enhanced(units: int, octets: bytes, number: int = 0, order: str = "<") -> bytes:
    head = pack(order + "IIIII", number, units >> 32, units & 0xFFFFFFFF, len(octets), len(octets))
    return block(6, head + octets, order)


def pcapng(frames: Iterable[Timed], link: int = 1, order: str = "<") -> bytes:
    packets = [enhanced(time, octets, order=order) for time, octets in frames]
    return section(order) + interface(link, order, option(9, b"\x09", order)) + b"".join(packets)


def session(client: End = CLIENT, server: End = SERVER, at: int = 10**18, initial: int = 1000) -> list[Timed]:
    """The IP packets of a short session, a microsecond and a nanosecond apart: handshake, two lines each way, close."""
    c, s = initial, initial + 7000
    steps = [
        (client, server, tcp(client, server, c, 0, SYN, options=b"\2\4\5\xb4")),
        (server, client, tcp(server, client, s, c + 1, SYN | ACK, options=b"\2\4\5\xb4")),
        (client, server, tcp(client, server, c + 1, s + 1)),
        (server, client, tcp(server, client, s + 1, c + 1, PSH | ACK, b"+OK hello\r\n")),
        (client, server, tcp(client, server, c + 1, s + 12, PSH | ACK, b"QUIT\r\n")),
        (server, client, tcp(server, client, s + 12, c + 7, PSH | ACK, b"+OK bye\r\n")),
        (server, client, tcp(server, client, s + 21, c + 7, FIN | ACK)),
        (client, server, tcp(client, server, c + 7, s + 22, FIN | ACK)),
        (server, client, tcp(server, client, s + 22, c + 8)),
    ]
    return [(at + n * 1001, ip(a, b, segment)) for n, (a, b, segment) in enumerate(steps)]
