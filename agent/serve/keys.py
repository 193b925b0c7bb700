"""API keys and the tenants that they belong to.

A file of keys has one line per key, `TENANT KEY [rate=N]`; "#" begins a comment. KEY is the key itself or
`sha256:` and the hash of it, so that a file that is read by others gives no key away:

    acme   sha256:3f0b...   rate=600
    beta   yVSbp4gLrQ8uXx0dT3n6

Only hashes are held, and a key is found by its hash: how long it takes tells nothing of other keys.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from segue.agent.serve.scope import LOCAL, MAX_TENANT
from segue.generator.errors import UserError

SHORTEST: Final = 16
"""Characters in a key at least."""
_TENANT = re.compile(rf"[A-Za-z0-9_.-]{{1,{MAX_TENANT}}}")
_HASH = re.compile(r"sha256:[0-9a-f]{64}")
_RATE = re.compile(r"rate=([1-9]\d{0,8})")


class KeysInvalid(UserError):
    """Raised when a file of keys cannot be read; the message names the line and never a key."""


@dataclass(frozen=True)
class Tenant:
    """A product that is let in."""

    name: str
    rate: int | None = None
    """Requests a minute; None for the server's usual limit."""


class KeyRing:
    """Finds the tenant of a key."""

    def __init__(self, tenants: Mapping[str, Tenant]) -> None:
        """Hold `tenants` by the hexadecimal SHA-256 of their keys."""
        self._tenants = dict(tenants)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file of keys.

        Raises:
            KeysInvalid: it cannot be read, has no key, or a line is not as it must be.
        """
        try:
            lines = path.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise KeysInvalid(f"{path} cannot be read: {error}") from error
        tenants: dict[str, Tenant] = {}
        for number, line in enumerate(lines, 1):
            words = line.partition("#")[0].split()
            if not words:
                continue
            try:
                digest, tenant = _entry(words)
            except ValueError as error:
                raise KeysInvalid(f"{path}, line {number}: {error}") from None
            if digest in tenants:
                raise KeysInvalid(f"{path}, line {number}: this key is in the file already")
            tenants[digest] = tenant
        if not tenants:
            raise KeysInvalid(f"{path} has no key; write a line TENANT KEY")
        return cls(tenants)

    def tenant(self, key: str) -> Tenant | None:
        """Return the tenant of `key`, or None where nobody has it."""
        return self._tenants.get(_digest(key))


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _entry(words: list[str]) -> tuple[str, Tenant]:
    if not 2 <= len(words) <= 3:
        raise ValueError("write TENANT KEY, and rate=N if you like")
    name, key, *rest = words
    if not _TENANT.fullmatch(name):
        raise ValueError(f"a tenant has 1 to {MAX_TENANT} letters, digits and ._-")
    if name == LOCAL:
        raise ValueError(f"{LOCAL!r} stands for servers without keys; call the tenant something else")
    rate = _RATE.fullmatch(rest[0]) if rest else None
    if rest and rate is None:
        raise ValueError("after the key there may be rate=N, requests a minute")
    if key.startswith("sha256:") and not _HASH.fullmatch(key):
        raise ValueError("sha256: is followed by 64 hexadecimal digits in lower case")
    if len(key) < SHORTEST:
        raise ValueError(f"a key has {SHORTEST} characters at least")
    digest = key.removeprefix("sha256:") if _HASH.fullmatch(key) else _digest(key)
    return digest, Tenant(name, int(rate[1]) if rate else None)
