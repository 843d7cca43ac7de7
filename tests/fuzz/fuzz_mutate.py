"""A seeded mutator of bytes: the same seed gives the same inputs on every machine."""

from __future__ import annotations

import random
from collections.abc import Sequence

TOKENS = (
    b"", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b'"', b"'", b",", b";", b"\t", b"\r",
    b"\n", b"\r\n", b"[", b"]", b"{", b"}", b"[[[[[[[[", b"NaN", b"nan", b"Infinity", b"-inf",
    b"null", b"true", b"-0", b"1e309", b"9" * 400, b"1" + b"0" * 30, b"-1", b"180.0001", b"\xe4",
    b"\xe4\xb8\x87", b"\xe6\xb5\x99\xe6\xb1\x9f", b"\xef\xbc\x91", b"\xe2\x80\xae",
    b"\xf0\x9f\x98\x80",
    b"../../etc/passwd", b"=1+1", b"<script>", b"%s%n", b"%Y%j%U", b"\\u0000", b"\\ud800", b"&lol;",
    b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff", b"\x00\x00\x00\x80", b"\x00" * 16,
    b"\x00\x00\x00\x00\x00\x00\xf8\x7f", b"\x00\x00\x00\x00\x00\x00\xf0\x7f",
)  # fmt: skip


def mutated(seeds: Sequence[bytes], rng: random.Random, longest: int) -> bytes:
    """A seed with one to eight changes: bytes, tokens, cuts, copies, and pieces of other seeds."""
    data = bytearray(rng.choice(seeds)[:longest])
    for _ in range(1 + min(7, int(rng.expovariate(0.6)))):
        at = rng.randrange(len(data) + 1)
        end = min(len(data), at + 1 + int(rng.expovariate(0.12)))
        what = rng.randrange(9)
        if what == 0 and at < len(data):
            data[at] ^= 1 << rng.randrange(8)
        elif what == 1 and at < len(data):
            data[at] = rng.randrange(256)
        elif what == 2:
            del data[at:end]
        elif what in (3, 4):
            data[at : at if what == 3 else end] = rng.choice(TOKENS)
        elif what == 5:
            data[at:at] = data[at:end] * rng.choice((1, 2, 5, 40))
        elif what == 6:
            other = rng.choice(seeds)
            start = rng.randrange(len(other) + 1)
            data[at:end] = other[start : start + rng.randrange(1, 60)]
        elif what == 7:
            digits = [i for i in range(len(data)) if 0x30 <= data[i] <= 0x39]
            if digits:
                spot = rng.choice(digits)
                data[spot : spot + 1] = str(rng.choice((0, 9, 13, 61, 99999, -1, 0.5))).encode()
        elif rng.random() < 0.3:
            del data[at:]
    return bytes(data[:longest])
