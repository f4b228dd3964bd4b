# SPDX-License-Identifier: Apache-2.0
"""hearsay-dump: every kind of datagram from the fuzzer's seeds, what is refused and why, each form
of input, mistakes, and a datagram of a real agent.

usage: test_dump.py DUMP HEARSAYD CORPUS
"""
import pathlib
import random
import socket
import struct
import subprocess
import sys
import tempfile

DUMP, DAEMON, CORPUS = sys.argv[1:4]
KINDS = {"gossip": "own timestamp", "ack": "acked", "probe-request": "target", "nack": "finding",
         "challenge": "echo", "join": "nonce", "refusal": "holder", "sync-buckets": "sums",
         "sync-differ": "marked", "sync-list": "masks",
         "sync-records": "wanted", "sync-fine": "entries", "sync-finer": "entries"}


def seed(name):
    """A datagram from Alice to Bob, of the cluster hearsay; the first byte is the fuzzer's."""
    return pathlib.Path(CORPUS, name).read_bytes()[1:]


def dump(data, *options):
    """(exit code, standard output, standard error)"""
    done = subprocess.run([DUMP, *options], input=data, capture_output=True, timeout=20,
                          check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def expect_refused(data, why, *options):
    code, out, _ = dump(data, "--raw", *options)
    assert code == 1 and f"  refused: {why}\n" in out, (why, code, out)


def every_kind_is_shown():
    for kind, field in KINDS.items():
        code, out, err = dump(seed(f"{kind}-1"), "--raw", "--to", "bob", "--cluster", "hearsay")
        assert code == 0 and not err, (kind, code, out, err)
        word = kind.split("-")[0] if kind.startswith("sync") else kind
        assert f"  {word}, version 1, cluster 251d71cb" in out and f"  {field}" in out, (kind, out)
        assert "not checked" not in out, out


def rumors_are_shown():
    out = dump(seed("gossip-2"), "--raw")[1]
    assert ("checksum not checked" in out and "  record " in out and "  brief " in out and
            "tokens" in out), out


def what_is_refused_says_why():
    good = seed("gossip-1")
    expect_refused(good[:20], "truncated")
    expect_refused(good[:-1], "truncated")
    expect_refused(b"x" + good[1:], "malformed")
    expect_refused(good + b"x" * 1400, "oversized")
    expect_refused(good[:1] + bytes([0x21]) + good[2:], "version")
    expect_refused(good, "cluster", "--cluster", "elsewhere")
    expect_refused(good, "checksum", "--to", "eve")
    expect_refused(good[:40] + bytes([good[40] ^ 1]) + good[41:], "checksum", "--to", "bob")
    expect_refused(seed("join-1")[:-1] + b"x", "checksum")  # bound to no name: always checked
    expect_refused(seed("count-of-a-bin"), "malformed")


def packet(payload, v6=False):
    """An Ethernet frame with one UDP datagram from port 7001 to 7002."""
    udp = struct.pack("!HHHH", 7001, 7002, 8 + len(payload), 0) + payload
    if v6:
        ip = struct.pack("!IHBB", 6 << 28, len(udp), 17, 64) + bytes(15) + b"\1" + bytes(15) + b"\2"
        return bytes(12) + b"\x86\xdd" + ip + udp
    ip = struct.pack("!BBHHHBBHLL", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, 0x0A000001, 0x0A000002)
    return bytes(12) + b"\x08\x00" + ip + udp


def capture(frames, order="<"):
    text = struct.pack(order + "IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    return text + b"".join(struct.pack(order + "IIII", 0, 0, len(f), len(f)) + f for f in frames)


def a_capture_is_read():
    arp = bytes(12) + b"\x08\x06" + bytes(28)
    frames = [packet(seed("ack-1")), arp, packet(seed("join-1"), v6=True)]
    for order in "<>":
        code, out, err = dump(capture(frames, order))
        assert code == 0 and not err, (code, out, err)
        assert "1: " in out and "10.0.0.1:7001 to 10.0.0.2:7002\n  ack" in out, out
        assert "2: " in out and "[::1]:7001 to [::2]:7002\n  join" in out and "3: " not in out, out
    assert dump(capture(frames), "--port", "7002")[1].count(" bytes") == 2
    assert dump(capture(frames), "--port", "9")[1] == ""
    code, out, err = dump(capture(frames)[:-5])
    assert code == 1 and "ends in the middle" in err and "  ack" in out, (code, out, err)
    code, _, err = dump(b"\n\r\r\n" + bytes(40))
    assert code == 1 and "pcapng" in err, (code, err)


def text_is_read():
    lines = "\n".join([seed("ack-1").hex(), "", seed("join-1").hex(" ").upper()]) + "\n"
    code, out, err = dump(lines.encode())
    assert code == 0 and "1: " in out and "2: " in out and "  join" in out, (code, out, err)
    code, _, err = dump(b"961\n")
    assert code == 1 and "odd number" in err, (code, err)


def mistakes_are_said():
    for words in (["--what"], ["--to"], ["--to", "--raw"], ["--to", "a b"],
                  ["--cluster", ""], ["--port", "0"], ["--port", "x"], ["a", "b"]):
        code, out, err = dump(b"", *words)
        assert code == 2 and not out and (words[0] in err or words[-1] in err), (words, code, err)
    code, _, err = dump(b"", "/nonexistent")
    assert code == 1 and "/nonexistent: No such file" in err, err
    code, _, err = dump(b"")
    assert code == 1 and "empty" in err, err
    assert dump(b"", "--help")[0] == 0 and dump(b"", "--version")[1].startswith("hearsay-dump ")


def damaged_input_is_refused_and_no_more():
    chance = random.Random(1)
    kinds = [capture([packet(seed("ack-1")), packet(seed("sync-list-1"), v6=True)]),
             seed("gossip-2"), "\n".join(seed(f"{kind}-1").hex() for kind in KINDS).encode()]
    for at in range(90):
        data = bytearray(kinds[at % len(kinds)])
        for _ in range(chance.randrange(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        data = data[:chance.randrange(1, len(data) + 1)] if at % 2 else data
        code, _, err = dump(bytes(data))
        assert code in (0, 1) and "Sanitizer" not in err and "runtime error" not in err, (at, code,
                                                                                          err)


def a_real_agents_join_is_shown():
    with socket.socket(socket.AF_INET,
                       socket.SOCK_DGRAM) as sock, tempfile.TemporaryDirectory() as folder:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(10)
        command = [DAEMON, "--name", "real", "--bind", "127.0.0.1:0", "--advertise", "127.0.0.1:7",
                   "--tag", "role=web", "--control", folder + "/c", "--log", folder + "/log",
                   "--join", f"127.0.0.1:{sock.getsockname()[1]}"]
        with subprocess.Popen(command) as agent:
            try:
                data = sock.recv(2000)
            finally:
                agent.kill()
        code, out, err = dump(data, "--raw", "--cluster", "hearsay")
        assert code == 0 and not err, (code, out, err)
        assert ("  join, version 1" in out and "  record real at 127.0.0.1:7," in out and
                "role=web: alive" in out), out


def main():
    tests = [every_kind_is_shown, rumors_are_shown, what_is_refused_says_why, a_capture_is_read,
             text_is_read,
             mistakes_are_said, damaged_input_is_refused_and_no_more, a_real_agents_join_is_shown]
    failed = 0
    print(f"1..{len(tests)}")
    for number, test in enumerate(tests, 1):
        try:
            test()
            print(f"ok {number} - {test.__name__}")
        except Exception as error:  # a failing test must not hide the others
            failed += 1
            print(f"not ok {number} - {test.__name__}")
            for line in f"{type(error).__name__}: {error}".splitlines():
                print("# " + line)
    sys.exit(1 if failed else 0)


main()
