# SPDX-License-Identifier: Apache-2.0
"""Ethernet frames that carry UDP over IPv4 or IPv6, taken apart and made, and ICMP errors about
them. Just enough for an attacker: no options are made, no fragments are understood."""
import ipaddress
import socket
import struct

ETHER, IPV4, IPV6, ARP = 14, 0x0800, 0x86DD, 0x0806
TCP, UDP = 6, 17
BROADCAST = "ff:ff:ff:ff:ff:ff"

# ICMP errors by name: type and code for IPv4 and for IPv6
ICMP = {
    "port": ((3, 3), (1, 4)),
    "host": ((3, 1), (1, 3)),
    "network": ((3, 0), (1, 0)),
    "prohibited": ((3, 13), (1, 1)),
    "too-big": ((3, 4), (2, 0)),
    "time": ((11, 0), (3, 0)),
}


def checksum(data):
    """The Internet's: ones' complement of the ones' complement sum."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def mac_bytes(text):
    return bytes.fromhex(text.replace(":", ""))


def mac_text(data):
    return ":".join(f"{byte:02x}" for byte in data)


def split(addr):
    """("10.77.0.1", 7847) of "10.77.0.1:7847", also of "[fd77::1]:7847"."""
    host, port = addr.rsplit(":", 1)
    return host.strip("[]"), int(port)


def join(host, port):
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def packed(host):
    return ipaddress.ip_address(host).packed


def pseudo(source, target, protocol, length):
    """What a checksum above IP covers of IP."""
    if len(source) == 4:
        return source + target + struct.pack(">BBH", 0, protocol, length)
    return source + target + struct.pack(">IHBB", length, 0, 0, protocol)


def ip_packet(source, target, protocol, payload, ttl=64):
    """`source` and `target` are packed addresses of one family."""
    if len(source) == 16:
        head = struct.pack(">IHBB", 6 << 28, len(payload), protocol, ttl)
        return head + source + target + payload
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0x4000, ttl, protocol, 0)
    head += source + target
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + payload


def udp_packet(source, target, data):
    """An IP packet; addresses are texts with ports."""
    (source, source_port), (target, target_port) = split(source), split(target)
    source, target = packed(source), packed(target)
    head = struct.pack(">HHHH", source_port, target_port, 8 + len(data), 0)
    total = checksum(pseudo(source, target, UDP, 8 + len(data)) + head + data) or 0xFFFF
    return ip_packet(source, target, UDP, head[:6] + struct.pack(">H", total) + data)


def icmp_packet(reporter, packet, what):
    """An ICMP error by `reporter`, an address without a port, about an IP packet that it pretends
    to have received. It goes back to the source of that packet."""
    old = packet[0] >> 4 == 4
    kind, code = ICMP[what][0 if old else 1]
    source, target = packed(reporter), packet[12:16] if old else packet[8:24]
    rest = 1280 if what == "too-big" else 0
    body = struct.pack(">BBHI", kind, code, 0, rest) + packet[:548 if old else 1232]
    cover = b"" if old else pseudo(source, target, socket.IPPROTO_ICMPV6, len(body))
    body = body[:2] + struct.pack(">H", checksum(cover + body)) + body[4:]
    return ip_packet(source, target, socket.IPPROTO_ICMP if old else socket.IPPROTO_ICMPV6, body)


def frame(source_mac, target_mac, packet):
    kind = IPV4 if packet[0] >> 4 == 4 else IPV6
    return mac_bytes(target_mac) + mac_bytes(source_mac) + struct.pack(">H", kind) + packet


class Opened:
    """What is in a frame: .protocol, .source, .target (packed addresses), .start of the payload of
    IP; all None or 0 if it is not IP, or is a fragment."""

    def __init__(self, data):
        self.protocol, self.source, self.target, self.start, self.end = None, None, None, 0, 0
        kind = struct.unpack_from(">H", data, 12)[0] if len(data) >= ETHER else 0
        if kind == IPV4 and len(data) >= ETHER + 20:
            fragment = struct.unpack_from(">H", data, ETHER + 6)[0] & 0x3FFF
            self.start = ETHER + 4 * (data[ETHER] & 15)
            self.end = ETHER + struct.unpack_from(">H", data, ETHER + 2)[0]
            self.source, self.target = data[ETHER + 12:ETHER + 16], data[ETHER + 16:ETHER + 20]
            self.protocol = None if fragment else data[ETHER + 9]
        elif kind == IPV6 and len(data) >= ETHER + 40:
            self.start = ETHER + 40
            self.end = self.start + struct.unpack_from(">H", data, ETHER + 4)[0]
            self.source, self.target = data[ETHER + 8:ETHER + 24], data[ETHER + 24:ETHER + 40]
            self.protocol = data[ETHER + 6]

    def udp(self, data):
        """(source, target, payload) with texts, or None."""
        if self.protocol != UDP or self.end > len(data) or self.end - self.start < 8:
            return None
        source_port, target_port = struct.unpack_from(">HH", data, self.start)
        return (join(str(ipaddress.ip_address(self.source)), source_port),
                join(str(ipaddress.ip_address(self.target)), target_port),
                data[self.start + 8:self.end])


def summed(data, opened):
    """The same frame with the checksum of UDP or TCP. Between namespaces the kernel leaves it out,
    because a card would fill it in."""
    place = {UDP: 6, TCP: 16}.get(opened.protocol)
    if place is None or opened.end > len(data) or opened.end - opened.start < place + 2:
        return data
    at = opened.start + place
    blank = data[:at] + b"\0\0" + data[at + 2:]
    total = checksum(pseudo(opened.source, opened.target, opened.protocol,
                            opened.end - opened.start) + blank[opened.start:opened.end])
    if opened.protocol == UDP:
        total = total or 0xFFFF
    return blank[:at] + struct.pack(">H", total) + blank[at + 2:]
