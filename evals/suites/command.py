"""`segue eval`: run dialogue suites against an agent, or compare two runs.

Exit code 0: everything passed (or the share that `--fail-under` asks for); 1: something failed, or got worse; 2: the
suites, the options or the files are at fault.
"""

import asyncio
import random
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from segue.evals.suites.agent import OpenerMaker
    from segue.evals.suites.loader import Dialogue
    from segue.evals.suites.records import DialogueResult

# A group that also runs by itself: that is the form in which the command line takes what is plugged in.
app = typer.Typer(
    invoke_without_command=True,
    context_settings={"allow_interspersed_args": True},
    subcommand_metavar="",
    add_completion=False,
)


@app.callback()
def evaluate(
    suites: Annotated[
        list[Path] | None, typer.Argument(help="Suite files or folders; by default those that come with Segue.")
    ] = None,
    catalog: Annotated[
        Path | None,
        typer.Option(help="A catalog folder; by default SEGUE_CATALOG, or else the catalog that comes with Segue."),
    ] = None,
    agent: Annotated[
        str, typer.Option(help="MODULE:FUNCTION that makes agents; by default Segue's own.")
    ] = "segue.evals.suites.agent:segue_agent",
    choose: Annotated[str, typer.Option("-k", help='Only dialogues like this: "bans and not slow".')] = "",
    json_: Annotated[Path | None, typer.Option("--json", help="Write one JSON line per turn.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a report that needs no network.")] = None,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML.")] = None,
    fail_under: Annotated[
        float, typer.Option(min=0, max=1, help="Share of dialogues that must pass.")
    ] = 1.0,
    seed: Annotated[int | None, typer.Option(help="Shuffle the dialogues by this seed.")] = None,
    compare: Annotated[
        tuple[Path, Path] | None, typer.Option(help="Compare two --json files instead of running.", metavar="OLD NEW")
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="Print the dialogues and run nothing.")] = False,
) -> None:  # fmt: skip
    """Run dialogue suites and judge what the agent answers."""
    from segue.evals.suites.compare import compare_files
    from segue.evals.suites.loader import SHIPPED, load

    if compare is not None:
        if suites or json_ or html or junit:
            raise typer.BadParameter("--compare runs nothing: give it alone")
        comparison = compare_files(*compare, seed=seed or 0)
        typer.echo("\n".join(comparison.lines()))
        raise typer.Exit(int(comparison.worse))
    dialogues = chosen(load(suites or [SHIPPED]), choose)
    if seed is not None:
        random.Random(seed).shuffle(dialogues)
    if list_:
        typer.echo("\n".join(f"{dialogue.id}  ({', '.join(dialogue.tags)})" for dialogue in dialogues))
        return
    from segue.agent.commands.loading import catalog_folder
    from segue.agent.settings import Settings
    from segue.evals.suites.agent import agent_named

    maker = agent_named(agent)  # before the catalog, which may have to be built first
    settings = Settings.load()
    if not suites:
        # The shipped dialogues are about the shipped catalog, whichever is in use otherwise.
        settings = Settings.model_construct({"cache"}, cache=settings.cache)
    folder = catalog_folder(catalog, settings)
    raise typer.Exit(_run(dialogues, folder, maker, json_, html, junit, fail_under))


def chosen(dialogues: "list[Dialogue]", expression: str) -> "list[Dialogue]":
    """Return the dialogues that an expression chooses (SuiteError where it chooses none)."""
    from segue.evals.suites.errors import Problem, SuiteError
    from segue.evals.suites.select import chooser

    if not expression:
        return dialogues
    holds = chooser(expression)
    found = [dialogue for dialogue in dialogues if holds((dialogue.id, *dialogue.tags))]
    if not found:
        raise SuiteError([Problem(Path("-k"), 0, f"{expression!r} chooses none of {len(dialogues)} dialogues")])
    return found


def _run(
    dialogues: "list[Dialogue]",
    catalog: Path,
    maker: "OpenerMaker",
    json_: Path | None,
    html: Path | None,
    junit: Path | None,
    fail_under: float,
) -> int:
    from segue.evals.suites.junit import write_junit
    from segue.evals.suites.records import write_records
    from segue.evals.suites.report import write_report
    from segue.evals.suites.summary import lines, passed_share

    results = asyncio.run(run_all(dialogues, catalog, maker))
    if json_:
        write_records(json_, [record for result in results for record in result.records])
    if junit:
        write_junit(junit, results)
    if html:
        write_report(html, results)
    typer.echo("\n".join(lines(results)))
    return int(passed_share(results) < fail_under)


async def run_all(
    dialogues: "list[Dialogue]", catalog: Path, maker: "OpenerMaker"
) -> "list[DialogueResult]":  # fmt: skip
    """Run dialogues one after another and print each as it ends."""
    from segue.evals.suites.junit import failures
    from segue.evals.suites.runner import Runner
    from segue.evals.suites.truth import verify
    from segue.tools.catalog.catalog import Catalog

    results = []
    with tempfile.TemporaryDirectory() as folder, Catalog.open(catalog) as opened:
        tracks = {track.id: track for track in opened}
        verify(dialogues, tracks)
        runner = Runner(maker(opened), tracks, Path(folder))
        try:
            for dialogue in dialogues:
                result = await runner.run(dialogue)
                results.append(result)
                typer.echo(f"{'passed' if result.passed else 'FAILED'}  {result.id}  {result.seconds:.2f} s")
                for line in failures(result):
                    typer.echo(f"    {line}")
        finally:
            await runner.aclose()
    return results
