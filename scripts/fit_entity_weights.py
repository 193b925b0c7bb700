"""Fit the weights of entity linking and write them beside `tools/search/evidence.py`.

    python scripts/fit_entity_weights.py --requests requests.jsonl.gz --tracks tracks.jsonl [--tracks more.jsonl.gz]

Needs requests with marked mentions (see `segue.evals.requests`) and tracks (JSON Lines: title, artist or artists,
album), both such as may train what ships. A candidate is a positive example where it covers a marked mention and
names what the annotators named. Requests kept aside (a fifth, by hash) are not looked at.
"""

import argparse
import gzip
import json
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from segue.evals.requests import Request, Truth, read_requests
from segue.generator.names import artist_key, fold, split_title
from segue.tools.search.entities import EntityLinker
from segue.tools.search.evidence import Features, Weights
from segue.tools.search.name_index import Name, NameIndex
from segue.tools.search.words import keys

OUT = Path(__file__).parent.parent / "tools" / "search" / "entity_weights.json"


def read_columns(paths: list[Path], without: frozenset[str]) -> tuple[list[str], list[list[str]], list[str | None]]:
    """Return titles, artists and albums of JSON Lines files, but for rows of the sources `without`."""
    titles, artists, albums = [], [], []
    for path in paths:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                if without & set(row.get("sources", ())):
                    continue
                titles.append(row["title"])
                artists.append(row.get("artists") or [row["artist"]])
                albums.append(row.get("album"))
    return titles, artists, albums


def means(truth: Truth, name: Name) -> bool:
    """Tell whether `name` is what the annotators marked."""
    if truth.type == "Artist":
        same = artist_key(name.text) in (artist_key(truth.name), artist_key(truth.mention))
    else:
        same = fold(split_title(name.text).base) in (fold(truth.name), fold(truth.mention))
    return same or "".join(name.words) == "".join(keys(truth.mention))


def examples(
    linker: EntityLinker, requests: list[Request]
) -> dict[str, tuple[list[Features], list[bool], list[float]]]:
    """Return feature rows, labels and weights per table ("artist", "work")."""
    tables: dict[str, tuple[list[Features], list[bool], list[float]]] = {"artist": ([], [], []), "work": ([], [], [])}
    for request in requests:
        reading, found, rows = linker.candidates(request.query)
        for c, row in zip(found, rows, strict=True):
            name = linker.names.names[c.name]
            wanted = "Artist" if name.kind == "artist" else "WoA"
            table = tables["artist" if name.kind == "artist" else "work"]
            stretch = [t for t in request.truths if t.first < c.stop and c.first < t.stop]
            article = reading.key(c.first) == "the"
            spans = {(c.first, c.stop), (c.first + article, c.stop)}
            hit = any(
                t.type == wanted
                and spans & {(t.first, t.stop), (t.first + (reading.key(t.first) == "the"), t.stop)}
                and (means(t, name) or (c.edits > 0 and not t.name) or (c.form in ("initials", "part") and not t.name))
                for t in stretch
            )
            # Annotators often marked the work or the artist of a stretch that names both: no evidence either way.
            unsure = not hit and any(
                (t.first, t.stop) in spans and t.type != wanted and means_any(t, name) for t in stretch
            )
            if unsure:
                continue
            table[0].append(row)
            table[1].append(hit)
            table[2].append(1.0)
    return tables


def means_any(truth: Truth, name: Name) -> bool:
    """Tell whether `name` is spelt as the marked mention is, whatever its kind."""
    return "".join(name.words) == "".join(keys(truth.mention))


def fit(rows: list[Features], labels: list[bool], weights: list[float], regularisation: float) -> dict[str, float]:
    """Fit one logistic regression and return its weights by feature name."""
    columns = sorted({key for row in rows for key in row})
    place = {key: column for column, key in enumerate(columns)}
    matrix = np.zeros((len(rows), len(columns)))
    for number, row in enumerate(rows):
        for key, value in row.items():
            matrix[number, place[key]] = value
    model = LogisticRegression(C=regularisation, max_iter=5_000).fit(matrix, labels, sample_weight=weights)
    table = {key: round(float(weight), 3) for key, weight in zip(columns, model.coef_[0], strict=True)}
    return {"bias": round(float(model.intercept_[0]), 3), **table}


def main() -> None:
    """Fit and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=Path, required=True)
    parser.add_argument("--tracks", type=Path, action="append", required=True)
    parser.add_argument("--without-source", action="append", default=[], help="leave out tracks of this source")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--regularisation", type=float, default=1.0)
    options = parser.parse_args()
    nothing = Weights({"bias": 0.0}, {"bias": 0.0})
    linker = EntityLinker(NameIndex(*read_columns(options.tracks, frozenset(options.without_source))), weights=nothing)
    requests = [request for request in read_requests(options.requests) if not request.held_out]
    result = {}
    for table, (rows, labels, weights) in examples(linker, requests).items():
        result[table] = fit(rows, labels, weights, options.regularisation)
        print(f"{table}: {len(rows)} candidates, {sum(labels)} meant")
    options.out.write_text(json.dumps(result, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
