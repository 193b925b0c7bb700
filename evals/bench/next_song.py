"""`segue bench next-song`: the tables of "Semantic IDs for Music Recommendation" (SiriusXM), on radio and on thumbs.

- *radio*: what a station played, each song that came against songs drawn by popularity. The content of a song, from
  which trained IDs ("v1") are made, is its tags; random IDs ("v0") know nothing of it. With decomposition a song is
  also its artist and its genres, the tags that the default catalog knows as genres.
- *k against h*: models of about the same number of parameters, with many codes or many dimensions.
- *lift*: how far v1 and v0 lie above the baseline, by songs heard before, with intervals of 90 %.
- *stations*: new songs, distinct songs and artists per seed, and repetition, of stations that each model plays.
- *thumbs*: likes against dislikes of the same turn in CPCD's dialogues; content is the vector of a track's text.

Radio data may only be measured on: nothing trained here is kept.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import numpy as np
import typer
from numpy.typing import NDArray

from segue.evals.bench.result import BenchResult, Row

if TYPE_CHECKING:
    from segue.evals.next_song import Told
    from segue.evals.radio import Radio
    from segue.generator.next_song.model import NextSong
    from segue.generator.next_song.song_embedding import SongFacts
    from segue.generator.next_song.song_ids import SongIds
    from segue.generator.next_song.training import Popularity

HISTORY: Final = ((1, 1), (2, 3), (4, 7), (8, 15), (16, 50))
"""Songs heard before, in the groups of the lift table."""
RARE: Final = 8
"""A song played less often than this in training counts as new on a station: about one in ten."""
SEEDS: Final = 100
"""Seed songs of stations."""


@dataclass(frozen=True)
class Budget:
    """How much is trained."""

    codebooks: tuple[int, ...]
    width: int
    epochs: int
    repeats: int


def command(
    radio: Annotated[Path | None, typer.Option(help="Folder with the four radio_* files.")] = None,
    dialogs: Annotated[Path | None, typer.Option(help="Dialogues with likes and dislikes, JSON Lines.")] = None,
    catalog: Annotated[Path | None, typer.Option(help="Catalog folder that holds the dialogues' tracks.")] = None,
    codebooks: Annotated[str, typer.Option(help="Codes per level (k), separated by commas.")] = "16,64,256",
    width: Annotated[int, typer.Option(min=4, help="Dimensions (h); an even number.")] = 32,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs at most.")] = 20,
    repeats: Annotated[int, typer.Option(min=1, help="Trainings of each model; figures are means.")] = 1,
    share: Annotated[float, typer.Option(min=0.01, max=1, help="Share of the radio playlists that is read.")] = 1.0,
    quick: Annotated[bool, typer.Option("--quick", help="A tenth of the data, two epochs: does it run?")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure next-song models with semantic IDs against one with song indexes."""
    if radio is None and (dialogs is None or catalog is None):
        raise typer.BadParameter("give --radio FOLDER, or --dialogs FILE with --catalog FOLDER, or all three")
    if radio is not None and not radio.is_dir():
        raise typer.BadParameter(f"no such folder: {radio}")
    sizes = tuple(int(part) for part in codebooks.split(",") if part.strip().isdigit())
    if not sizes or width % 2:
        raise typer.BadParameter("--codebooks takes numbers like 16,64, and --width an even number")
    budget = Budget((min(sizes),), width, 2, 1) if quick else Budget(sizes, width, epochs, repeats)
    rows: list[Row] = []
    data: dict[str, Any] = {"width": budget.width, "epochs": budget.epochs, "repeats": budget.repeats, "quick": quick}
    if radio is not None:
        from segue.evals.radio import read_radio

        heard = read_radio(radio, _genres(), share=0.1 if quick else share)
        data |= {
            "radio": str(radio),
            "share": 0.1 if quick else share,
            "songs": heard.songs,
            "train": len(heard.train),
            "held_out": len(heard.held),
        }
        data |= {"held_out_rule": f"sha256(line) % 5 == {heard.remainder}"}
        rows += _radio_rows(heard, budget)
    if dialogs is not None and catalog is not None:
        found, about = _thumb_rows(dialogs, catalog, budget)
        rows, data = rows + found, data | about
    BenchResult(bench="next-song", data=data, rows=rows).show(as_json=json_)


@dataclass(frozen=True, eq=False)
class Trained:
    """One model after its training."""

    name: str
    model: "NextSong"
    told: "Told"
    metrics: dict[str, float]


def _radio_rows(radio: "Radio", budget: Budget) -> list[Row]:
    from segue.evals.next_song import draw_pairs, interval, tell_apart
    from segue.generator.next_song.training import popularity

    shares = popularity(radio.train, radio.songs)
    check, held = draw_pairs(radio.check, shares, seed=1), draw_pairs(radio.held, shares, seed=2)
    ids = _all_ids(radio.content, budget.codebooks)

    def fit(
        name: str, song: "SongIds | str | None", facts: "SongFacts | None", width: int, *, frozen: bool = False
    ) -> Trained:
        from segue.generator.next_song.training import NextSongSettings

        runs = []
        for seed in range(budget.repeats):
            model = _model(song, facts, radio.songs, width, seed=seed, frozen=frozen)
            settings = NextSongSettings(epochs=budget.epochs, seed=seed)
            started = time.perf_counter()
            kept = _train(model, radio.train, settings, radio.songs, lambda m: tell_apart(m, check).auc)
            runs.append((model, tell_apart(model, held), kept, time.perf_counter() - started))
        model, told = runs[0][:2]
        low, high = interval(told)
        metrics = {
            "auc": float(np.mean([run[1].auc for run in runs])), "low90": low, "high90": high,
            "parameters": model.trainable, "of_songs": model.songs.trainable, "epochs": runs[0][2],
        }  # fmt: skip
        typer.echo(f"{name}: {metrics['auc']:.4f}, {sum(run[3] for run in runs):.0f} s", err=True)
        return Trained(name, model, told, metrics)

    rows: list[Row] = []
    for kind, facts in (("song only", None), ("decomposed", radio.facts)):
        trained = [fit(f"{kind}, baseline", "index", facts, budget.width)]
        if facts is not None:
            trained.append(fit(f"{kind}, artist and genres alone", None, facts, budget.width))
        for (version, size), song in ids.items():
            trained.append(fit(f"{kind}, {version}, k={size}", song, facts, budget.width))
        largest = max(budget.codebooks)
        trained.append(
            fit(
                f"{kind}, v1, k={largest}, not learnt",
                ids["v1", largest],
                facts,
                budget.width,
                frozen=True,
            )
        )
        rows += [_beside(one, trained[0]) for one in trained]
        rows += _lifts(kind, trained)
        rows += _stations(trained, radio, shares)
        if facts is None:
            rows += _k_against_h(fit, ids, budget)
    return rows


def _beside(one: Trained, baseline: Trained) -> Row:
    saved = {
        "saved": 1 - one.metrics["parameters"] / baseline.metrics["parameters"],
        "songs_saved": 1 - one.metrics["of_songs"] / baseline.metrics["of_songs"],
    }
    return Row(name=one.name, metrics=one.metrics | saved)


def _lifts(kind: str, trained: Sequence[Trained]) -> list[Row]:
    """Return the lift over the baseline by songs heard before, of the largest codebook of each version."""
    from segue.evals.next_song import lift

    rows = []
    for version in ("v0", "v1"):
        chosen = [one for one in trained if f", {version}, k=" in one.name and "not learnt" not in one.name][-1]
        for low, high in HISTORY:
            value, bottom, top = lift(chosen.told, trained[0].told, low, high)
            if not np.isnan(value):
                name = f"{chosen.name}, after {low}-{high} songs"
                rows.append(Row(name=name, metrics={"lift": value, "low90": bottom, "high90": top}))
    return rows


def _stations(trained: Sequence[Trained], radio: "Radio", shares: "Popularity") -> list[Row]:
    from segue.evals.next_song import stations

    heard = [np.concatenate([one.songs for one in radio.train])]
    rare = np.bincount(heard[0], minlength=radio.songs) < RARE
    first = list(dict.fromkeys(int(one.songs[0]) for one in radio.held))
    seeds = np.random.default_rng(0).permutation(first)[:SEEDS].tolist()
    rows = []
    for one in trained:
        if "not learnt" not in one.name:
            found = stations(one.model, seeds, shares, radio.facts.artists, rare)
            rows.append(Row(name=f"stations, {one.name}", metrics=vars(found)))
    return rows


def _k_against_h(
    fit: "Callable[[str, SongIds | str | None, SongFacts | None, int], Trained]",
    ids: "dict[tuple[str, int], SongIds]",
    budget: Budget,
) -> list[Row]:
    """Return v1 models of about as many parameters as with the middle codebook: more codes, or more dimensions."""
    sizes = sorted(budget.codebooks)
    middle = sizes[len(sizes) // 2]
    target = _model(ids["v1", middle], None, 1, budget.width).trainable
    rows = []
    for size in sizes:
        if size != middle:
            widths = range(4, 6 * budget.width, 2)
            width = min(widths, key=lambda h: abs(_model(ids["v1", size], None, 1, h).trainable - target))
            one = fit(f"budget of {target}, v1, k={size}, h={width}", ids["v1", size], None, width)
            rows.append(Row(name=one.name, metrics=one.metrics))
    return rows


def _all_ids(content: "NDArray[np.float32]", sizes: Sequence[int]) -> "dict[tuple[str, int], SongIds]":
    from segue.generator.next_song.song_ids import random_ids, trained_ids

    keys = [str(number) for number in range(len(content))]
    return {("v0", size): random_ids(keys, size) for size in sizes} | {
        ("v1", size): trained_ids(content, size) for size in sizes
    }


def _model(
    song: "SongIds | str | None", facts: "SongFacts | None", songs: int, width: int, *, seed: int = 0,
    frozen: bool = False,
) -> "NextSong":  # fmt: skip
    """Return an untrained model; `song` is "index", IDs, or None for a song that is its artist and genres alone."""
    import torch

    from segue.generator.next_song.model import NextSong
    from segue.generator.next_song.song_embedding import SongCodes, SongDecomposition, SongEmbedding, SongIndex

    torch.manual_seed(seed)
    parts: list[SongIndex | SongCodes | SongDecomposition] = []
    if isinstance(song, str):
        parts.append(SongIndex(songs, width))
    elif song is not None:
        parts.append(SongCodes(song, width, frozen=frozen))
    if facts is not None:
        parts.append(SongDecomposition(facts, width))
    return NextSong(SongEmbedding(parts), width)


def _train(model: "NextSong", sequences: Any, settings: Any, songs: int, judge: "Callable[[NextSong], float]") -> int:
    from segue.generator.next_song.training import train_next_song

    return train_next_song(model, sequences, settings, songs=songs, judge=judge)


def _genres() -> frozenset[str]:
    """Return what the default catalog knows as genres, folded."""
    from segue.generator.names import fold
    from segue.tools.catalog.default import SOURCE
    from segue.tools.catalog.parquet import from_rows, read_table

    return frozenset(fold(genre) for track in from_rows(read_table(SOURCE)) for genre in track.genres)


def _thumb_rows(dialogs: Path, catalog: Path, budget: Budget) -> tuple[list[Row], dict[str, Any]]:
    """Train on the dialogues that are not held out, and tell likes from dislikes in those that are."""
    from segue.evals.next_song import draw_pairs, interval, tell_apart, tell_thumbs
    from segue.evals.radio import part_of
    from segue.evals.thumbs import thumbs
    from segue.generator.errors import SourceError
    from segue.generator.names import artist_key, fold
    from segue.generator.next_song.sequences import pieces
    from segue.generator.next_song.song_embedding import SongFacts
    from segue.generator.next_song.training import NextSongSettings, popularity
    from segue.tools.catalog.catalog import Catalog
    from segue.tools.ranking.dialogues import read_conversations, youtube_positions

    with Catalog.open(catalog) as opened:
        tracks = list(opened)
        content = np.array(opened.dense.vectors, dtype=np.float32)
    positions = youtube_positions(tracks)
    used = sorted(set(positions.values()))
    renumbered = {position: number for number, position in enumerate(used)}
    positions = {youtube: renumbered[position] for youtube, position in positions.items()}
    songs = len(used)
    artists = {key: n for n, key in enumerate(dict.fromkeys(artist_key(tracks[p].artist) for p in used))}
    genres = {key: n for n, key in enumerate(sorted({fold(g) for p in used for g in tracks[p].genres}))}
    facts = SongFacts(
        np.array([artists[artist_key(tracks[p].artist)] for p in used], dtype=np.int64),
        [[genres[fold(g)] for g in tracks[p].genres] for p in used],
    )
    conversations = read_conversations(dialogs)
    parts: dict[str, list[Any]] = {"train": [], "check": [], "held": []}
    choices: dict[str, list[Any]] = {"train": [], "check": [], "held": []}
    for conversation in conversations:
        heard, chosen = thumbs(conversation, positions)
        parts[part_of(conversation.id)] += pieces(heard)
        choices[part_of(conversation.id)] += chosen
    if not parts["train"] or not parts["check"] or not choices["held"]:
        raise SourceError(f"{dialogs} over {catalog}: too few likes and dislikes to learn from and to judge by")
    shares = popularity(parts["train"], songs)
    # Most tracks liked in a dialogue are liked in no other: they are drawn as well, or all pairs would be of old songs.
    drawn = (shares * sum(len(one) for one in parts["train"]) + 1) / (songs + sum(len(one) for one in parts["train"]))
    check, held = draw_pairs(parts["check"], drawn, seed=1), draw_pairs(parts["held"], drawn, seed=2)
    ids = _all_ids(content[used], budget.codebooks)
    rows = []
    for kind, own in (("song only", None), ("decomposed", facts)):
        songs_as: dict[str, SongIds | str] = {"baseline": "index"}
        songs_as |= {f"{version}, k={size}": one for (version, size), one in ids.items()}
        for name, song in songs_as.items():
            told, liked = [], []
            for seed in range(budget.repeats):
                model = _model(song, own, songs, budget.width, seed=seed)
                settings = NextSongSettings(epochs=budget.epochs, batch=32, learning_rate=5e-3, seed=seed)
                _train(model, parts["train"], settings, songs, lambda m: tell_apart(m, check).auc)
                told.append(tell_thumbs(model, choices["held"]))
                liked.append(tell_apart(model, held))
            low, high = interval(told[0])
            metrics = {
                "auc": float(np.mean([one.auc for one in told])), "low90": low, "high90": high,
                "auc_of_drawn": float(np.mean([one.auc for one in liked])), "parameters": model.trainable,
            }  # fmt: skip
            rows.append(Row(name=f"thumbs, {kind}, {name}", metrics=metrics))
            typer.echo(f"{rows[-1].name}: {metrics['auc']:.4f}, {metrics['auc_of_drawn']:.4f}", err=True)
    about = {
        "dialogs": str(dialogs), "catalog": str(catalog), "listeners": len(conversations),
        "choices_held_out": len(choices["held"]), "tracks_rated_or_rateable": songs,
    }  # fmt: skip
    return rows, about
