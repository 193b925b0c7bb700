"""`segue bench intent`: want, avoid and comparison on real requests whose descriptors others labelled.

Made for MusicRecoIntent. Measured only; nothing of it is trained on. The requests are folded (no case, no punctuation)
and cut at " | ". The labels "+", "-" and "~" are want, avoid and like. Rows `keywords` and `segue`:

- *want_f1*, *avoid_f1*, *like_f1*: of everything heard, the same polarity and texts alike (`evals/heard.py`); *f1* of
  all of them, *macro_f1* their mean.
- *given_want_f1* and so on: of the polarity alone, where the labelled descriptors are given; *given_accuracy* likewise.
"""

import ast
import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import typer

from segue.evals.bench.result import BenchResult, Row, require_file
from segue.evals.bench.sample import evenly
from segue.evals.heard import Counts, Said, agree
from segue.generator.errors import SourceError

if TYPE_CHECKING:
    from segue.agent.hear import Hearer
    from segue.agent.hear.messages import HeardMessage
    from segue.evals.keywords import KeywordHearer

_POLARITY: Final = {"+": "want", "-": "avoid", "~": "like"}
_KINDS: Final = {
    "NE": "names", "Genre": "genres", "Mood": "moods", "Instrument": "instruments", "ListeningContext": "activities",
    "Decade": "eras", "country": "countries",
}  # fmt: skip


class IntentRequest(NamedTuple):
    """One request with its labels."""

    text: str
    said: tuple[Said, ...]


Everything = Callable[[str], Sequence[Said]]
"""Returns all that a text says."""
Given = Callable[[str, str], str]
"""Returns the polarity of a descriptor within a text."""


def command(
    csv_: Annotated[Path, typer.Option("--csv", help="Requests with labelled intents.")],
    catalog: Annotated[
        Path | None, typer.Option(help="A catalog folder; the default catalog where none is given.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=10, help="Requests at most, evenly spread.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure want, avoid and comparison on labelled requests, beside keyword lists."""
    from segue.agent.hear import Hearer
    from segue.evals.keywords import KeywordHearer
    from segue.tools.catalog.catalog import Catalog
    from segue.tools.catalog.default import default_catalog

    requests = evenly(read_requests(require_file(csv_)), limit)
    folder = catalog or default_catalog()
    with Catalog.open(folder) as opened:
        hearer = Hearer(opened)
        keywords = KeywordHearer(hearer.house.linker.names)
        rows = [
            Row(name="keywords", metrics=measure(requests, *_keywords(keywords))),
            Row(name="segue", metrics=measure(requests, *_segue(hearer))),
        ]
    BenchResult(
        bench="intent",
        data={"csv": str(csv_), "catalog": str(folder), "requests": len(requests), "use": "measured only"},
        rows=rows,
        figures={key: rows[1].metrics[key] for key in ("want_f1", "avoid_f1", "like_f1", "f1", "given_accuracy")},
    ).show(as_json=json_)


def read_requests(path: Path) -> list[IntentRequest]:
    """Return the requests in `path`.

    Raises:
        SourceError: a row is not what it should be.
    """
    requests = []
    with path.open(encoding="utf-8", newline="") as stream:
        for number, row in enumerate(csv.DictReader(stream), 2):
            try:
                labels = ast.literal_eval(row["intents"])
                said = tuple(
                    Said(_POLARITY[sign], _KINDS.get(kind, "names"), text)
                    for kind, values in labels.items()
                    for text, sign in values
                )
                requests.append(IntentRequest(row["query"], said))
            except (KeyError, ValueError, SyntaxError, AttributeError, TypeError) as error:
                raise SourceError(f"{path}, line {number}: no request with intents ({error})") from error
    return requests


def measure(requests: Sequence[IntentRequest], everything: Everything, given: Given) -> dict[str, float]:
    """Return the metrics of one system."""
    heard = {polarity: Counts() for polarity in _POLARITY.values()}
    known = {polarity: Counts() for polarity in _POLARITY.values()}
    whole = Counts()
    right = total = 0
    for request in requests:
        found = everything(request.text)
        whole += agree(request.said, found)
        for polarity in heard:
            heard[polarity] += agree(
                [item for item in request.said if item.polarity == polarity],
                [item for item in found if item.polarity == polarity],
            )
        for item in request.said:
            answer = given(request.text, item.value)
            total += 1
            right += answer == item.polarity
            for polarity in known:
                ours, theirs = answer == polarity, item.polarity == polarity
                known[polarity] += Counts(ours and theirs, ours and not theirs, theirs and not ours)
    scores = {f"{polarity}_f1": counts.f1() for polarity, counts in heard.items()}
    scores |= {"f1": whole.f1(), "macro_f1": sum(counts.f1() for counts in heard.values()) / len(heard)}
    scores |= {f"given_{polarity}_f1": counts.f1() for polarity, counts in known.items()}
    return scores | {"given_accuracy": right / max(total, 1)}


def _segue(hearer: "Hearer") -> tuple[Everything, Given]:
    from segue.agent.wish import ThreadView
    from segue.evals.heard import said
    from segue.tools.search.words import words

    def everything(text: str) -> Sequence[Said]:
        wish = hearer.hear(text, ThreadView())
        return said(wish.want.model_dump(), wish.avoid.model_dump(), wish.like)

    def given(text: str, descriptor: str) -> str:
        reading = hearer.reader(text)
        start = text.find(descriptor)
        span = range(start, start + len(descriptor))
        places = [place for place, word in enumerate(reading.words) if word.start in span]
        if not places or not words(descriptor):
            return "want"
        return hearer.model(reading).polarity(places[0], places[-1] + 1)

    return everything, given


def _keywords(keywords: "KeywordHearer") -> tuple[Everything, Given]:
    def everything(text: str) -> Sequence[Said]:
        return keywords.answer(_message(text)).said

    return everything, lambda text, descriptor: keywords.polarity(text, text.find(descriptor))


def _message(text: str) -> "HeardMessage":
    from segue.agent.hear.messages import HeardMessage

    return HeardMessage(id="intent", text=text)
