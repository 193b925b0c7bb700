"""`segue bench importance`: the scores of nine modalities against labels, on messages that no weights were trained on.

Rows: `mean` (the training messages' mean for everything), `ridge` (on frozen MiniLM embeddings of message and context),
`segue` (as shipped, in the precision that this processor gets) and `segue, float32`. The first two are fitted here on
the same training messages. Metrics over the held-out messages and nine modalities:

- *mae*: mean absolute error of the scores;
- *within1*: share of scores that, rounded to whole numbers as the labels are, lie at most 1 off;
- *top1*: share of messages with any label above 0 whose highest-scored modality has the highest label;
- *mae AC* and so on: by modality. *p50_ms*, *p95_ms*: one message at a time, all included, one thread; *cpu_p50_ms*
  counts processor time alone, for machines that are busy with other work.
"""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from segue.evals.bench.result import BenchResult, Row, require_file
from segue.evals.bench.sample import evenly
from segue.generator.errors import SourceError
from segue.generator.modality import MODALITIES

if TYPE_CHECKING:
    from segue.generator.minilm import Precision
    from segue.tools.importance.messages import LabelledMessage
    from segue.tools.importance.score import ModalityImportance

Scores = NDArray[np.float32]
RIDGE = 1.0
"""Regularisation; 1 measured best of 1, 3 and 10 on a validation fifth."""


def command(
    turns: Annotated[list[Path], typer.Option(help="Labelled messages, JSON Lines; may be given several times.")],
    weights: Annotated[Path | None, typer.Option(help="Folder of the weights; the shipped ones by default.")] = None,
    limit: Annotated[
        int | None, typer.Option(min=10, help="Messages at most to fit on, and at most to measure on, evenly spread.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure modality importance on held-out messages, beside the mean and a ridge regression."""
    import torch

    from segue.tools.importance.messages import label_matrix, read_messages
    from segue.tools.importance.score import SHIPPED, ModalityImportance

    messages = read_messages([require_file(path) for path in turns])
    seen = evenly([message for message in messages if not message.held_out], limit)
    held = evenly([message for message in messages if message.held_out], limit)
    if not seen or not held:
        raise SourceError("there must be messages to train on and held-out ones")
    labels = label_matrix(held)
    mean = np.tile(label_matrix(seen).mean(axis=0), (len(held), 1))
    rows = [
        Row(name="mean", metrics=measure(mean, labels)),
        Row(name="ridge", metrics=measure(ridge(seen, held), labels)),
    ]
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        precisions: tuple[tuple[str, Precision], ...] = (("segue", "auto"), ("segue, float32", "float32"))
        for name, precision in precisions:
            started = time.perf_counter()
            model = ModalityImportance.load(weights or SHIPPED, precision=precision)
            loading = time.perf_counter() - started
            scores, durations, busy = run(model, held)
            p50, p95 = np.percentile(durations, [50, 95])
            timed = {"p50_ms": p50, "p95_ms": p95, "cpu_p50_ms": np.median(busy), "load_s": loading}
            metrics = measure(scores, labels) | timed
            rows.append(Row(name=name, metrics={key: float(value) for key, value in metrics.items()}))
    finally:
        torch.set_num_threads(threads)
    ours = rows[2].metrics
    BenchResult(
        bench="importance",
        data={
            "turns": [str(path) for path in turns],
            "trained": len(seen),
            "held out": len(held),
            "split": "sha256(id) % 5 == 0 is held out",
        },
        rows=rows,
        figures={key: ours[key] for key in ("mae", "within1", "top1", "p50_ms")},
    ).show(as_json=json_)


def measure(scores: Scores, labels: Scores) -> dict[str, float]:
    """Return the metrics of scores [messages, 9] against labels of the same shape."""
    error = np.abs(scores - labels)
    told = labels.max(axis=1) > 0
    best = np.take_along_axis(labels, scores.argmax(axis=1)[:, None], axis=1)[:, 0] == labels.max(axis=1)
    return {
        "mae": float(error.mean()),
        "within1": float((np.abs(np.rint(scores) - labels) <= 1).mean()),
        "top1": float(best[told].mean()),
    } | {f"mae {modality.value}": float(error[:, n].mean()) for n, modality in enumerate(MODALITIES)}


def ridge(seen: "Sequence[LabelledMessage]", held: "Sequence[LabelledMessage]") -> Scores:
    """Return the scores [held, 9] of a ridge regression on frozen sentence embeddings of message and context."""
    from segue.generator.sentences import SentenceEncoder
    from segue.tools.importance.messages import label_matrix

    encoder = SentenceEncoder()

    def features(messages: "Sequence[LabelledMessage]") -> NDArray[np.float64]:
        parts = (encoder.encode([m.text for m in messages]), encoder.encode([m.before or "-" for m in messages]))
        return np.hstack(parts).astype(np.float64)

    x, y = features(seen), label_matrix(seen).astype(np.float64)
    centred = x - x.mean(axis=0)
    slope = np.linalg.solve(centred.T @ centred + RIDGE * np.eye(x.shape[1]), centred.T @ (y - y.mean(axis=0)))
    scores = (features(held) - x.mean(axis=0)) @ slope + y.mean(axis=0)
    clipped: Scores = np.clip(scores, 0, 10).astype(np.float32)
    return clipped


def run(model: "ModalityImportance", messages: "Sequence[LabelledMessage]") -> tuple[Scores, list[float], list[float]]:
    """Return the scores [messages, 9], one message at a time, and the milliseconds of each: elapsed, and in use."""
    for message in messages[:20]:
        model.score(message.text, message.before)
    scores, durations, busy = [], [], []
    for message in messages:
        started, used = time.perf_counter(), time.thread_time()
        scored = model.score(message.text, message.before)
        durations.append(1000 * (time.perf_counter() - started))
        busy.append(1000 * (time.thread_time() - used))
        scores.append(scored.scores())
    return np.stack(scores), durations, busy
