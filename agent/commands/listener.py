"""`segue listener`: vectors that stand for listeners: learn how to make them, and keep them up to date."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="What stands for a listener in the generator.", no_args_is_help=True)


@app.command()
def train(
    catalog: Annotated[Path, typer.Option(file_okay=False, exists=True, help="A catalog folder with playlists.")],
    out: Annotated[Path, typer.Option(file_okay=False, help="Folder to write the weights into.")],
    generator: Annotated[
        Path | None, typer.Option(exists=True, help="Weights of the compact generator; the shipped ones if not given.")
    ] = None,
    dialogues: Annotated[
        Path | None, typer.Option(exists=True, help="Dialogues with likes (CPCD's format); held-out ones are left out.")
    ] = None,
    steps: Annotated[int, typer.Option(min=1, help="Steps of the autoencoder.")] = 1200,
    examples: Annotated[int, typer.Option(min=1, help="Examples that the soft token learns from.")] = 8_000,
    seed: Annotated[int, typer.Option(help="The same seed and data give the same weights.")] = 0,
) -> None:  # fmt: skip
    """Learn listeners' vectors and their soft tokens; the generator stays as it is."""
    import numpy as np
    from rich.console import Console

    from segue.generator.compact_generator import COMPACT, load_compact
    from segue.generator.errors import SourceError
    from segue.generator.training_data.human import read_dialogues
    from segue.generator.weight_files import weights_hash
    from segue.memory.listener.learn import Plan, learn
    from segue.memory.listener.token_training import TokenSettings
    from segue.memory.listener.training import ListenerSettings
    from segue.tools.catalog.catalog import Catalog
    from segue.tools.catalog.semantic_ids import open_codes

    console = Console(stderr=True)
    folder = generator or COMPACT
    with Catalog.open(catalog) as opened:
        tracks, table = list(opened), open_codes(opened)
        codes, fingerprint = table.codes(np.arange(len(tracks))), table.fingerprint
    network, _ = load_compact(folder, tokenizer=fingerprint)
    plan = Plan(
        listeners=ListenerSettings(steps=steps, seed=seed), token=TokenSettings(examples=examples, seed=seed)
    )  # fmt: skip

    def report(what: str, done: int, total: int, loss: float) -> None:
        console.print(f"{what}: step {done:,} of {total:,}, loss {loss:.4f}")

    try:
        model, about = learn(
            tracks, codes, network, fingerprint, weights_hash(folder), plan=plan, report=report,
            dialogues=read_dialogues(dialogues, "train") if dialogues else (),
        )  # fmt: skip
    except ValueError as error:
        raise SourceError(f"{catalog}: {error}") from error
    shown = [argument.rpartition("/")[2] for argument in sys.argv[1:]]
    model.save(out, about | {"command": f"segue {shlex.join(shown)}"})
    console.print(f"weights in {out}")


@app.command("train-token")
def train_token(
    catalog: Annotated[Path, typer.Option(file_okay=False, exists=True, help="A catalog folder with playlists.")],
    out: Annotated[Path, typer.Option(file_okay=False, help="Folder to write the weights into.")],
    language: Annotated[
        Path | None, typer.Option(exists=True, help="Weights of the language model; the shipped ones if not given.")
    ] = None,
    weights: Annotated[
        Path | None, typer.Option(exists=True, help="Listeners by `segue listener train`; the shipped ones.")
    ] = None,
    dialogues: Annotated[
        Path | None, typer.Option(exists=True, help="Dialogues with likes (CPCD's format); held-out ones are left out.")
    ] = None,
    examples: Annotated[int, typer.Option(min=1, help="Examples to draw.")] = 4_000,
    seed: Annotated[int, typer.Option(help="The same seed and data give the same weights.")] = 0,
) -> None:  # fmt: skip
    """Learn the soft token of the parallel and the sequence generator, which stay as they are."""
    import numpy as np
    import torch
    from rich.console import Console

    from segue.generator import base_model
    from segue.generator.errors import SourceError
    from segue.generator.language_files import LANGUAGE, load_language
    from segue.generator.prompt import PromptBuilder
    from segue.generator.shipped import PROMPT_TOKENS
    from segue.generator.training_data.human import read_dialogues
    from segue.generator.training_data.index import TrackIndex
    from segue.generator.weight_files import weights_hash
    from segue.memory.listener.language_token import LanguageTokenSettings, train_language_token
    from segue.memory.listener.learn import HeldOut, Plan, groups_of
    from segue.memory.listener.model import LISTENER, ListenerModel
    from segue.memory.listener.projection import Projection
    from segue.tools.catalog.catalog import Catalog
    from segue.tools.catalog.semantic_ids import open_codes

    console = Console(stderr=True)
    folder = language or LANGUAGE
    with Catalog.open(catalog) as opened:
        tracks, table = list(opened), open_codes(opened)
        codes, fingerprint = table.codes(np.arange(len(tracks))), table.fingerprint
    listeners = ListenerModel.load(weights or LISTENER, tokenizer=fingerprint)
    speaks, _ = load_language(folder, tokenizer=fingerprint, dtype=torch.float32)
    prompts = PromptBuilder(base_model.load_tokenizer(), speaks.codec, max_tokens=PROMPT_TOKENS)
    index = TrackIndex(tracks, without=HeldOut())
    groups = groups_of(index, read_dialogues(dialogues, "train") if dialogues else (), Plan())
    if not any(groups):
        raise SourceError(f"{catalog}: nobody to learn from")
    token = train_language_token(
        listeners.autoencoder, speaks.fold(), prompts, index, codes, groups,
        LanguageTokenSettings(examples=examples, seed=seed),
        lambda done, total, loss: console.print(f"soft token: step {done:,} of {total:,}, loss {loss:.4f}"),
    )  # fmt: skip
    shown = [argument.rpartition("/")[2] for argument in sys.argv[1:]]
    projection = Projection(token, listener=listeners.version, generator=weights_hash(folder))
    told = {
        "tracks": len(tracks), "people": [len(group) for group in groups], "examples": examples, "seed": seed,
        "token_norm": [float(token.initial), float(token.norm)], "command": f"segue {shlex.join(shown)}",
    }  # fmt: skip
    projection.save(out, tokenizer=fingerprint, about=told)
    console.print(f"weights in {out}")


@app.command()
def refresh(
    catalog: Annotated[
        Path | None, typer.Option(help="A catalog folder; the default catalog if not given.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder of taste; by default SEGUE_DATA or the user's data folder.")
    ] = None,
    weights: Annotated[Path | None, typer.Option(help="Weights by `segue listener train`; the shipped ones.")] = None,
) -> None:  # fmt: skip
    """Compute the vectors of all listeners whose taste changed, or faded for a day; for once a day."""
    import asyncio
    import time

    from segue.agent.settings import Settings
    from segue.agent.storage import open_store
    from segue.memory.listener.model import LISTENER, ListenerModel
    from segue.memory.listener.refresh import refresh as refresh_all
    from segue.tools.catalog.adapted import listener_folder
    from segue.tools.catalog.catalog import Catalog
    from segue.tools.catalog.default import default_catalog
    from segue.tools.catalog.semantic_ids import open_codes
    from segue.tools.listener_codes import ListenerCodes

    async def run() -> int:
        with Catalog.open(catalog or default_catalog()) as opened:
            table = open_codes(opened)
            own = weights or listener_folder(opened.root) or LISTENER
            model = ListenerModel.load(own, tokenizer=table.fingerprint)
            store = open_store(**Settings.load().kept(data))
            try:
                return await refresh_all(store, model, ListenerCodes(opened, table))
            finally:
                await store.aclose()

    started = time.perf_counter()
    count = asyncio.run(run())
    typer.echo(f"{count:,} listeners in {time.perf_counter() - started:.1f} s.")
