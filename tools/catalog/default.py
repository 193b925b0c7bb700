"""The catalog that comes with Segue: well-known music, so that a newcomer has something to talk about at once.

The package carries its tracks and their sentence embeddings; the catalog is built from them once, in the user's cache
folder. Where another model, or other weights, make the vectors, those of the package do not count and all texts are
embedded anew.
"""

from pathlib import Path
from typing import Final

import platformdirs
import xxhash

from segue.generator.remembered import RememberedSentences
from segue.generator.sentences import SentenceEncoder, TextEncoder
from segue.generator.tokenizer_files import read_fingerprint
from segue.tools.catalog.derived import ARTEFACTS, Progress
from segue.tools.catalog.locks import write_lock
from segue.tools.catalog.manifest import FORMAT, TRUTH, checksum
from segue.tools.catalog.parquet import from_rows, read_table
from segue.tools.catalog.update import update_catalog
from segue.tools.catalog.versions import CURRENT
from segue.tools.ranking.tower import Tower

SOURCE: Final = Path(__file__).parent / "default" / TRUTH
"""The tracks in the package; `provenance.json` beside them says where each field comes from."""
VECTORS: Final = SOURCE.parent / "vectors.npz"
"""Their sentence embeddings by the bundled encoder, in half precision."""
WAIT: Final = 600.0
"""Seconds that a second first user waits for the first."""


def default_catalog(
    progress: Progress | None = None,
    *,
    cache: Path | None = None,
    source: Path = SOURCE,
    encoder: TextEncoder | None = None,
) -> Path:
    """Return the folder of the default catalog, building it at first use.

    Args:
        progress: told how far the building is.
        cache: where to build it; by default the user's cache folder.
        source: Parquet file of tracks (`parquet.SCHEMA`).
        encoder: encoder of the dense index; the bundled one by default.

    Raises:
        CatalogNotWritable: the cache folder cannot be written.
    """
    base = cache or platformdirs.user_cache_path("segue") / "catalogs"
    encoder = encoder or SentenceEncoder()
    # A release that derives other things, codes by another tokenizer or vectors by another tower, builds it anew.
    made_by = (*ARTEFACTS, read_fingerprint(), Tower.shipped().fingerprint)
    derived = xxhash.xxh3_64_hexdigest("\n".join(made_by).encode())[:6]
    folder = base / f"default-{FORMAT}-{derived}-{encoder.name}-{checksum(source)[:12]}"
    if not (folder / CURRENT).exists():
        with write_lock(folder, wait=WAIT):
            if not (folder / CURRENT).exists():
                known = RememberedSentences(encoder, VECTORS)
                update_catalog(folder, from_rows(read_table(source)), encoder=known, progress=progress)
    return folder
