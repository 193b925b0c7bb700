"""`segue bench hear`: what the agent understands of real messages, on those that no weights were trained on.

Rows: `keywords` (lists of words for acts and negation, names that the catalog has, by exact match) and `segue` (as
shipped), over all held-out messages, and `segue` over each file alone. Each message is heard in its thread (the agent's
last words, the tracks shown) without a standing wish. Metrics:

- *act_accuracy*: share of messages whose act is the label's. Two labellers agree on 97 %.
- *mention_f1*: F1 of what is wanted, avoided and compared with: the same polarity, and texts alike (`evals/heard.py`;
  labels are tidied and spans are a matter of taste, of which labellers agree at .95). *mention_kind_f1* asks for the
  same facet as well, *mention_exact_f1* for the very same words; *want_f1*, *avoid_f1*, *like_f1* by polarity.
- *refs_f1*: F1 of the tracks pointed at, over messages with tracks in sight.
- *count_accuracy*: share of messages with the labelled number of tracks, or none where none is labelled.
- *weights_mae*, *weights_within1*: of the nine modality weights (see `segue bench importance`); for `keywords` the
  training messages' mean.
- *p50_ms*, *p95_ms*: one message at a time, one thread; *cpu_p50_ms* counts processor time alone.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import numpy as np
import typer

from segue.evals.bench.importance import measure as measure_weights
from segue.evals.bench.result import BenchResult, Row, require_file
from segue.evals.bench.sample import evenly
from segue.evals.heard import Counts, Said, agree, overlap, said
from segue.generator.errors import SourceError

if TYPE_CHECKING:
    from segue.agent.hear.messages import HeardMessage

FIGURES = ("act_accuracy", "mention_f1", "refs_f1", "count_accuracy", "p50_ms", "p95_ms", "cpu_p50_ms")


class Answer(NamedTuple):
    """What a system understood."""

    act: str
    said: list[Said]
    refs: tuple[int, ...]
    how_many: int | None


System = Callable[["HeardMessage"], Answer]


def command(
    turns: Annotated[list[Path], typer.Option(help="Labelled messages, JSON Lines; may be given several times.")],
    catalog: Annotated[Path, typer.Option(help="A catalog folder, whose names are linked.")],
    weights: Annotated[Path | None, typer.Option(help="Folder of the weights; the shipped ones by default.")] = None,
    limit: Annotated[int | None, typer.Option(min=10, help="Messages of each file at most, evenly spread.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure hearing on held-out messages, beside keyword lists."""
    import torch

    from segue.agent.hear import Hearer
    from segue.agent.hear.messages import read_heard
    from segue.agent.hear.model import SHIPPED
    from segue.evals.keywords import KeywordHearer
    from segue.tools.catalog.catalog import Catalog

    files = {path.name: evenly(read_heard([require_file(path)]), limit) for path in turns}
    everything = [message for messages in files.values() for message in messages]
    held = [message for message in everything if message.held_out]
    if not held:
        raise SourceError("there are no held-out messages")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with Catalog.open(catalog) as opened:
            hearer = Hearer(opened, weights=weights or SHIPPED)
            keywords = KeywordHearer(hearer.house.linker.names)
            hearer.warm_up()
            ours = segue_system(hearer)
            rows = [
                Row(name="keywords", metrics=measure(keywords.answer, held)),
                Row(name="segue", metrics=measure(ours, held)),
            ]
            rows += [
                Row(name=f"segue, {name}", metrics=measure(ours, [message for message in messages if message.held_out]))
                for name, messages in files.items()
                if len(files) > 1
            ]
    finally:
        torch.set_num_threads(threads)
    mean, scored = weigh(everything)
    rows[0].metrics.update(mean)
    rows[1].metrics.update(scored)
    BenchResult(
        bench="hear",
        data={
            "turns": [str(path) for path in turns],
            "catalog": str(catalog),
            "held out": len(held),
            "split": "sha256(id) % 5 == 0 is held out",
        },
        rows=rows,
        figures={key: rows[1].metrics[key] for key in (*FIGURES, "weights_mae", "weights_within1")},
    ).show(as_json=json_)


def segue_system(hearer: object) -> System:
    """Return our hearer in the form that `measure` takes."""
    from segue.agent.hear import Hearer
    from segue.agent.wish import FACET_KINDS, ThreadView

    assert isinstance(hearer, Hearer)

    def answer(message: "HeardMessage") -> Answer:
        wish = hearer.hear(message.text, ThreadView(before=message.before, shown=message.tracks()))
        want = {kind: getattr(wish.want, kind) for kind in FACET_KINDS}
        avoid = {kind: getattr(wish.avoid, kind) for kind in FACET_KINDS}
        return Answer(wish.act, said(want, avoid, wish.like), wish.refs, wish.count)

    return answer


def measure(system: System, messages: "Sequence[HeardMessage]") -> dict[str, float]:
    """Return the metrics of one system over `messages`."""
    right = counted = 0
    totals = {name: Counts() for name in ("alike", "kind", "exact", "want", "avoid", "like", "refs")}
    durations, busy = [], []
    for message in messages:
        started, used = time.perf_counter(), time.thread_time()
        answer = system(message)
        durations.append(1000 * (time.perf_counter() - started))
        busy.append(1000 * (time.thread_time() - used))
        labelled = said(message.want, message.avoid, message.like)
        right += answer.act == message.act
        counted += answer.how_many == message.count
        for match in ("alike", "kind", "exact"):
            totals[match] += agree(labelled, answer.said, match)
        for polarity in ("want", "avoid", "like"):
            theirs = [item for item in labelled if item.polarity == polarity]
            totals[polarity] += agree(theirs, [item for item in answer.said if item.polarity == polarity])
        if message.shown and message.refs is not None:
            totals["refs"] += overlap(message.refs, answer.refs)
    p50, p95 = np.percentile(durations, [50, 95])
    return {
        "act_accuracy": right / len(messages),
        "mention_f1": totals["alike"].f1(),
        "mention_precision": totals["alike"].precision(),
        "mention_recall": totals["alike"].recall(),
        "mention_kind_f1": totals["kind"].f1(),
        "mention_exact_f1": totals["exact"].f1(),
        "want_f1": totals["want"].f1(),
        "avoid_f1": totals["avoid"].f1(),
        "like_f1": totals["like"].f1(),
        "refs_f1": totals["refs"].f1(),
        "count_accuracy": counted / len(messages),
        "p50_ms": float(p50),
        "p95_ms": float(p95),
        "cpu_p50_ms": float(np.median(busy)),
    }


def weigh(messages: "Sequence[HeardMessage]") -> tuple[dict[str, float], dict[str, float]]:
    """Return mean error and share within 1 of the modality weights: of the training mean, and of the shipped head."""
    from segue.tools.importance.messages import label_matrix
    from segue.tools.importance.score import ModalityImportance

    held = [message for message in messages if message.held_out]
    seen = [message for message in messages if not message.held_out] or held
    labels = label_matrix(held)
    mean = np.tile(label_matrix(seen).mean(axis=0), (len(held), 1))
    scored = ModalityImportance.load().score_all([m.text for m in held], [m.before for m in held])
    ours = np.stack([weights.scores() for weights in scored])
    results = (measure_weights(mean, labels), measure_weights(ours, labels))
    first, second = ({f"weights_{key}": result[key] for key in ("mae", "within1")} for result in results)
    return first, second
