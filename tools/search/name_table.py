"""The names of a catalog as plain arrays: what an index of names is read from, and how it lies on the disk.

    names/texts.json    format, number of tracks, the names as spelt, the words of all their forms
    names/arrays.npz    everything else in numbers (the other fields of `NameTable`)

Knows neither how the names were found nor how a message is read against them.
"""

import json
import zipfile
from pathlib import Path
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segue.generator.errors import CatalogCorrupt

FOLDER: Final = "names"
_FORMAT: Final = 1

Kind = Literal["artist", "title", "album"]
Form = Literal["full", "bare", "joined", "initials", "lead", "part"]
"""How a name is written: in full; without its article; as one word ("kflay"); by its initials ("rhcp"); without its
companions ("tom petty" for "Tom Petty & The Heartbreakers"); by one distinctive word ("sufjan")."""

KINDS: Final[tuple[Kind, ...]] = ("artist", "title", "album")
FORMS: Final[tuple[Form, ...]] = ("full", "bare", "joined", "initials", "lead", "part")
_TEXTS: Final = ("texts", "vocabulary")


class NameTable(NamedTuple):
    """All names with their tracks, and a trie over the words of their forms, whose root is node 0."""

    tracks: int
    """Tracks of the catalog."""
    texts: list[str]
    """The names as the catalog spells them first."""
    vocabulary: list[str]
    """The folded words of all forms."""
    kinds: NDArray[np.uint8]
    """Shape (names,): index into `KINDS`."""
    bearer_starts: NDArray[np.int64]
    """Shape (names + 1,): name i is borne by `bearers[bearer_starts[i]:bearer_starts[i + 1]]`."""
    bearers: NDArray[np.int32]
    """Positions of tracks, ascending within a name."""
    parents: NDArray[np.int32]
    """Shape (nodes - 1,): node i + 1 of the trie hangs on this node."""
    words: NDArray[np.int32]
    """Shape (nodes - 1,): by this word of the vocabulary."""
    ending_starts: NDArray[np.int64]
    """Shape (nodes + 1,): node i spells `ending_names[ending_starts[i]:ending_starts[i + 1]]`."""
    ending_names: NDArray[np.int32]
    ending_forms: NDArray[np.uint8]
    """How each ending spells its name: index into `FORMS`."""

    def save(self, version: Path) -> None:
        """Write the table into the catalog version in folder `version`."""
        folder = version / FOLDER
        folder.mkdir()
        fields = self._asdict()
        texts = {"format": _FORMAT, "tracks": fields.pop("tracks")} | {name: fields.pop(name) for name in _TEXTS}
        (folder / "texts.json").write_text(json.dumps(texts, ensure_ascii=False), encoding="utf-8")
        np.savez(folder / "arrays.npz", **fields)

    @classmethod
    def load(cls, version: Path) -> "NameTable":
        """Read what `save` wrote.

        Raises:
            CatalogCorrupt: it is missing, damaged or of another format.
        """
        folder = version / FOLDER
        try:
            texts = json.loads((folder / "texts.json").read_text("utf-8"))
            if texts.pop("format") != _FORMAT:
                raise CatalogCorrupt(f"{folder} has another format than this release reads ({_FORMAT})")
            with (folder / "arrays.npz").open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                table = cls(**texts, **arrays)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile) as error:
            raise CatalogCorrupt(f"{folder} cannot be read ({error}); `segue catalog repair` builds it") from error
        names, nodes = len(table.texts), len(table.parents) + 1
        lengths = (len(table.kinds), len(table.bearer_starts), len(table.words), len(table.ending_starts))
        if lengths != (names, names + 1, nodes - 1, nodes + 1):
            raise CatalogCorrupt(f"{folder} holds arrays that do not belong together")
        return table
