"""`segue bench quantizers`: the quantizers side by side on the same vectors, with about equal numbers of codes.

Per quantizer and modality: reconstruction error, perplexity, share of different vectors told apart, hubness of what is
decoded, seconds of training. Retrieval, which decides, is `segue bench similar`'s matter.
"""

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from segue.evals.bench.result import BenchResult, Row
from segue.generator.encoders.features import Features
from segue.generator.modality import MODALITIES, Modality
from segue.generator.quantizers.clusters import distinct
from segue.generator.quantizers.protocol import Quantizer, Vectors
from segue.generator.quantizers.registry import quantizer_class
from segue.generator.tokenizer_report import hubness

CONTESTANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "residual-kmeans": ("residual-kmeans", {}),
    "rq-vae": ("rq-vae", {}),
    "faiss-rq": ("faiss-rq", {}),
    "faiss-rq beam 5": ("faiss-rq", {"beam": 5}),
    "kmeans-1024": ("kmeans-1024", {}),
    "vq-vae-1024": ("vq-vae-1024", {}),
    "random": ("random", {}),
}


def measure(quantizer: Quantizer, vectors: Vectors, *, seed: int = 0) -> dict[str, float]:
    """Fit `quantizer` to all `vectors` but every tenth different one, and return its figures on those kept aside.

    `error` is the squared error as a share of the variance, `error_1` that of the first level alone; `told_apart` the
    share of all different vectors with a code of their own; `perplexity` that of level 1 over all vectors.
    """
    rows = distinct(vectors)
    aside = np.random.default_rng(seed).permutation(len(rows.vectors)) < len(rows.vectors) // 10
    held = rows.vectors[aside] if aside.any() else rows.vectors
    started = time.perf_counter()
    quantizer.fit(vectors[~aside[rows.inverse]], seed=seed)
    seconds = time.perf_counter() - started
    codes, everything = quantizer.encode(held), quantizer.encode(vectors)
    variance = float(((held - held.mean(axis=0)) ** 2).sum(axis=1).mean())
    share = np.bincount(everything[:, 0]) / len(everything)
    share = share[share > 0]
    skew = hubness(quantizer.decode(codes), seed=seed)
    return {
        "error": float(((held - quantizer.decode(codes)) ** 2).sum(axis=1).mean()) / variance,
        "error_1": float(((held - quantizer.decode(codes[:, :1])) ** 2).sum(axis=1).mean()) / variance,
        "perplexity": float(2 ** -(share * np.log2(share)).sum()),
        "told_apart": len(np.unique(quantizer.encode(rows.vectors), axis=0)) / len(rows.vectors),
        **({} if skew is None else {"hubness": skew}),
        "seconds": seconds,
    }


def compare(
    features: dict[Modality, Features], contestants: Iterable[str], *, most: int, seed: int, epochs: int | None
) -> list[Row]:
    """Return one row per quantizer and modality, over at most `most` tracks per modality."""
    from segue.generator.quantizers.autoencoder import Training

    rows = []
    for modality in MODALITIES:
        vectors = features[modality].vectors[features[modality].known]
        if len(vectors) > most:
            vectors = vectors[np.random.default_rng(seed).choice(len(vectors), most, replace=False)]
        # Below this many different values even 1,024 flat clusters are a look-up table.
        if not len(vectors) or len(distinct(np.ascontiguousarray(vectors)).vectors) < 1_200:
            continue
        for name in contestants:
            kind, settings = CONTESTANTS[name]
            if epochs and kind in ("rq-vae", "vq-vae-1024"):
                settings = {**settings, "training": Training(epochs=epochs)}
            rows.append(
                Row(name=f"{name} {modality}", metrics=measure(quantizer_class(kind)(**settings), vectors, seed=seed))
            )
    return rows


def command(
    catalog: Annotated[Path, typer.Option(help="A catalog folder, or a file that can be imported.")],
    quantizers: Annotated[str, typer.Option(help="Which, separated by commas.")] = ",".join(CONTESTANTS),
    tracks: Annotated[int, typer.Option(help="Tracks per modality at most.", min=2)] = 20_000,
    epochs: Annotated[int | None, typer.Option(help="Epochs of the two autoencoders (the paper's 150).")] = None,
    seed: Annotated[int, typer.Option(help="Of the sample and of every training.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare the quantizers on the modalities of a catalog."""
    from segue.generator.encoders.features import encode_modalities
    from segue.generator.encoders.store import default_encoders
    from segue.generator.sentences import SentenceEncoder
    from segue.tools.catalog.source import tracks_of

    chosen = [name.strip() for name in quantizers.split(",")]
    unknown = [name for name in chosen if name not in CONTESTANTS]
    if unknown:
        raise typer.BadParameter(f"no contestant is called {unknown[0]!r}; there are {', '.join(CONTESTANTS)}")
    music = tracks_of(catalog)
    encoders = default_encoders(SentenceEncoder())
    for encoder in encoders.values():
        encoder.fit(music)
    rows = compare(encode_modalities(music, encoders), chosen, most=tracks, seed=seed, epochs=epochs)
    data = {"catalog": catalog.name, "tracks": len(music), "most": tracks, "epochs": epochs or 150, "seed": seed}
    BenchResult(bench="quantizers", data=data, rows=rows).show(as_json=as_json)
