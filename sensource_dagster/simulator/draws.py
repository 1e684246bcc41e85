"""Random numbers without state: the same key and number always give the same draws."""

from hashlib import blake2b
from struct import unpack


def key_of(*parts: object) -> bytes:
    """Return a 16 byte key for `parts`, such as a seed, a kind and an index."""
    return blake2b("/".join(map(str, parts)).encode(), digest_size=16).digest()


def draws(key: bytes, number: int, purpose: bytes) -> tuple[float, ...]:
    """Return eight independent numbers in [0, 1), each a multiple of 1/65536.

    This is a hash and not `random.Random`, so any hour of any zone can be drawn alone and in any order, for the
    price of one small digest. `purpose` (at most 16 bytes) keeps the draws for different uses apart.
    """
    digest = blake2b(number.to_bytes(8, "big"), digest_size=16, key=key, person=purpose).digest()
    return tuple(word / 65536 for word in unpack("<8H", digest))
