"""What identifies an exported checkpoint: the record beside it, and the name under which a server offers it.

A server tells clients nothing of its model but the name, so the name carries what must agree: the tokenizer whose codes
the model speaks, the base model whose tokens it reads, and its weights. Read by the client, and by the position mask
inside the server: imports nothing but numpy.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

from segue.generator.codec import Codec
from segue.generator.errors import CodesCorrupt, WeightsCorrupt
from segue.generator.layout import CodeLayout

RECORD: Final = "segue.json"
WEIGHTS: Final = "model.safetensors"
_FORMAT: Final = 1
_KIND: Final = "segue-sequence"
_SHOWN: Final = 16
"""Hex digits of each fingerprint in a served name."""


class ServedName(NamedTuple):
    """The fingerprints in a served name, cut to 16 digits."""

    tokenizer: str
    base: str
    weights: str

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """Read what `str` wrote; None for any other model's name."""
        kind, *parts = name.split("/")
        return cls(*parts) if kind == _KIND and len(parts) == len(cls._fields) and all(parts) else None

    def __str__(self) -> str:
        return "/".join((_KIND, *self))


@dataclass(frozen=True)
class Checkpoint:
    """The record of an exported checkpoint."""

    tokenizer: str
    """Fingerprint of the tokenizer whose codes it speaks."""
    base: str
    """What identifies the base model; see `language_files.base_hash`."""
    base_tokens: int
    """Token id of the first code."""
    layout: str
    """See `CodeLayout.to_json`."""
    dtype: str
    weights: str
    """SHA-256 of the safetensors file."""
    trained: str = ""
    """SHA-256 of the trained weights that were merged (`weight_files.weights_hash`): soft tokens are of these."""

    @property
    def codec(self) -> Codec:
        """How codes are numbered as tokens."""
        return Codec(CodeLayout.from_json(self.layout), base=self.base_tokens)

    @property
    def name(self) -> ServedName:
        """The name under which a server must offer it."""
        return served_name(self.tokenizer, self.base, self.weights)

    def write(self, folder: Path) -> None:
        """Write the record into the checkpoint's folder."""
        text = json.dumps({"format": _FORMAT, "kind": _KIND, "served_name": str(self.name), **asdict(self)}, indent=2)
        (folder / RECORD).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the record of an exported checkpoint. Raises WeightsCorrupt where there is none that fits."""
        try:
            record: dict[str, Any] = json.loads((folder / RECORD).read_text(encoding="utf-8"))
            if record.pop("format") != _FORMAT or record.pop("kind") != _KIND:
                raise WeightsCorrupt(f"{folder} is no checkpoint that this version reads")
            record.pop("served_name")
            checkpoint = cls(**record)
            CodeLayout.from_json(checkpoint.layout)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, CodesCorrupt) as error:
            raise WeightsCorrupt(f"{folder} holds no exported checkpoint: {error}") from error
        return checkpoint


def served_name(tokenizer: str, base: str, weights: str) -> ServedName:
    """Return the name for whole fingerprints."""
    # A base model other than the bundled one is identified by its name, which may hold slashes.
    return ServedName(*(part.replace("/", "-")[:_SHOWN] for part in (tokenizer, base, weights)))
