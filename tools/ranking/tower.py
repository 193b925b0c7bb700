"""The two-tower retriever: dialogue and track projected into one space, where the nearest tracks answer best.

    query = unit( unit(Q m + C e) + l * mean of the liked tracks )      m: message, e: earlier messages
    track = unit( V d + A a )    or  unit( V d + u )                    d: description, a: biography of the main artist

m, e, d and a are MiniLM's sentence vectors. Q and V start as the identity, A and C as fractions of it, so that training
bends a cosine that works already (`tower_training`). u stands in for a biography that nobody has written. Knows
vectors, no tracks.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save_file

from segue.generator.errors import CatalogCorrupt, WeightsCorrupt
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.dense import DenseIndex

Floats = NDArray[np.float32]
SHIPPED: Final = Path(__file__).resolve().parents[1] / "weights" / "ranking"
FOLDER: Final = "tower"
"""The artefact's folder in a catalog version."""
_WEIGHTS: Final = "tower.safetensors"
_MANIFEST: Final = "tower.json"
_FORMAT: Final = 1


@dataclass(frozen=True, eq=False)
class Tower:
    """The learned maps, float32 [d, d] each, to be multiplied from the left."""

    message: Floats
    earlier: Floats
    description: Floats
    biography: Floats
    no_biography: Floats
    """float32 [d]."""
    liked: float
    """Weight of the liked tracks beside the words."""
    encoder: str
    """Fingerprint of the text encoder that it was trained on."""

    @property
    def fingerprint(self) -> str:
        """Changes with the vectors that this tower makes."""
        digest = hashlib.sha256()
        for tensor in self._tensors().values():
            digest.update(np.ascontiguousarray(tensor, dtype=np.float16).tobytes())
        return digest.hexdigest()[:12]

    def query(self, message: Floats, earlier: Floats, liked: Floats) -> Floats:
        """Return the unit vector [d] of a dialogue; `earlier` may be zeros, `liked` (vectors of tracks) empty."""
        words = _unit(self.message @ message + self.earlier @ earlier)
        return _unit(words + self.liked * liked.mean(axis=0)) if len(liked) else words

    def tracks(self, descriptions: Floats, biographies: Floats, known: NDArray[np.bool_]) -> Floats:
        """Return the unit vectors [n, d] of tracks; rows of `biographies` count where `known`."""
        about = np.where(known[:, None], biographies @ self.biography.T, self.no_biography)
        return _unit(descriptions @ self.description.T + about.astype(np.float32))

    @classmethod
    def shipped(cls) -> "Tower":
        """Return the one that comes with the package."""
        return _shipped()

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the weights in `folder`. Raises WeightsCorrupt where they are missing or altered."""
        try:
            manifest = json.loads((folder / _MANIFEST).read_text("utf-8"))
            stored = (folder / _WEIGHTS).read_bytes()
            if manifest["format"] != _FORMAT or hashlib.sha256(stored).hexdigest() != manifest["sha256"]:
                raise WeightsCorrupt(f"{folder / _WEIGHTS} is not what its manifest describes")
            tensors = {name: tensor.astype(np.float32) for name, tensor in load(stored).items()}
            liked = float(tensors.pop("liked")[0])
            return cls(**tensors, liked=liked, encoder=str(manifest["encoder"]))
        except (OSError, KeyError, TypeError, ValueError, SafetensorError) as error:
            raise WeightsCorrupt(f"the tower in {folder} cannot be read: {error}") from error

    def save(self, folder: Path, *, about: dict[str, Any]) -> None:
        """Write the weights in half precision; `about` says how they came about."""
        folder.mkdir(parents=True, exist_ok=True)
        halved = {name: np.ascontiguousarray(tensor, dtype=np.float16) for name, tensor in self._tensors().items()}
        save_file(halved, folder / _WEIGHTS)
        sha256 = hashlib.sha256((folder / _WEIGHTS).read_bytes()).hexdigest()
        manifest = {"format": _FORMAT, "sha256": sha256, "encoder": self.encoder, **about}
        (folder / _MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")

    def _tensors(self) -> dict[str, Floats]:
        return {
            "message": self.message,
            "earlier": self.earlier,
            "description": self.description,
            "biography": self.biography,
            "no_biography": self.no_biography,
            "liked": np.array([self.liked], dtype=np.float32),
        }


def open_tower(catalog: Catalog, tower: Tower) -> DenseIndex | None:
    """Return the index of a catalog's tracks as `tower` sees them; None if their texts have another encoder than its.

    Raises:
        CatalogCorrupt: it is missing or damaged, or was made by another tower.
    """
    if catalog.dense.encoder.fingerprint != tower.encoder:
        return None
    if not (catalog.folder / FOLDER).is_dir():
        raise CatalogCorrupt(f"{catalog.folder} has no two-tower vectors; `segue catalog repair` makes them")
    index = DenseIndex.open(catalog.folder, catalog.position, name=FOLDER)
    if index.encoder.fingerprint != tower.fingerprint:
        raise CatalogCorrupt(
            f"{catalog.folder / FOLDER} was made by another two-tower retriever ({index.encoder.fingerprint}, "
            f"{tower.fingerprint} is in use); `segue catalog repair` makes it anew"
        )
    return index


def _unit(vectors: Floats) -> Floats:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: Floats = (vectors / np.maximum(lengths, 1e-9)).astype(np.float32)
    return scaled


@cache
def _shipped() -> Tower:
    return Tower.load(SHIPPED)
