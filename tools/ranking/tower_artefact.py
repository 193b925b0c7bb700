"""Building a catalog's tracks as the two-tower retriever sees them; biographies that stay are not embedded again.

    tower/            the files of a dense index (`catalog.dense`), Chroma's among them
    tower/artists.npz sentence vectors of the artists' biographies, in half precision
    tower/absent.txt  fingerprint of the catalog's text encoder, and nothing else, where the tower cannot read it

Knows the shipped tower and what a track says of its main artist.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from segue.generator.encoders.rendering import biography
from segue.generator.errors import CatalogCorrupt
from segue.generator.remembered import RememberedSentences
from segue.generator.sentences import Progress, TextEncoder
from segue.generator.track import Artist
from segue.tools.catalog.chroma import build_index, indexed_ids
from segue.tools.catalog.dense import FOLDER as DENSE
from segue.tools.catalog.dense import read_encoder, read_vectors
from segue.tools.catalog.derived import EMBEDDING_FOR_TOWER, Change
from segue.tools.catalog.manifest import EncoderRecord
from segue.tools.catalog.parquet import ids_of
from segue.tools.ranking.tower import FOLDER, Tower

_ARTISTS: Final = "artists.npz"
_ABSENT: Final = "absent.txt"
STAGE: Final = "two-tower"


class TowerArtefact:
    """Builds and checks `tower/`. It reads what the dense index has just written."""

    name = FOLDER

    def build(self, change: Change) -> None:
        """Project every track of the new version and index the vectors."""
        folder = change.folder / FOLDER
        folder.mkdir()
        encoder, tower = read_encoder(change.folder / DENSE), Tower.shipped()
        if encoder.fingerprint != tower.encoder:
            # The tower knows nothing of this encoder's vectors; ranking says that it goes without.
            (folder / _ABSENT).write_text(encoder.fingerprint, "utf-8")
            return
        texts = [described(track.artists[0]) for track in change.tracks()]
        kept = folder / _ARTISTS
        if change.previous is not None and (old := change.previous / FOLDER / _ARTISTS).is_file():
            kept.write_bytes(old.read_bytes())
        sentences = RememberedSentences(change.encoder, kept)
        with change.stage(EMBEDDING_FOR_TOWER, len({text for text in texts if text})) as advance:
            biographies, known = encoded(texts, sentences, advance)
        sentences.save(np.float16)
        with change.stage(STAGE, len(texts)) as advance:
            tracks = tower.tracks(np.asarray(read_vectors(change.folder / DENSE)), biographies, known)
            np.save(folder / "vectors.npy", tracks)
            record = EncoderRecord(name=STAGE, fingerprint=tower.fingerprint, dimension=encoder.dimension)
            (folder / "encoder.json").write_text(record.model_dump_json(), encoding="utf-8")
            build_index(folder / "chroma", ids_of(change.table), tracks, advance)

    def check(self, folder: Path, table: pa.Table) -> None:
        """See `Derived.check`: as many vectors as tracks, and exactly their ids in Chroma."""
        tower = folder / FOLDER
        if (absent := tower / _ABSENT).is_file():
            if absent.read_text("utf-8") == Tower.shipped().encoder:
                raise CatalogCorrupt(f"{tower} is empty, though the tower in use reads this catalog's vectors")
            return
        if read_encoder(tower).fingerprint != Tower.shipped().fingerprint:
            raise CatalogCorrupt(f"{tower} was made by another two-tower retriever than the one in use")
        if len(read_vectors(tower)) != table.num_rows or set(indexed_ids(tower / "chroma")) != set(ids_of(table)):
            raise CatalogCorrupt(f"{tower} does not hold one vector for each of {table.num_rows} tracks")


def encoded(
    texts: Sequence[str | None], encoder: TextEncoder, progress: Progress | None = None
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return a vector for each text, float32 [n, d], zeros for None, and which are no None, bool [n]."""
    distinct = list(dict.fromkeys(text for text in texts if text))
    number = {text: row for row, text in enumerate(distinct)}
    nothing = np.zeros((1, encoder.dimension), dtype=np.float32)
    vectors = np.concatenate([encoder.encode(distinct, progress), nothing])
    rows = np.array([number.get(text or "", -1) for text in texts], dtype=np.int64)
    return vectors[rows], rows >= 0


def described(artist: Artist) -> str | None:
    """Return the text that stands for an artist, the same that semantic IDs are made of; None without a biography."""
    about = biography(artist)
    return f"{artist.name}. {about}" if about else None
