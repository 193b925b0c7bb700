"""`segue bench entities`: precision and recall of the artists and works linked in real music requests.

Definitions, per kind (artist: mentions of type "Artist"; work: mentions of type "WoA", titles and albums):

- *linkable*: a marked mention whose name (the Wikipedia title without brackets, or the text as written) is a name of
  that kind in the catalog, compared without case, accents, punctuation and leading article.
- *found*: a linked mention that overlaps a linkable one in the text, and whose name is its name or its text. Recall is
  found / linkable.
- *correct*: a linked mention that overlaps a marked one of its type and names the same. Precision is correct / linked.
  Where the annotators gave no name and the text is misspelt, up to a quarter of the letters may differ.
- *marked*: the share of linked mentions that overlap any marked mention, whatever the name: what is lacking to
  precision but not to this is a wrong name on a true mention, the rest was not marked (or is everyday language).

The baselines link the longest word n-gram that equals a name of the catalog; the stronger one leaves out single words
of everyday English (Zipf frequency 4 and more). `fitted` rows are requests that the weights were fitted on, `held-out`
rows were kept aside from fitting and tuning. `link_*_ms` is wall time and grows with what else the machine does,
`link_*_cpu_ms` is the processor time of the same calls.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import numpy as np
import typer

from segue.evals.bench.result import BenchResult, Row
from segue.evals.bench.sample import evenly
from segue.evals.requests import Request, Truth, read_requests
from segue.generator.names import artist_key, fold, split_title
from segue.tools.search.name_table import Kind
from segue.tools.search.words import keys, zipf

if TYPE_CHECKING:
    from segue.tools.search.entities import EntityLinker
    from segue.tools.search.name_building import Columns
    from segue.tools.search.name_index import NameIndex

Group = Literal["artist", "work"]
_TYPES: dict[Group, str] = {"artist": "Artist", "work": "WoA"}
_KINDS: dict[Group, tuple[Kind, ...]] = {"artist": ("artist",), "work": ("title", "album")}


class Linked(NamedTuple):
    """A linked mention, by its words in the query."""

    first: int
    stop: int
    group: Group
    name: str


Linker = Callable[[Request], list[Linked]]


def command(
    requests: Annotated[Path, typer.Option(help="Requests with marked mentions, JSON Lines.")],
    catalog: Annotated[Path, typer.Option(help="A catalog folder, or a JSON Lines file of tracks.")],
    limit: Annotated[int | None, typer.Option(min=10, help="Requests at most, evenly spread.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure entity linking against marked requests, beside exact-match baselines."""
    from segue.tools.search.entities import EntityLinker

    columns = read_columns(catalog)
    started = time.perf_counter()
    linker = EntityLinker.of_columns(*columns)
    build_seconds = time.perf_counter() - started
    everything = evenly(read_requests(requests), limit)
    systems: dict[str, Linker] = {
        "exact n-gram": exact_linker(linker.names, common=9.0),
        "exact n-gram, no everyday words": exact_linker(linker.names, common=4.0),
        "segue": segue_linker(linker),
    }
    for request in everything[:20]:
        linker.link(request.query)
    durations, cpu = [], []
    for request in everything:
        started, cpu_started = time.perf_counter(), time.process_time()
        linker.link(request.query)
        durations.append(1000 * (time.perf_counter() - started))
        cpu.append(1000 * (time.process_time() - cpu_started))
    rows = []
    for part in ("held-out", "fitted"):
        chosen = [request for request in everything if request.held_out == (part == "held-out")]
        for group in _TYPES:
            for name, link in systems.items():
                rows.append(Row(name=f"{group}, {part}: {name}", metrics=measure(link, chosen, group, linker.names)))
    BenchResult(
        bench="entities",
        data={
            "requests": str(requests), "catalog": str(catalog), "tracks": len(columns[0]),
            "requests read": len(everything),
            "held-out": "sha256(query) % 5 == 0",
        },
        rows=rows,
        figures={
            "build_seconds": build_seconds,
            "link_p50_ms": float(np.percentile(durations, 50)),
            "link_p95_ms": float(np.percentile(durations, 95)),
            "link_max_ms": max(durations),
            "link_p50_cpu_ms": float(np.percentile(cpu, 50)),
            "link_p95_cpu_ms": float(np.percentile(cpu, 95)),
            "link_max_cpu_ms": max(cpu),
            "mentions_not_placed": sum(request.missed for request in everything),
        },
    ).show(as_json=json_)  # fmt: skip


def measure(link: Linker, requests: list[Request], group: Group, names: "NameIndex") -> dict[str, float]:
    """Return precision, recall, F1 and the counts behind them for one kind of mention."""
    linked_count = correct = marked = linkable = found = 0
    for request in requests:
        linked = [item for item in link(request) if item.group == group]
        truths = [truth for truth in request.truths if truth.type == _TYPES[group]]
        for item in linked:
            linked_count += 1
            correct += any(_overlap(item, truth) and _same(item, truth) for truth in truths)
            marked += any(_overlap(item, truth) for truth in request.truths)
        for truth in truths:
            if _linkable(truth, group, names):
                linkable += 1
                found += any(_overlap(item, truth) and _same(item, truth) for item in linked)
    precision = correct / linked_count if linked_count else 0.0
    recall = found / linkable if linkable else 0.0
    return {
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / (precision + recall) if precision + recall else 0.0,
        "linkable": linkable,
        "linked": linked_count,
        "marked": marked / linked_count if linked_count else 0.0,
    }


def segue_linker(linker: "EntityLinker") -> Linker:
    """Return our linker in the form that `measure` takes."""

    def link(request: Request) -> list[Linked]:
        starts = {word.start: place for place, word in enumerate(request.words)}
        ends = {word.end: place + 1 for place, word in enumerate(request.words)}
        return [
            Linked(starts[m.start], ends[m.end], "artist" if m.kind == "artist" else "work", m.name)
            for m in linker.link(request.query)
        ]

    return link


def exact_linker(names: "NameIndex", *, common: float) -> Linker:
    """Return a baseline: from the left, the longest n-gram that equals a name; artists and works are sought apart.

    Single words with a Zipf frequency of `common` and more are left out.
    """

    def look_up(text: str, group: Group) -> str | None:
        numbers = (names.find(kind, text) for kind in _KINDS[group])
        return next((names.names[number].text for number in numbers if number is not None), None)

    def link(request: Request) -> list[Linked]:
        found: list[Linked] = []
        for group in _KINDS:
            first = 0
            while first < len(request.words):
                for stop in range(min(len(request.words), first + 12), first, -1):
                    if stop == first + 1 and zipf(request.words[first].key) >= common:
                        continue
                    hit = look_up(" ".join(word.key for word in request.words[first:stop]), group)
                    if hit is not None:
                        found.append(Linked(first, stop, group, hit))
                        first = stop
                        break
                else:
                    first += 1
        return found

    return link


def read_columns(path: Path) -> "Columns":
    """Return titles, artists and albums of a catalog folder, or of a file as it would be imported."""
    from segue.tools.catalog.source import tracks_of
    from segue.tools.search.name_building import Columns

    tracks = tracks_of(path)
    return Columns(
        [track.title for track in tracks],
        [[artist.name for artist in track.artists] for track in tracks],
        [track.album for track in tracks],
    )


def _overlap(item: Linked, truth: Truth) -> bool:
    return item.first < truth.stop and truth.first < item.stop


def _spelt(text: str, group: Group) -> str:
    bare = artist_key(text) if group == "artist" else split_title(text).base
    return "".join(keys(bare))


def _same(item: Linked, truth: Truth) -> bool:
    from rapidfuzz.distance import OSA

    ours = _spelt(item.name, item.group)
    written = _spelt(truth.mention, item.group)
    if ours in (_spelt(truth.name, item.group), written, written.removesuffix("s")):
        return True
    return not truth.name and OSA.distance(ours, written) <= len(written) // 4


def _linkable(truth: Truth, group: Group, names: "NameIndex") -> bool:
    written = [text for text in (truth.name, truth.mention) if fold(text)]
    return any(names.find(kind, text) is not None for kind in _KINDS[group] for text in written)
