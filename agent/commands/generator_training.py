"""What `segue generator train` does once its options are read: examples out of files, and the trainings themselves."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from segue.agent.commands.training_bars import METRICS, TrainingBars
from segue.generator.errors import UserError

if TYPE_CHECKING:
    from segue.generator.tokenizer import Tokenizer
    from segue.generator.training.corpus import Corpus
    from segue.generator.training.fit import FitSettings
    from segue.generator.training.language import LanguageSettings


def refuse_garbage(artist_requests: Path | None, dialogues: Path | None) -> None:
    """Read files for once before the long work begins, so that a bad line is told at once."""
    from segue.generator.training_data.artist_requests import read_artist_requests
    from segue.generator.training_data.human import read_dialogues

    if artist_requests:
        read_artist_requests(artist_requests)
    if dialogues:
        for _ in read_dialogues(dialogues):
            pass


def corpus_of(
    catalogs: list[Path],
    tokenizer: "Tokenizer",
    requests: Path | None,
    dialogues: Path | None,
    examples: int,
    seed: int,
) -> "Corpus":
    """Return the examples that the tracks of files give, shared out over the files, with what people wrote.

    Raises UserError for a file without tracks, SourceError for one that cannot be read.
    """
    from segue.generator.training.corpus import Mixture, build_corpus
    from segue.tools.importing.library import read_tracks

    corpus: Corpus | None = None
    share = examples // len(catalogs)
    for number, path in enumerate(catalogs):
        tracks, _ = read_tracks(path)
        if not tracks:
            raise UserError(f"{path} holds no tracks: there is nothing to learn")
        mixture = Mixture(
            requests=int(share * 0.45), conversations=int(share * 0.15), playlists=int(share * 0.1),
            names=int(share * 0.3),
            human_repeats=1, artist_requests=requests, dialogues=dialogues, seed=seed + 10 * number,
        )  # fmt: skip
        part = build_corpus(tracks, tokenizer.encode(tracks), mixture)
        corpus = part if corpus is None else corpus.joined(part, seed=seed)
    if corpus is None:
        raise UserError("name at least one catalog")
    return corpus


def train_compact_generator(
    corpus: "Corpus", tokenizer: "Tokenizer", out: Path, about: dict[str, Any], epochs: int, seed: int, folds: int
) -> None:
    """Train one compact generator, or one for each fold that is left out, and write weights into `out`."""
    from segue.generator.compact_generator import save_compact
    from segue.generator.minilm import MiniLM
    from segue.generator.training.adapt import new_network
    from segue.generator.training.compact import TextStates, prepare, train_compact
    from segue.generator.training.fit import FitSettings

    settings = FitSettings(epochs=epochs, seed=seed)
    with TrainingBars(out / METRICS) as bars:
        prepared = prepare(corpus, TextStates(MiniLM.load()), new_network(tokenizer), bars.reading)
        for fold in range(folds):
            network = new_network(tokenizer)
            only = corpus.without_fold(fold, folds) if folds > 1 else range(len(corpus.examples))
            train_compact(network, prepared, settings, lambda s: bars.step(s.done, s.total, loss=s.loss), only=only)
            told = about | {"examples": len(only), "loss": bars.last["loss"]}
            if folds > 1:
                told |= {"without_fold": fold, "folds": folds}
            folder = out / f"fold-{fold}" if folds > 1 else out
            save_compact(network, folder, tokenizer=tokenizer.fingerprint, about=told)


def train_language_model(
    corpus: "Corpus", tokenizer: "Tokenizer", out: Path, about: dict[str, Any], settings: "LanguageSettings",
    rank: int, base: str,
) -> dict[str, Any]:  # fmt: skip
    """Train the language model, write its weights, and return what they are made of.

    Its checkpoint stays, so that a training killed in what comes next does not learn all of it again.
    """
    from segue.generator import base_model
    from segue.generator.language import MusicLanguageModel
    from segue.generator.language_files import base_hash, save_language
    from segue.generator.parallel import PROMPT_TOKENS, PROMPT_TRACKS
    from segue.generator.prompt import PromptBuilder
    from segue.generator.training.centroids import centroids
    from segue.generator.training.language import train_language

    name = base or base_model.BUNDLED
    try:
        words = base_model.load_tokenizer(name)
    except OSError as error:
        raise UserError(f"no base model {name!r}: {error}") from error
    prompts = PromptBuilder(words, max_tokens=PROMPT_TOKENS, max_tracks=PROMPT_TRACKS)
    try:
        model = MusicLanguageModel(base_model.load_model(name), prompts.codec, rank=rank, seed=settings.seed)
    except ValueError as error:
        raise UserError(f"{name} cannot be trained: {error}") from error
    with TrainingBars(out / METRICS) as bars:
        train_language(
            model, prompts, corpus, settings, centroids=centroids(tokenizer), checkpoint=out / "checkpoint",
            report=lambda done, total, losses: bars.step(done, total, **losses._asdict()),
        )  # fmt: skip
    about |= {"settings": vars(settings), "figures": bars.last}
    save_language(model, out, tokenizer=tokenizer.fingerprint, base=base_hash(name), about=about)
    return about


def fit_reader(
    corpus: "Corpus", tokenizer: "Tokenizer", start: Path | None, out: Path, about: dict[str, Any],
    settings: "FitSettings", base: str,
) -> None:  # fmt: skip
    """Fit reader and heads of the weights in `start`, or else in `out`, to their language model; write into `out`."""
    import torch

    from segue.generator import base_model
    from segue.generator.half import halves_pay
    from segue.generator.language_files import base_hash, load_language, save_language
    from segue.generator.parallel import PROMPT_TOKENS, PROMPT_TRACKS
    from segue.generator.prompt import PromptBuilder
    from segue.generator.training.checkpoint import remove_checkpoint
    from segue.generator.training.reader import states_of, train_reader
    from segue.generator.weight_files import manifest_of

    name = base or base_model.BUNDLED
    if start is not None:
        about = {**about, "language_model": manifest_of(start)}
    folder = start or out
    model, _ = load_language(folder, tokenizer=tokenizer.fingerprint, base=name, dtype=torch.float32)
    reads, _ = load_language(folder, tokenizer=tokenizer.fingerprint, base=name)
    prompts = PromptBuilder(
        base_model.load_tokenizer(name), model.codec, max_tokens=PROMPT_TOKENS, max_tracks=PROMPT_TRACKS
    )
    reads.fold()
    read = states_of(reads, prompts, half=halves_pay() and reads.base.dtype is torch.float32)
    with TrainingBars(out / METRICS) as bars:
        train_reader(
            model, read, prompts, corpus, settings,
            reading=bars.reading, report=lambda s: bars.step(s.done, s.total, reader=s.loss),
        )  # fmt: skip
    about |= {"reader": vars(settings), "reader_loss": bars.last["reader"]}
    save_language(model, out, tokenizer=tokenizer.fingerprint, base=base_hash(name), about=about)
    remove_checkpoint(out / "checkpoint")
