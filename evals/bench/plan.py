"""What `segue bench all` runs: for each benchmark its data, its size, and its smaller size."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from segue.tools.catalog.catalog import Catalog

Need = Literal["dialogue tracks", "playlists"]


@dataclass(frozen=True)
class Planned:
    """One benchmark."""

    bench: str
    files: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """(option, names of files in the data folders), each file given with the option."""
    folder: tuple[str, str] | None = None
    """(option, name of a file whose folder is given)."""
    catalog: Literal["none", "first", "each"] = "none"
    """Whether it runs over no catalog, over the first that has what it needs, or over each such."""
    need: Need | None = None
    """What the catalog's tracks must have."""
    timed: bool = False
    """Whether it measures how long something takes, and wants the machine to itself."""
    full: tuple[str, ...] = ()
    """Further arguments of the whole form, meant to end within an hour on two cores together with all others."""
    quick: tuple[str, ...] = ()
    """Further arguments of the quick form; all together are meant to end within five minutes."""
    skipped: str = ""
    """Why it can never run by itself."""
    long: str = ""
    """Why it has no quick form."""


DIALOGS: Final = "cpcd_dialogs.jsonl.gz"
_EMBEDS: Final = "it embeds a whole catalog, which takes minutes"
_TRAINS: Final = "it trains language models, small ones, which takes minutes"
TURNS: Final = ("turns.jsonl", "turns_midway.jsonl")
PLAN: Final = (
    Planned("backends", timed=True, skipped="asks a vLLM server: make vllm, then segue bench backends"),
    Planned("cross-validated", skipped="asks generators made without each part of the dialogues: make ranking"),
    Planned(
        "dialogues", files=(("--dialogs", (DIALOGS,)),), catalog="first", need="dialogue tracks",
        full=("--rows", "compact,parallel,stack", "--against", "stack"),
        quick=("--rows", "bm25,minilm,fusion-4,compact", "--bootstrap", "100", "--candidates", "all", "--limit", "40"),
    ),
    Planned("entities", files=(("--requests", ("requests.jsonl.gz",)),), catalog="first", quick=("--limit", "600")),
    Planned(
        "generation", timed=True, full=("--repeats", "10"),
        quick=("--rows", "compact", "--repeats", "10", "--draws", "20"),
    ),
    Planned("hear", files=(("--turns", TURNS),), catalog="first", quick=("--limit", "300")),
    Planned("importance", timed=True, files=(("--turns", TURNS),), quick=("--limit", "150")),
    Planned("intent", files=(("--csv", ("reco_intent.csv",)),), catalog="first", quick=("--limit", "200")),
    Planned("match", timed=True, quick=("--tracks", "100000", "--queries", "20", "--chroma-tracks", "1000")),
    Planned("memory", timed=True, quick=("--events", "200", "--logs", "100,1000")),
    Planned("music-crs", skipped="scores files of predictions: segue bench music-crs FILE"),
    Planned(
        "next-song", folder=("--radio", "radio_playlists.txt.gz"),
        full=("--share", "0.1", "--epochs", "5"), quick=("--share", "0.02", "--epochs", "1", "--codebooks", "16"),
    ),
    Planned("obedience", catalog="first", full=("--turns", "600"), quick=("--turns", "16")),
    Planned(
        "orders", catalog="first", long=_TRAINS,
        full=(
            "--orders", "reversed,surest first", "--requests", "3000", "--held-out", "200", "--ranked", "20",
            "--steps", "220",
        ),
    ),
    Planned("personal", catalog="first", need="playlists", full=("--limit", "60"), quick=("--quick",)),
    Planned(
        "quantizers", catalog="first",
        full=("--tracks", "3000", "--epochs", "5"), long=_EMBEDS,
    ),
    Planned("ranking", timed=True, files=(("--dialogs", (DIALOGS,)),), catalog="each", quick=("--repeats", "5")),
    Planned(
        "requests", files=(("--requests", ("artist_facts.jsonl",)),), catalog="first",
        full=("--limit", "200"), quick=("--limit", "20"),
    ),
    Planned(
        "search", timed=True, files=(("--queries", ("requests.jsonl.gz",)),), catalog="each", quick=("--most", "50")
    ),
    Planned(
        "self-similarity", catalog="first", long=_TRAINS,
        full=("--requests", "1000", "--held-out", "200", "--steps", "800", "--points", "8", "--seeds", "1"),
    ),
    Planned("serving", timed=True, catalog="first", quick=("--quick",)),
    Planned(
        "similar", catalog="first", need="playlists",
        full=("--rows", "segue,kmeans-1024,random", "--seeds", "600"), long=_EMBEDS,
    ),
    Planned("simulate", catalog="first", full=("--listeners", "20"), quick=("--listeners", "2", "--turns", "4")),
    Planned(
        "storage", full=("--kills", "40", "--writers", "10"),
        quick=("--kills", "1", "--writers", "1", "--step", "8"),
    ),
    Planned(
        "text-to-music", files=(("--requests", ("artist_facts.jsonl",)),), folder=("--tags", "radio_tags.txt.gz"),
        catalog="first", full=("--limit", "150"),
        quick=("--rows", "bm25,minilm,compact", "--limit", "15", "--bootstrap", "200"),
    ),
    Planned(
        "threads", timed=True, full=("--turns", "500", "--kills", "20"),
        quick=("--turns", "50", "--users", "5", "--kills", "1"),
    ),
    Planned(
        "tokens", files=(("--dialogs", (DIALOGS,)),), catalog="first", need="dialogue tracks",
        quick=("--rows", "compact", "--limit", "60", "--bootstrap", "200"),
    ),
    Planned("turn", timed=True, catalog="each", full=("--n", "100"), quick=("--n", "10", "--long", "10")),
)  # fmt: skip


@dataclass(frozen=True)
class Run:
    """One benchmark with its arguments, or why it is left out."""

    name: str
    """Of the result's file: the benchmark's, and the catalog's where it runs over each and this is not the first."""
    arguments: tuple[str, ...] = ()
    smaller: bool = False
    """Whether the arguments ask less than those of the whole form."""
    timed: bool = False
    """Whether nothing else may run beside it."""
    skipped: str = ""


def runs(planned: Planned, data: Sequence[Path], catalogs: Sequence[tuple[str, Path]], *, quick: bool) -> list[Run]:
    """Return the runs of one benchmark over the data folders and the catalogs (name, folder); the first has no name.

    The quick form looks at one catalog only.
    """
    if reason := planned.skipped or (planned.long if quick else ""):
        return [Run(planned.bench, skipped=reason)]
    arguments = [planned.bench]
    for option, names in planned.files:
        for name in names:
            if (file := find(name, data)) is None:
                return [Run(planned.bench, skipped=f"no {name} in the data folders")]
            arguments += [option, str(file)]
    if planned.folder is not None:
        if (file := find(planned.folder[1], data)) is None:
            return [Run(planned.bench, skipped=f"no {planned.folder[1]} in the data folders")]
        arguments += [planned.folder[0], str(file.parent)]
    arguments += planned.quick if quick else planned.full
    smaller = quick and planned.quick != planned.full
    if planned.catalog == "none":
        return [Run(planned.bench, tuple(arguments), smaller, planned.timed)]
    fit = [(name, folder) for name, folder in catalogs if planned.need is None or has(planned.need, folder)]
    if not fit:
        return [Run(planned.bench, skipped=f"no track of a catalog has {planned.need}")]
    found = []
    for name, folder in fit[:1] if planned.catalog == "first" or quick else fit:
        file_name = f"{planned.bench}-{name}" if name and planned.catalog == "each" else planned.bench
        found.append(Run(file_name, (*arguments, "--catalog", str(folder)), smaller, planned.timed))
    return found


def find(name: str, folders: Sequence[Path]) -> Path | None:
    """Return the first file of that name in the folders or below them."""
    return next((file for folder in folders for file in sorted(folder.rglob(name)) if file.is_file()), None)


def has(need: Need, folder: Path) -> bool:
    """Return whether any track of a catalog was rated in dialogues, or stands in playlists."""
    from segue.tools.catalog.catalog import Catalog

    with Catalog.open(folder) as catalog:
        return _has(need, catalog)


def _has(need: Need, catalog: "Catalog") -> bool:
    if need == "playlists":
        return any(track.listened for track in catalog)
    return any(track.ids.youtube for track in catalog)
