"""The order of a catalog: its own, where one was refitted to feedback, or else the one that ships.

An order of a catalog's own is a set of weights as they ship (`ranker.json`, `trees.json.gz`) and names what it was
fitted beside: the tower, the tokenizer, and the generator. Under another tower or tokenizer its columns mean something
else, and it is refused. Another generator changes how good one column is, not what it means: the order ranks, and says
so. Knows where weights lie, not how they are fitted.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from segue.generator.compact_generator import COMPACT
from segue.generator.errors import TokenizerMismatch, WeightsCorrupt
from segue.generator.weight_files import weights_hash
from segue.tools.catalog.adapted import compact_folder, order_draft, order_folder, publish_order
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.semantic_ids import open_codes
from segue.tools.ranking.ranker import FILE, Rankers
from segue.tools.ranking.sources import SOURCES
from segue.tools.ranking.tower import Tower

SHIPPED: Final = "shipped"
_BESIDE: Final = "fitted_beside"
_TURNS: Final = "turns"
_REMEDY: Final = "`segue adapt CATALOG --feedback` fits one anew, `--shipped-order` removes this one"


@dataclass(frozen=True)
class Order:
    """Weights, and which they are in a few words."""

    rankers: Rankers
    name: str = SHIPPED


def order_of(catalog: Catalog) -> Order:
    """Return the order that ranks a catalog.

    Raises:
        WeightsCorrupt: its own order is damaged, or was fitted beside another tower or tokenizer.
    """
    folder = order_folder(catalog.root)
    if folder is None:
        return Order(Rankers.shipped(tuple(SOURCES)))
    rankers = Rankers.load(folder, tuple(SOURCES))
    about = json.loads((folder / FILE).read_text("utf-8"))
    beside, now = about.get(_BESIDE), _beside(catalog)
    if not isinstance(beside, dict) or any(beside.get(part) != now[part] for part in ("tower", "tokenizer")):
        raise WeightsCorrupt(f"the order in {folder} was fitted beside another tower or tokenizer: {_REMEDY}")
    name = f"own, learnt from {about.get(_TURNS)} turns"
    return Order(rankers, name if beside.get("generator") == now["generator"] else f"{name} with another generator")


def save_order(catalog: Catalog, rankers: Rankers, *, turns: int, about: Mapping[str, Any]) -> Path:
    """Make `rankers`, learnt from so many turns, the catalog's own order and return its folder.

    Raises CatalogLocked where another process is writing the catalog.
    """
    with order_draft(catalog.root) as draft:
        rankers.save(draft, about={_TURNS: turns, **about, _BESIDE: _beside(catalog)})
        return publish_order(catalog.root, draft)


def _beside(catalog: Catalog) -> dict[str, str]:
    try:
        tokenizer = open_codes(catalog).fingerprint
    except TokenizerMismatch:
        # Texts by an encoder that no tokenizer knows: such a catalog has no semantic IDs, and no tower either.
        tokenizer = ""
    return {
        "tower": Tower.shipped().fingerprint,
        "tokenizer": tokenizer,
        "generator": weights_hash(compact_folder(catalog.root) or COMPACT),
    }
