#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The seal a second time, from docs/protocol.md and the RFCs: HKDF (5869), CMAC (4493), S2V and SIV
(5297) are written out here. AES alone is another's: python3-cryptography enciphers blocks.

As a program it checks itself against the vectors of the RFCs, reads the bytes of docs/protocol.md
again, and lets it and the C library (tests/seal/seal_print.c) open what the other has sealed:

    tests/seal/siv_reference.py PROGRAM PROTOCOL_PAGE [DATAGRAMS]
"""
import base64
import hashlib
import hmac
import random
import re
import subprocess
import sys
import traceback

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 16
HEAD = 28
BODY_MAX = 1353
MARKER = b"\xc4\x11"
SALT = b"hearsay seal 1"


def xor(left, right):
    return bytes(a ^ b for a, b in zip(left, right))


# ---- RFC 5869 ------------------------------------------------------------------------------------


def hkdf_extract(salt, secret):
    return hmac.new(salt, secret, hashlib.sha256).digest()


def hkdf_expand(prk, info, length):
    out, last, count = b"", b"", 0
    while len(out) < length:
        count += 1
        last = hmac.new(prk, last + info + bytes([count]), hashlib.sha256).digest()
        out += last
    return out[:length]


# ---- RFC 4493, RFC 5297 --------------------------------------------------------------------------


class Blocks:
    """AES, block by block."""

    def __init__(self, key):
        self.aes = Cipher(algorithms.AES(key), modes.ECB()).encryptor()

    def __call__(self, blocks):
        return self.aes.update(blocks)


def dbl(block):
    """Twice the block in GF(2^128)."""
    number = int.from_bytes(block, "big") << 1
    if number >> 128:
        number ^= 1 << 128 | 0x87
    return number.to_bytes(BLOCK, "big")


def pad(data):
    return data + b"\x80" + bytes(BLOCK - 1 - len(data))


def cmac(aes, message):
    one = dbl(aes(bytes(BLOCK)))
    whole = max(0, (len(message) - 1) // BLOCK) * BLOCK
    last = message[whole:]
    last = xor(last, one) if len(last) == BLOCK else xor(pad(last), dbl(one))
    state = bytes(BLOCK)
    for at in range(0, whole, BLOCK):
        state = aes(xor(state, message[at:at + BLOCK]))
    return aes(xor(state, last))


def s2v(aes, *strings):
    state = cmac(aes, bytes(BLOCK))
    for string in strings[:-1]:
        state = xor(dbl(state), cmac(aes, string))
    last = strings[-1]
    if len(last) >= BLOCK:
        return cmac(aes, last[:-BLOCK] + xor(last[-BLOCK:], state))
    return cmac(aes, xor(dbl(state), pad(last)))


def counter_mode(aes, tag, data):
    first = int.from_bytes(tag, "big") & ~(1 << 63 | 1 << 31)
    blocks = b"".join((first + i & (1 << 128) - 1).to_bytes(BLOCK, "big")
                      for i in range(-(-len(data) // BLOCK)))
    return xor(data, aes(blocks))


def siv_seal(key, plain, *associated):
    """(tag, ciphertext)"""
    half = len(key) // 2
    tag = s2v(Blocks(key[:half]), *associated, plain)
    return tag, counter_mode(Blocks(key[half:]), tag, plain)


def siv_open(key, tag, cipher, *associated):
    half = len(key) // 2
    plain = counter_mode(Blocks(key[half:]), tag, cipher)
    return plain if s2v(Blocks(key[:half]), *associated, plain) == tag else None


# ---- docs/protocol.md ----------------------------------------------------------------------------


class Key:
    def __init__(self, secret, cluster):
        self.secret = secret
        derived = hkdf_expand(hkdf_extract(SALT, secret), cluster, 80)
        self.siv, self.fingerprint = derived[:64], derived[64:]

    def seal(self, binding, head, body):
        """What follows the head."""
        tag, cipher = siv_seal(self.siv, body, head, binding.to_bytes(8, "big"))
        return cipher + MARKER + self.fingerprint[:1] + tag

    def open(self, binding, head, sealed):
        body, marker, key_id, tag = sealed[:-19], sealed[-19:-17], sealed[-17:-16], sealed[-16:]
        if marker != MARKER or key_id != self.fingerprint[:1]:
            return None
        return siv_open(self.siv, tag, body, head, binding.to_bytes(8, "big"))


# ---- the vectors of the RFCs ---------------------------------------------------------------------


def h(text):
    return bytes.fromhex(text.replace(" ", ""))


def check_hkdf():
    """RFC 5869, A.1."""
    prk = hkdf_extract(bytes(range(13)), b"\x0b" * 22)
    assert prk == h("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5")
    assert hkdf_expand(prk, bytes(range(0xf0, 0xfa)), 42) == h(
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")


def check_cmac():
    """RFC 4493, section 4."""
    aes = Blocks(h("2b7e1516 28aed2a6 abf71588 09cf4f3c"))
    assert cmac(aes, b"") == h("bb1d6929 e9593728 7fa37d12 9b756746")
    assert cmac(aes, h("6bc1bee2 2e409f96 e93d7e11 7393172a")) == h(
        "070a16b4 6b4d4144 f79bdd9d d04a287c")
    assert cmac(aes, h("6bc1bee2 2e409f96 e93d7e11 7393172a ae2d8a57 1e03ac9c 9eb76fac 45af8e51"
                       "30c81c46 a35ce411")) == h("dfa66747 de9ae630 30ca3261 1497c827")


def check_siv_deterministic():
    """RFC 5297, A.1."""
    key = h("fffefdfc fbfaf9f8 f7f6f5f4 f3f2f1f0 f0f1f2f3 f4f5f6f7 f8f9fafb fcfdfeff")
    associated = h("10111213 14151617 18191a1b 1c1d1e1f 20212223 24252627")
    plain = h("11223344 55667788 99aabbcc ddee")
    tag, cipher = siv_seal(key, plain, associated)
    assert tag == h("85632d07 c6e8f37f 950acd32 0a2ecc93")
    assert cipher == h("40c02b96 90c4dc04 daef7f6a fe5c")
    assert siv_open(key, tag, cipher, associated) == plain


def check_siv_nonce():
    """RFC 5297, A.2: several associated strings, of which the last is a nonce."""
    key = h("7f7e7d7c 7b7a7978 77767574 73727170 40414243 44454647 48494a4b 4c4d4e4f")
    associated = (h("00112233 44556677 8899aabb ccddeeff deaddada deaddada ffeeddcc bbaa9988"
                    "77665544 33221100"),
                  h("10203040 50607080 90a0"), h("09f91102 9d74e35b d84156c5 635688c0"))
    tag, cipher = siv_seal(key, b"this is some plaintext to encrypt using SIV-AES", *associated)
    assert tag == h("7bdb6e3b 432667eb 06f4d14b ff2fbd0f")
    assert cipher == h("cb900f2f ddbe4043 26601965 c889bf17 dba77ceb 094fa663 b7a3f748 ba8af829"
                       "ea64ad54 4a272e9c 485b62a3 fd5c0d")


# ---- the bytes of the page -----------------------------------------------------------------------


def dumped(page, heading):
    """The bytes of the first dump under a heading."""
    block = page.split(f"\n### {heading}\n", 1)[1].split("```")[1]
    lines = re.findall(r"^[0-9a-f]{4}  ((?:[0-9a-f]{2} ?)+?)(?:  |$)", block, re.M)
    return h("".join(lines))


def check_page(path):
    with open(path, encoding="utf-8") as file:
        page = file.read()
    plain = dumped(page, "A gossip, byte by byte")
    sealed = dumped(page, "The same, sealed")
    section = page.split("\n### The same, sealed\n", 1)[1].split("\n## ", 1)[0]
    secret, fingerprint, binding = (
        h(re.search(rf"^ *{name} +((?:[0-9a-f]{{2,32}} ?)+)$", section, re.M)[1])
        for name in ("secret", "fingerprint", "binding"))
    key = Key(secret, b"hearsay")
    assert key.fingerprint == fingerprint, key.fingerprint.hex(" ")
    bob = int.from_bytes(binding, "big")
    head, body = plain[:HEAD], plain[HEAD:-5]
    made = head + key.seal(bob, head, body)
    assert made == sealed, made.hex(" ")
    assert len(sealed) == 65 and key.open(bob, head, sealed[HEAD:]) == body


# ---- against the library -------------------------------------------------------------------------


class Library:
    """Sealing and opening by the C library: one line asks, one answers."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)

    def ask(self, *words):
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().split()

    def keys(self, secrets, cluster):
        """The fingerprints of a keyring of these keys, which it uses from now on."""
        lines = ",".join(base64.b64encode(secret).decode() for secret in secrets)
        return [h(word) for word in self.ask("keys", cluster.decode(), lines)]

    def seal(self, mark, binding, head, body):
        return h(self.ask("seal", mark.hex(), f"{binding:016x}", head.hex(), body.hex() or "-")[0])

    def open(self, binding, head, sealed):
        """(mark, body), or a word."""
        answer = self.ask("open", f"{binding:016x}", head.hex(), sealed.hex())
        if answer[0] != "opened":
            return answer[0]
        return h(answer[1]), h("" if answer[2] == "-" else answer[2])

    def mac(self, secret, data):
        return int(self.ask("mac", secret.hex(), data.hex() or "-")[0], 16)

    def end(self):
        self.process.stdin.close()
        assert self.process.wait(30) == 0


def damaged(rng, sealed):
    at = rng.randrange(len(sealed))
    return sealed[:at] + bytes([sealed[at] ^ 1 << rng.randrange(8)]) + sealed[at + 1:]


def compare_datagram(rng, library, keys, length):
    key, binding = rng.choice(keys), rng.getrandbits(64) * rng.randrange(2)
    head, body = rng.randbytes(HEAD), rng.randbytes(length)
    ours = key.seal(binding, head, body)
    mark = key.fingerprint[:4]
    assert library.seal(mark, binding, head, body) == ours, f"{length} bytes are sealed otherwise"
    assert library.open(binding, head, ours) == (mark, body), f"{length} bytes do not open"
    assert key.open(binding, head, ours) == body
    assert library.open(binding ^ 1 << rng.randrange(64), head, ours) == "forged"
    assert library.open(binding, damaged(rng, head), ours) == "forged"
    assert library.open(binding, head, damaged(rng, ours)) in ("forged", "key")
    data = rng.randbytes(rng.randrange(60))
    code = hmac.new(key.secret, data, hashlib.sha256).digest()[:8]
    assert library.mac(key.secret, data) == int.from_bytes(code, "big")


def compare_keyring(rng, library, datagrams):
    """One keyring, and datagrams of every length class under each of its keys."""
    cluster = rng.choice((b"hearsay", b"c", b"x" * 64, b"eu-west.cache"))
    keys = [Key(rng.randbytes(32), cluster) for _ in range(rng.randint(1, 8))]
    assert library.keys([key.secret for key in keys], cluster) == [k.fingerprint for k in keys]
    edges = [0, 1, 15, 16, 17, 18, 31, 32, 33, BODY_MAX - 1, BODY_MAX]
    for i in range(datagrams):
        length = edges[i] if i < len(edges) else rng.randint(0, BODY_MAX)
        compare_datagram(rng, library, keys, length)
    stranger = Key(rng.randbytes(32), cluster)
    said = library.open(7, bytes(HEAD), stranger.seal(7, bytes(HEAD), b"body"))
    ids = [key.fingerprint[0] for key in keys]
    assert said == ("forged" if stranger.fingerprint[0] in ids else "key")


def one_id(rng, cluster):
    """Two keys whose ids are equal."""
    known = {}
    while True:
        key = Key(rng.randbytes(32), cluster)
        other = known.setdefault(key.fingerprint[0], key)
        if other is not key:
            return other, key


def compare_one_id(rng, library):
    """The id is a hint: of two keys that have it, each opens its own."""
    keys = one_id(rng, b"hearsay")
    library.keys([key.secret for key in keys], b"hearsay")
    for _ in range(20):
        compare_datagram(rng, library, keys, rng.randint(0, 99))


def point(number, name, function, *arguments):
    try:
        function(*arguments)
    except AssertionError:
        print(f"not ok {number} - {name}")
        print("# " + traceback.format_exc().rstrip().replace("\n", "\n# "))
        return False
    print(f"ok {number} - {name}")
    return True


def main():
    program, page = sys.argv[1], sys.argv[2]
    datagrams = int(sys.argv[3]) if len(sys.argv) > 3 else 600
    rng, library = random.Random(13), Library(program)
    points = [
        ("HKDF makes the vectors of RFC 5869", check_hkdf),
        ("CMAC makes the vectors of RFC 4493", check_cmac),
        ("SIV makes the vectors of RFC 5297, A.1", check_siv_deterministic),
        ("SIV makes the vectors of RFC 5297, A.2", check_siv_nonce),
        ("the bytes in docs/protocol.md are right", check_page, page),
        ("library and reference open each other's datagrams",
         lambda: [compare_keyring(rng, library, datagrams // 6) for _ in range(6)]),
        ("two keys with one id open their own", compare_one_id, rng, library),
        ("the library's program ends well", library.end),
    ]
    good = [point(i, *what) for i, what in enumerate(points, 1)]
    print(f"1..{len(good)}")
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
