"""`segue bench similar`: content-based retrieval (3MToken, sections 3.3 and 3.4) on held-out playlists.

A seed track of a held-out playlist must find other tracks of that playlist. Every track of every held-out playlist is a
seed (or `--seeds` of them, drawn at random); it is a hit at k if any of the first k tracks is in that playlist. The
seed and all versions of its work are never answered. Consumption, artists' company and all weights are learned from the
other playlists only; a playlist's name is never read. Equal scores are ordered at random, for a catalog's own order may
be one of popularity.

Rows. `segue`: residual k-means, distances between codes, weights tuned on a fifth of the training playlists. A
quantizer's bare name (`kmeans-1024`, `rq-vae` ...): equal codes counted level by level with equal weights, as
published. `... weighted`: that with weights tuned for it. `... soft`: its codes with distances and Segue's weights
(`kmeans-1024 soft` with weights of its own). A modality's name: that modality alone, `without` one: all but it, both as
`segue`.
"""

import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from segue.evals.bench.result import BenchResult, Row

if TYPE_CHECKING:
    from segue.evals.bench.playlists import Ranker
    from segue.evals.bench.similar_systems import Quantized, Weights
    from segue.generator.encoders.features import Features
    from segue.generator.modality import Modality
    from segue.generator.sentences import TextEncoder
    from segue.generator.track import Track

SEGUE: Final[tuple[str, dict[str, Any]]] = ("residual-kmeans", {})
"""The default quantizer with the settings that ship."""
QUANTIZERS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "kmeans-1024": ("kmeans-1024", {"repeats": 0.0}),
    "residual-kmeans": SEGUE,
    "faiss-rq": ("faiss-rq", {}),
    "random": ("random", {}),
    "rq-vae": ("rq-vae", {}),
    "vq-vae-1024": ("vq-vae-1024", {}),
}
_TUNING_SEEDS: Final = 600


class Bench:
    """One run: the split, the features of the whole training part and those that tuning may see."""

    def __init__(self, tracks: "list[Track]", held_out: Any, sentences: "TextEncoder") -> None:
        from segue.evals.bench.playlists import fifth, split
        from segue.generator.encoders.features import Encoder, encode_modalities
        from segue.generator.encoders.store import default_encoders
        from segue.generator.modality import Modality

        self.outer = split(tracks, held_out)
        self.inner = split(self.outer.tracks, lambda playlist: fifth(playlist, salt="tuning"))
        self.encoders = default_encoders(sentences)
        for encoder in self.encoders.values():
            encoder.fit(self.outer.tracks)
        self.features = encode_modalities(self.outer.tracks, self.encoders)
        # Only these two learn from playlists: to tune weights they must not have seen the playlists that tune.
        learners: dict[Modality, Encoder] = {
            modality: encoder
            for modality, encoder in default_encoders(sentences).items()
            if modality in (Modality.AC, Modality.TC)
        }
        for encoder in learners.values():
            encoder.fit(self.inner.tracks)
        self.inner_features = {**self.features, **encode_modalities(self.inner.tracks, learners)}

    def quantize(
        self, name: str, features: "Mapping[Modality, Features]", *, like: "Quantized | None" = None, **settings: Any
    ) -> "Quantized":
        """Train the quantizer `name` on the features and encode the catalog; see `Quantized.fit`."""
        from segue.evals.bench.similar_systems import Quantized

        kind, defaults = QUANTIZERS[name]
        return Quantized.fit(features, kind, {**defaults, **settings}, self.outer.tracks, like=like)

    def tune(self, vectors: "Mapping[Modality, Any]") -> "Weights":
        """Return weights for the cosines of `vectors`, tuned on the inner playlists."""
        from segue.evals.bench.playlists import seeds_of
        from segue.evals.bench.similar_weights import tune_weights

        seeds = seeds_of(self.inner.held_out, _TUNING_SEEDS)
        return tune_weights(lambda rows: {m: v[rows] @ v.T for m, v in vectors.items()}, self.inner, seeds)

    def tune_hard(self, quantized: "Quantized") -> "Weights":
        """Return weights for counting the equal codes of a quantizer of one level, tuned on the inner playlists."""
        from segue.evals.bench.playlists import seeds_of
        from segue.evals.bench.similar_weights import tune_weights

        def scores(rows: Any) -> Any:
            codes = {m: c[:, 0] for m, c in quantized.codes.items()}
            return {m: ((c[rows, None] == c) & (c[rows, None] >= 0)).astype("float32") for m, c in codes.items()}

        return tune_weights(scores, self.inner, seeds_of(self.inner.held_out, _TUNING_SEEDS))


def rankers(
    bench: Bench, sentences: "TextEncoder", wanted: Callable[[str], bool], epochs: int | None, notes: dict[str, float]
) -> "Mapping[str, Callable[[], Ranker]]":
    """Return the systems by row name, each built when it is called; `notes` receives the tuned weights."""
    import numpy as np

    from segue.evals.bench import similar_systems as systems
    from segue.generator.layout import CodeLayout
    from segue.generator.modality import MODALITIES
    from segue.generator.quantizers.autoencoder import Training
    from segue.tools.catalog.describe import describe

    tracks = bench.outer.tracks
    equal = np.ones(len(MODALITIES))
    inner = bench.quantize("residual-kmeans", bench.inner_features)
    weights = bench.tune(inner.unit_vectors())
    notes.update({f"weight {modality}": float(w) for modality, w in zip(MODALITIES, weights, strict=True)})
    final = bench.quantize("residual-kmeans", bench.features, like=inner)
    tokenizer = systems.tokenizer_of(bench.encoders, final, CodeLayout())
    codes = tokenizer.encode_features(bench.features)

    segue = partial(systems.by_codes, tokenizer, codes, tracks)
    found: dict[str, Callable[[], Ranker]] = {"segue": partial(segue, weights)}
    for name in QUANTIZERS:
        if not wanted(name):
            continue
        settings: dict[str, Any] = (
            {"training": Training(epochs=epochs)} if epochs and name in ("rq-vae", "vq-vae-1024") else {}
        )
        quantized = final if name == "residual-kmeans" else bench.quantize(name, bench.features, **settings)
        found[name] = partial(quantized.hard, equal)
        if name == "kmeans-1024":
            flat = bench.quantize(name, bench.inner_features, like=quantized)
            found[f"{name} weighted"] = partial(quantized.hard, bench.tune_hard(flat))
            found[f"{name} soft"] = partial(
                systems.by_cosine, quantized.unit_vectors(), bench.tune(flat.unit_vectors())
            )
        elif name not in ("random", "residual-kmeans"):
            found[f"{name} soft"] = partial(systems.by_cosine, quantized.unit_vectors(), weights)
    found["residual-kmeans soft, equal weights"] = partial(segue, equal)
    texts = [describe(track) for track in tracks]
    found["bm25"] = partial(systems.by_words, texts)
    found["dense"] = partial(systems.by_text, texts, sentences)
    plain = systems.unit_features(bench.features)
    found["unquantized"] = partial(systems.by_cosine, plain, equal)
    found["unquantized weighted"] = partial(systems.by_cosine, plain, weights)
    for place, modality in enumerate(MODALITIES):
        alone = np.eye(len(MODALITIES))[place]
        found[str(modality)] = partial(segue, alone)
        found[f"without {modality}"] = partial(segue, weights * (1 - alone))
    return found


def command(
    catalog: Annotated[Path, typer.Option(help="A catalog folder, or a file that can be imported.")],
    held_out: Annotated[
        Path | None, typer.Option(help="JSON list of the ids of the held-out playlists; else sha256(id) % 5 == 0.")
    ] = None,
    rows: Annotated[str | None, typer.Option(help="Only these rows, separated by commas.")] = None,
    seeds: Annotated[int | None, typer.Option(help="So many seeds drawn at random instead of all.", min=1)] = None,
    epochs: Annotated[int | None, typer.Option(help="Epochs of the two autoencoders (the paper's 150).")] = None,
    vectors: Annotated[Path | None, typer.Option(help="A file that keeps sentence embeddings between runs.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Find tracks of a held-out playlist from one of its tracks, by content."""
    import numpy as np

    from segue.evals.bench.playlists import fifth, hit_rates, read_playlist_ids, seeds_of
    from segue.generator.remembered import RememberedSentences
    from segue.generator.sentences import SentenceEncoder
    from segue.tools.catalog.source import tracks_of

    music = tracks_of(catalog)
    # A catalog's order may be one of popularity, and ties go to the first row.
    music = [music[row] for row in np.random.default_rng(0).permutation(len(music))]
    chosen: Any = fifth if held_out is None else read_playlist_ids(held_out)
    only = None if rows is None else {name.strip() for name in rows.split(",")}

    def wanted(name: str) -> bool:
        return only is None or any(row == name or row.startswith(f"{name} ") for row in only)

    sentences = RememberedSentences(SentenceEncoder(), vectors)
    bench = Bench(music, chosen, sentences)
    sentences.save()
    pairs = seeds_of(bench.outer.held_out, seeds)
    if not pairs:
        raise typer.BadParameter("no held-out playlist has tracks of two works in this catalog")
    notes: dict[str, float] = {}
    result = []
    started = time.perf_counter()
    for name, build in rankers(bench, sentences, wanted, epochs, notes).items():
        if only is None or name in only:
            result.append(Row(name=name, metrics=hit_rates(build(), bench.outer, pairs)))
            typer.echo(f"{name}: {time.perf_counter() - started:.0f} s", err=True)
    sentences.save()
    data = {
        "catalog": catalog.name,
        "tracks": len(music),
        "held_out": held_out.name if held_out else "sha256(id) % 5 == 0",
        "playlists": len(bench.outer.held_out),
        "seeds": len(pairs),
        "epochs": epochs or 150,
    }
    BenchResult(bench="similar", data=data, rows=result, figures=notes).show(as_json=as_json)
