"""Generators that have not learnt from a dialogue: `segue generator train --folds` makes one for each part of the data.

Whoever fits or judges an order must not ask a generator that knows the answers. Knows folders and folds.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from segue.generator.compact_generator import CompactGenerator
from segue.generator.errors import UserError
from segue.generator.training_data.example import fold_of
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.semantic_ids import open_codes
from segue.tools.ranking.stock import Distributes


def read_generators(folder: Path, catalog: Catalog) -> list[CompactGenerator]:
    """Return the generators in `folder`, generator n made without fold n, for the semantic IDs of `catalog`.

    Raises UserError where they are missing or not those of one training: one would judge what it has learnt from.
    """
    folders = [folder / f"fold-{fold}" for fold in range(len(list(folder.glob("fold-*"))))]
    if not folders:
        raise UserError(f"{folder} holds no fold-0: segue generator train --folds makes what a ranker learns from")
    for fold, own in enumerate(folders):
        try:
            manifest = json.loads((own / "manifest.json").read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise UserError(f"{own} cannot be read: {error}") from error
        if (manifest.get("without_fold"), manifest.get("folds")) != (fold, len(folders)):
            raise UserError(f"{own} is not fold {fold} of {len(folders)}: the folders must be those of one training")
    fingerprint = open_codes(catalog).fingerprint
    return [CompactGenerator.load(own, tokenizer=fingerprint) for own in folders]


def unseeing(generators: Sequence[Distributes], origin: str) -> Distributes | None:
    """Return the one of `generators` that has not learnt from this dialogue or artist; None where there are none."""
    return generators[fold_of(origin, len(generators))] if generators else None
