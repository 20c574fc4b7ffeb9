"""Capture files of every kind that is read, and files that are none."""

import gzip
from collections.abc import Callable
from pathlib import Path
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from popsim import Timeline
from popsim.capture.conversation import Conversation
from popsim.capture.file import conversations, read
from popsim.timeline import TimelineError
from tests.capture import frames
from tests.capture.frames import enhanced, interface, option, section

SAID = [b"QUIT\r\n", b"+OK hello\r\n+OK bye\r\n"]
START = 10**18


@pytest.fixture
def opened(tmp_path: Path) -> Callable[[bytes], list[Conversation]]:
    def read_octets(octets: bytes) -> list[Conversation]:
        path = tmp_path / "session.capture"
        path.write_bytes(octets)
        return conversations(path)

    return read_octets


Opened = Callable[[bytes], list[Conversation]]
LINKS: list[tuple[int, Callable[[bytes], bytes]]] = [
    (1, frames.ethernet),
    (1, lambda packet: frames.ethernet(packet, b"\x81\x00\x00\x05")),
    (1, lambda packet: frames.ethernet(packet, b"\x88\xa8\x00\x07\x81\x00\x00\x05")),
    (1, lambda packet: frames.ethernet(packet) + b"\0" * 6),  # the padding of a short frame
    (0, lambda packet: frames.loopback(packet, "<")),
    (0, lambda packet: frames.loopback(packet, ">")),
    (108, lambda packet: frames.loopback(packet, ">")),
    (113, frames.cooked),
    (276, frames.cooked_2),
    (101, bytes),
    (12, bytes),
]


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("number", range(len(LINKS)))
def test_every_link_type(opened: Opened, number: int, version: int) -> None:
    link, framed = LINKS[number]
    ends = (frames.CLIENT, frames.SERVER) if version == 4 else (frames.CLIENT_6, frames.SERVER_6)
    timed = [(time, framed(packet)) for time, packet in frames.session(*ends)]
    for octets in (frames.pcap(timed, link, nano=True), frames.pcapng(timed, link)):
        [found] = opened(octets)
        assert [found.stream(end) for end in (0, 1)] == SAID
        assert (found.client, found.server, found.port) == (
            ("192.0.2.7:50000", "192.0.2.1:110", 110)
            if version == 4
            else ("[2001:db8::7]:50000", "[2001:db8::1]:110", 110)
        )
        assert (found.begun, found.ending, found.gaps, found.epoch) == (True, "closed", [], START)
        assert [(seen.time, seen.what) for seen in found.segments] == [
            (n * 1001, what) for n, what in enumerate("SYN,SYN ACK,ACK,data,data,data,FIN,FIN,ACK".split(","))
        ]


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("nano", [False, True])
def test_both_byte_orders_and_both_units_of_time(opened: Opened, order: str, nano: bool) -> None:
    unit = 1 if nano else 1000
    [found] = opened(frames.pcap(frames.session(), 101, order, nano))
    assert [seen.time for seen in found.segments] == [n * 1001 // unit * unit for n in range(9)]
    assert [found.stream(end) for end in (0, 1)] == SAID
    [found] = opened(frames.pcapng(frames.session(), 101, order))
    assert [seen.time for seen in found.segments] == [n * 1001 for n in range(9)]


@pytest.mark.parametrize(
    ("options", "units", "time"),
    [
        (b"", 5_000_000, 5 * 10**9),  # microseconds where nothing is said
        (option(9, b"\x03"), 5_000, 5 * 10**9),
        (option(9, b"\x8a"), 5 * 1024, 5 * 10**9),  # parts of two: 1/1024 s
        (option(9, b"\x09") + option(14, pack("<q", 100)), 7, 100 * 10**9 + 7),
        (option(2, b"eth0") + option(9, b"\x09") + option(0, b"") + option(9, b"\x00"), 7, 7),
    ],
)
def test_an_interface_says_what_its_times_mean(opened: Opened, options: bytes, units: int, time: int) -> None:
    packet = frames.session()[0][1]
    [found] = opened(section() + interface(101, options=options) + enhanced(units, packet))
    assert found.epoch == time


def test_several_sections_and_interfaces(opened: Opened) -> None:
    packets = frames.session()
    little = section() + interface(101, options=option(9, b"\x09")) + interface(1, options=option(9, b"\x09"))
    big = section(">") + interface(113, ">", option(9, b"\x09", ">"))
    octets = little
    for n, (time, packet) in enumerate(packets[:5]):
        octets += enhanced(time, frames.ethernet(packet) if n % 2 else packet, n % 2)
    octets += frames.block(5, b"\0" * 12) + big + frames.block(4, b"\0" * 4, ">")  # statistics and names: passed over
    for time, packet in packets[5:]:
        octets += enhanced(time, frames.cooked(packet), order=">")
    [found] = opened(octets)
    assert [found.stream(end) for end in (0, 1)] == SAID
    assert [seen.time for seen in found.segments] == [n * 1001 for n in range(9)]


def test_simple_and_old_packets(opened: Opened) -> None:
    octets = section() + interface(101, options=option(9, b"\x09"))
    for n, (time, packet) in enumerate(frames.session()):
        if n % 2:
            octets += frames.block(3, pack("<I", len(packet)) + packet)
        else:
            octets += frames.block(
                2, pack("<HHIIII", 0, 0, time >> 32, time & 0xFFFFFFFF, len(packet), len(packet)) + packet
            )
    [found] = opened(octets)
    assert [found.stream(end) for end in (0, 1)] == SAID
    assert [seen.time for seen in found.segments] == [n // 2 * 2002 for n in range(9)]


def test_a_frame_that_is_cut_off_leaves_a_gap(opened: Opened, tmp_path: Path) -> None:
    timed = [(time, frames.ethernet(packet)) for time, packet in frames.session()]
    path = tmp_path / "cut.pcap"
    path.write_bytes(frames.pcap(timed, snap=14 + 20 + 20 + 4))
    found = read(path)
    [one] = found.conversations
    assert [one.stream(end) for end in (0, 1)] == [b"QUIT", b"+OK +OK "]
    assert one.gaps == [(0, 4, 6), (1, 4, 11), (1, 15, 20)]
    assert found.notes == ["3 packets were not captured whole: what is missing of them is a gap"]


def test_a_packet_that_the_network_card_was_to_cut_has_no_length_yet(opened: Opened) -> None:
    data = b"x" * 9000
    packet = frames.ip(frames.CLIENT, frames.SERVER, frames.tcp(frames.CLIENT, frames.SERVER, 1, 1, data=data), total=0)
    [found] = opened(frames.pcap([(START, frames.ethernet(packet))]))
    assert found.stream(0) == data and found.gaps == []


def test_fragments_are_put_together(opened: Opened, tmp_path: Path) -> None:
    data = bytes(range(65, 91)) * 4
    whole = frames.tcp(frames.CLIENT, frames.SERVER, 1001, 1, data=data)
    parts = [(0, whole[:64], True), (64, whole[64:96], True), (96, whole[96:], False)]
    sent = [
        frames.ip(frames.CLIENT, frames.SERVER, part, fragment=start // 8 | 0x2000 * more)
        for start, part, more in parts
    ]
    path = tmp_path / "fragments.pcap"
    path.write_bytes(frames.pcap([(START + n, packet) for n, packet in enumerate([sent[2], sent[0], sent[1]])], 101))
    found = read(path)
    assert found.conversations[0].stream(0) == data and found.notes == []
    path.write_bytes(frames.pcap([(START + n, packet) for n, packet in enumerate(sent[:2])], 101))
    found = read(path)
    assert found.conversations == []
    assert found.notes == ["1 packet came in fragments of which some are missing"]


def test_ipv6_with_headers_before_tcp(opened: Opened) -> None:
    timed = []
    for time, packet in frames.session(frames.CLIENT_6, frames.SERVER_6):
        more = b"\x3c\0" + b"\1\4\0\0\0\0" + b"\x2c\0" + b"\1\4\0\0\0\0" + b"\6\0\0\0\0\0\0\1"
        length = int.from_bytes(packet[4:6]) + len(more)
        timed.append((time, packet[:4] + pack("!HBB", length, 0, 64) + packet[8:40] + more + packet[40:]))
    [found] = opened(frames.pcap(timed, 101))
    assert [found.stream(end) for end in (0, 1)] == SAID


def test_other_packets_are_passed_over(opened: Opened, tmp_path: Path) -> None:
    others = [
        b"",
        b"\2" * 13,
        b"\2" * 12 + b"\x08\x06" + b"\0" * 28,  # ARP
        frames.ethernet(b"\x45" + b"\0" * 8 + b"\x11" + b"\0" * 30),  # UDP
        frames.ethernet(b"\x41" + b"\0" * 30),
        frames.ethernet(b"\x60" + b"\0" * 10),
        frames.ethernet(frames.ip(frames.CLIENT, frames.SERVER, b"\0" * 7)),
        frames.ethernet(frames.ip(frames.CLIENT, frames.SERVER, b"\0" * 12 + b"\x10" + b"\0" * 7)),
        frames.ethernet(frames.ip(frames.CLIENT, frames.SERVER, b"\0" * 12 + b"\xf0" + b"\0" * 7)),
    ]
    timed = [(START, octets) for octets in others]
    timed += [(time, frames.ethernet(packet)) for time, packet in frames.session()]
    [found] = opened(frames.pcap(timed))
    assert [found.stream(end) for end in (0, 1)] == SAID
    path = tmp_path / "wifi.pcap"
    path.write_bytes(frames.pcap(timed, 105))
    assert read(path).notes[0].startswith("packets of link type 105 can't be read; these can: loopback")
    with pytest.raises(TimelineError, match="wifi.pcap holds no TCP connection: 18 packets, none of them TCP"):
        Timeline.load(path)


def test_keys_go_to_the_connection_that_names_them(opened: Opened) -> None:
    chance = [bytes([n]) * 32 for n in (1, 2)]
    log = "".join(f"CLIENT_RANDOM {random.hex()} {'ab' * 48}\n" for random in chance) + "# a comment\n\nnonsense zz\n"
    octets = section() + interface(101, options=option(9, b"\x09"))
    octets += frames.block(10, pack("<II", 0x544C534B, len(log)) + log.encode())
    for n, random in enumerate(chance):
        client = ("192.0.2.7", 50_000 + n)
        hello = frames.tcp(client, frames.SERVER, 1, 1, data=b"\x16\3\1\0\x2f\1\0\0\x2b\3\3" + random)
        octets += enhanced(n, frames.ip(client, frames.SERVER, hello))
    found = opened(octets)
    assert [one.secrets for one in found] == [(line,) for line in log.splitlines()[:2]]


FOREIGN = {
    "empty": (b"", "is empty: expected a pcap or pcapng file"),
    "text": (b"From alice@example.org\n", "is no capture: expected a pcap or pcapng file"),
    "short": (b"\xd4", "is no capture"),
    "compressed": (gzip.compress(frames.pcap(frames.session())), "is compressed: unpack it with gunzip first"),
    "a pcap's magic alone": (b"\xd4\xc3\xb2\xa1", "is a damaged capture: it is cut short in its header"),
    "a section's magic alone": (b"\x0a\x0d\x0d\x0a", "is a damaged capture: it is cut short at octet 0"),
    "no byte order": (frames.block(0x0A0D0D0A, b"\0" * 16), "the section at octet 0 names no byte order"),
    "version 2": (
        frames.block(0x0A0D0D0A, pack("<IHHq", 0x1A2B3C4D, 2, 0, -1)),
        r"the block at octet 0 is broken \(it has another version than 1\)",
    ),
    "no interface": (section() + enhanced(0, b"x"), r"the block at octet 28 is broken \(it names interface 0, of 0\)"),
    "a packet longer than its block": (
        section() + interface(101) + frames.block(6, pack("<IIIII", 0, 0, 0, 5, 5) + b"four"),
        r"the block at octet 48 is broken \(it claims 5 octets of a packet\)",
    ),
    "no length": (section() + b"\1\0\0\0\2\0\0\0", "the block at octet 28 claims a length of 2 octets"),
    "two lengths": (
        section() + interface()[:-4] + b"\0\1\0\0",
        "the block at octet 28 has two lengths that differ",
    ),
    "a huge packet": (
        frames.pcap([]) + pack("<IIII", 0, 0, 2**31, 2**31),
        "the packet at octet 24 claims 2,147,483,648 octets",
    ),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_file_that_is_no_capture_says_so_in_one_line(tmp_path: Path, name: str) -> None:
    octets, said = FOREIGN[name]
    path = tmp_path / "some.pcap"
    path.write_bytes(octets)
    with pytest.raises(TimelineError, match=said) as caught:
        Timeline.load(path)
    assert str(caught.value).startswith("some.pcap ") and "\n" not in str(caught.value)


def test_a_capture_of_nothing_is_read(opened: Opened) -> None:
    assert opened(frames.pcap([])) == opened(frames.pcapng([])) == []


@pytest.mark.parametrize("write", [frames.pcap, frames.pcapng])
def test_a_file_that_is_cut_short_gives_what_is_whole(tmp_path: Path, write: Callable[..., bytes]) -> None:
    packets = frames.session()
    octets, path = write(packets, 101), tmp_path / "short.pcap"
    ends = [len(write(packets[:n], 101)) for n in range(len(packets) + 1)]
    for length in range(ends[1], len(octets)):
        path.write_bytes(octets[:length])
        whole = sum(end <= length for end in ends) - 1
        found = read(path)
        assert found.packets == whole
        if length in ends:
            assert found.notes == []
        else:
            assert found.notes == [
                f"the file is whole up to packet {whole} only: it is cut short at octet {ends[whole]:,}"
            ]
    path.write_bytes(octets[: ends[6] + 3])
    assert Timeline.load(path).header["notes"] == [
        f"the file is whole up to packet 6 only: it is cut short at octet {ends[6]:,}"
    ]


WHOLE = frames.pcapng([(t, frames.ethernet(p)) for t, p in frames.session()]), frames.pcap(frames.session(), 101)


@given(st.data())
def test_a_damaged_file_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Whatever octets are changed, cut out or put in: no other error."""
    octets = bytearray(data.draw(st.sampled_from(WHOLE)))
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(octets) - 1))
        change = data.draw(st.binary(max_size=4))
        octets[place : place + data.draw(st.integers(0, 4))] = change
    path = tmp_path_factory.getbasetemp() / "damaged.pcap"
    path.write_bytes(octets)
    try:
        found = read(path)
    except TimelineError as error:
        assert "\n" not in str(error)
        return
    for one in found.conversations:
        for end in (0, 1):
            pieces = [piece for piece in one.pieces if piece.endpoint == end]
            assert all(a.start + len(a.octets) <= b.start for a, b in zip(pieces, pieces[1:], strict=False))
