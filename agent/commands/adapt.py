"""`segue adapt`: fitting Segue to a catalog, or its order to the listeners' feedback."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from segue.agent.commands.training_bars import METRICS, TrainingBars
from segue.generator.errors import UserError


def adapt(
    catalog: Annotated[Path, typer.Argument(help="A catalog folder.")],
    requests: Annotated[
        int,
        typer.Option(min=100, help="Requests by grammar, for 20,000 tracks and more; other examples in proportion."),
    ] = 20_000,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the examples.")] = 4,
    from_scratch: Annotated[
        bool, typer.Option("--from-scratch", help="Do not start from the shipped weights, which have read dialogues.")
    ] = False,
    seed: Annotated[int, typer.Option(help="The same seed and tracks give the same weights.")] = 0,
    feedback: Annotated[
        str | None,
        typer.Option(
            help="Refit the order instead: to conversations and taste where the settings keep them (`stored`), in a "
            "folder, or to a file of turns (JSON Lines)."
        ),
    ] = None,
    shipped_order: Annotated[
        bool, typer.Option("--shipped-order", help="Remove the catalog's own order, so that the shipped one ranks.")
    ] = False,
) -> None:
    """Fit Segue to a catalog: the compact generator to its tracks, or the order to its listeners' feedback.

    The generator takes minutes and needs no dialogues. With --feedback the order of recommendations is refitted, and
    kept where it is no worse than the shipped one on what was held out of the feedback.
    """
    if feedback is not None or shipped_order:
        from segue.agent.commands import refit

        if feedback is not None and shipped_order:
            raise UserError("--shipped-order removes what --feedback makes: choose one")
        if feedback is not None:
            refit.refit_order(catalog, feedback)
        else:
            refit.shipped_order(catalog)
        return
    from dataclasses import replace

    import numpy as np

    from segue.generator.compact_generator import save_compact
    from segue.generator.sentences import SentenceEncoder
    from segue.generator.tokenizer import Tokenizer
    from segue.generator.training.adapt import Adaptation
    from segue.generator.training.adapt import adapt as fit
    from segue.generator.training.corpus import ADAPTATION
    from segue.generator.training.fit import FitSettings
    from segue.tools.catalog.adapted import adapted_draft, order_folder, publish_adapted
    from segue.tools.catalog.catalog import Catalog
    from segue.tools.catalog.semantic_ids import open_codes, tokenizer_folder

    with Catalog.open(catalog) as opened:
        table = open_codes(opened)
        tokenizer = Tokenizer.load(
            tokenizer_folder(opened.folder), fingerprint=table.fingerprint, sentences=SentenceEncoder()
        )
        tracks, codes = list(opened), table.codes(np.arange(len(opened)))
    if not tracks:
        raise UserError(f"the catalog {catalog} is empty: there is nothing to learn")
    share = requests / ADAPTATION.requests
    mixture = replace(
        ADAPTATION,
        requests=requests,
        conversations=int(ADAPTATION.conversations * share),
        playlists=int(ADAPTATION.playlists * share),
        names=int(ADAPTATION.names * share),
        seed=seed,
    )
    adaptation = Adaptation(mixture, FitSettings(epochs=epochs, seed=seed), from_shipped=not from_scratch)
    with adapted_draft(catalog) as draft:
        with TrainingBars(draft / METRICS) as bars:
            network, about = fit(
                tracks,
                codes,
                tokenizer,
                adaptation,
                reading=bars.reading,
                report=lambda s: bars.step(s.done, s.total, loss=s.loss),
            )
        save_compact(network, draft, tokenizer=tokenizer.fingerprint, about=about)
        folder = publish_adapted(catalog, draft)
    console = Console(stderr=True)
    console.print(f"the compact generator knows {len(tracks):,} tracks now: {folder}")
    if order_folder(catalog) is not None:
        console.print("the order of this catalog was fitted with the generator before: --feedback fits it anew")
