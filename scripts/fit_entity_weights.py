"""Fit the weights of entity linking and write them beside `tools/search/evidence.py`, with the names of genres.

    python scripts/fit_entity_weights.py --requests requests.jsonl.gz --turns turns.jsonl --tracks tracks.jsonl

Needs data that may train what ships: requests with marked mentions (see `segue.evals.requests`), labelled turns of
conversations (JSON Lines: text, want, avoid, like), and tracks (JSON Lines: title, artist or artists, album, genres). A
candidate is a positive example where it covers a marked mention and names what the annotators named. Each request is
read as typed, in lower case without punctuation and with a slip in a name, for listeners write all these ways. Bare
names, drawn from the catalog, teach what a search box gets. Requests kept aside (a fifth, by hash) are not looked at.
"""

import argparse
import gzip
import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from segue.evals.requests import Request, Truth, read_requests
from segue.generator.names import artist_key, fold, split_title
from segue.tools.search.candidates import Candidate
from segue.tools.search.entities import EntityLinker
from segue.tools.search.evidence import Features, Reading, Weights
from segue.tools.search.name_building import Columns
from segue.tools.search.name_forms import Name, leads
from segue.tools.search.name_index import NameIndex
from segue.tools.search.words import keys, words

FOLDER = Path(__file__).parent.parent / "tools" / "search"
BARE = ("{}", "{}", "{}", "play {}", "some {}", "more {} please", "{} please", "can you add {}", "i want to hear {}")
Tables = dict[str, tuple[list[Features], list[bool], list[float]]]


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON Lines file."""
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def read_tracks(paths: list[Path], without: frozenset[str]) -> tuple[Columns, list[str]]:
    """Return the columns of names and the common genres of JSON Lines files, but for rows of the sources `without`."""
    titles: list[str] = []
    artists: list[list[str]] = []
    albums: list[str | None] = []
    genres: Counter[str] = Counter()
    for row in (row for path in paths for row in read_lines(path)):
        if without & set(row.get("sources", ())):
            continue
        titles.append(row["title"])
        artists.append(row.get("artists") or [row["artist"]])
        albums.append(row.get("album"))
        genres.update(fold(genre) for genre in row.get("genres", ()))
    return Columns(titles, artists, albums), sorted(genre for genre, count in genres.items() if count >= 5)


def names_same(name: Name, text: str) -> bool:
    """Tell whether `text` spells `name`."""
    if name.kind == "artist":
        spelt = keys(artist_key(text))
        return "".join(name.words) == "".join(spelt) or spelt in leads(name)
    return fold(split_title(name.text).base) == fold(split_title(text).base)


def judge_marked(truths: list[Truth], reading: Reading, c: Candidate, name: Name) -> bool | None:
    """Tell whether a candidate is meant by the marks of a request; None where the marks leave it open."""
    spans = {(c.first, c.stop), (c.first + (reading.key(c.first) == "the"), c.stop)}
    for truth in truths:
        bare = truth.first + (reading.key(truth.first) == "the")
        if not spans & {(truth.first, truth.stop), (bare, truth.stop)}:
            continue
        same = names_same(name, truth.name) or names_same(name, truth.mention)
        same = same or (not truth.name and (c.edits > 0 or c.form in ("initials", "part")))
        if (truth.type == "Artist") == (name.kind == "artist"):
            return same
        # A stretch that names both an artist and a work was marked as one of them.
        return None if same else False
    return False


def judge_listed(row: dict[str, Any], name: Name) -> bool | None:
    """Tell whether a name is among those listed for a turn; None where its kind was not told apart."""
    sides = (row.get("want") or {}, row.get("avoid") or {})
    acts = [text for side in sides for text in side.get("artists", ())]
    works = [text for side in sides for key in ("titles", "albums", "songs") for text in side.get(key, ())]
    if any(names_same(name, text) for text in (acts if name.kind == "artist" else works)):
        return True
    if any(names_same(name, text) for text in row.get("like", ())):
        return True
    return None if any(names_same(name, text) for text in acts + works) else False


def misspell(word: str, rng: random.Random) -> str:
    """Swap, drop, double or replace a letter of `word`, not the first."""
    place = rng.randrange(1, len(word) - 1)
    before, letter, after = word[:place], word[place], word[place + 1 :]
    return rng.choice(
        (
            before + after[0] + letter + after[1:],
            before + after,
            before + letter + letter + after,
            before + rng.choice("aeionrst") + after,
        )
    )


class Examples:
    """Feature rows with labels, per table ("artist", "work")."""

    def __init__(self, linker: EntityLinker, tables: Tables) -> None:
        self.linker = linker
        self.tables = tables

    def add(self, label: bool | None, name: Name, row: Features, weight: float) -> None:
        """Add one candidate, unless its label is open."""
        if label is not None:
            rows, labels, weights = self.tables["artist" if name.kind == "artist" else "work"]
            rows.append(row)
            labels.append(label)
            weights.append(weight)

    def candidates(self, text: str) -> Iterator[tuple[Reading, Candidate, Name, Features]]:
        """Yield the candidates of a text."""
        reading, found, rows = self.linker.candidates(text)
        for c, row in zip(found, rows, strict=True):
            yield reading, c, self.linker.names.names[c.name], row

    def add_request(self, request: Request) -> None:
        """Add a request as typed and in plain lower case."""
        plain = " ".join(word.key for word in request.words)
        for text, weight in ((request.query, 1.0), (plain, 0.5)):
            if [word.key for word in words(text)] != [word.key for word in request.words]:
                continue
            for reading, c, name, row in self.candidates(text):
                self.add(judge_marked(request.truths, reading, c, name), name, row, weight)

    def add_misspelt(self, request: Request, rng: random.Random) -> None:
        """Add a request with a slip in one word of a marked mention."""
        places = [
            place
            for truth in request.truths
            for place in range(truth.first, truth.stop)
            if len(request.words[place].key) >= 5 and request.words[place].key.isalpha()
        ]
        if not places:
            return
        slipped = request.words[rng.choice(places)]
        spelt = request.query[slipped.start : slipped.end]
        text = request.query[: slipped.start] + misspell(spelt, rng) + request.query[slipped.end :]
        if rng.random() < 0.5:
            text = text.lower()
        if len(words(text)) == len(request.words):
            for reading, c, name, row in self.candidates(text):
                self.add(judge_marked(request.truths, reading, c, name), name, row, 0.3)

    def add_turn(self, turn: dict[str, Any]) -> None:
        """Add a labelled turn of a conversation."""
        for _, _, name, row in self.candidates(turn["text"]):
            self.add(judge_listed(turn, name), name, row, 1.0)

    def add_bare(self, count: int, rng: random.Random) -> None:
        """Add `count` bare names, drawn by their number of tracks; none is made up of a common word alone."""
        names = [
            (number, name)
            for number, name in enumerate(self.linker.names.names)
            if name.kind != "album" and "(" not in name.text and len(name.words) <= 6
        ]
        sizes = [len(self.linker.names.positions(number)) for number, _ in names]
        for _, drawn in rng.choices(names, sizes, k=count):
            text = rng.choice(BARE).format(rng.choice((drawn.text, drawn.text.lower(), drawn.text.lower())))
            for _, _, name, row in self.candidates(text):
                same = names_same(name, drawn.text)
                self.add(None if same and name.kind != drawn.kind else same, name, row, 0.25)


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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=Path, required=True)
    parser.add_argument("--turns", type=Path, action="append", default=[])
    parser.add_argument("--tracks", type=Path, action="append", required=True)
    parser.add_argument("--without-source", action="append", default=[], help="leave out tracks of this source")
    parser.add_argument("--out", type=Path, default=FOLDER)
    parser.add_argument("--regularisation", type=float, default=1.0)
    parser.add_argument("--bare", type=int, default=300, help="bare names to draw")
    options = parser.parse_args()
    columns, genres = read_tracks(options.tracks, frozenset(options.without_source))
    (options.out / "genres.txt").write_text("\n".join(genres) + "\n", encoding="utf-8")
    tables: Tables = {"artist": ([], [], []), "work": ([], [], [])}
    requests = read_requests(options.requests)
    turns = [turn for path in options.turns for turn in read_lines(path)]
    known = {request.query for request in requests}
    rng = random.Random(0)
    # A small catalog bears names on fewer tracks; a quarter of the tracks stands for such a one.
    for part in (columns, Columns(*(column[::4] for column in columns))):
        linker = EntityLinker(NameIndex.of_columns(*part), weights=Weights({"bias": 0.0}, {"bias": 0.0}))
        examples = Examples(linker, tables)
        for request in requests:
            if not request.held_out:
                examples.add_request(request)
                examples.add_misspelt(request, rng)
        for turn in turns:
            if turn["text"] not in known:
                examples.add_turn(turn)
        examples.add_bare(options.bare, rng)
    result = {}
    for table, (rows, labels, weights) in tables.items():
        result[table] = fit(rows, labels, weights, options.regularisation)
        print(f"{table}: {len(rows)} candidates, {sum(labels)} meant")
    text = json.dumps(result, indent=1, sort_keys=True, ensure_ascii=False)
    (options.out / "entity_weights.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
