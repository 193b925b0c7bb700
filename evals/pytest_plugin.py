"""Pytest runs dialogue suites: every dialogue of a `*.suite.yaml` file is one item.

    pytest my.suite.yaml -k "bans and not slow" -n 4 --junit-xml results.xml

Tags are keywords for `-k`; figures become properties in JUnit XML; each worker of xdist opens an agent of its own.
Costs nothing where there are no suites: everything heavy is loaded when the first one is collected or run.
"""

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from segue.evals.suites.loader import Dialogue
    from segue.evals.suites.records import DialogueResult

_SUFFIX = ".suite.yaml"
_AGENT = "segue.evals.suites.agent:segue_agent"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that `segue eval` has too."""
    group = parser.getgroup("segue", "dialogue suites")
    group.addoption("--segue-agent", default=_AGENT, metavar="MODULE:FUNCTION", help="makes the agents to be evaluated")
    group.addoption("--segue-catalog", default=None, metavar="DIR", help="catalog folder, as for `segue chat`")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "SuiteFile | None":
    """Collect `*.suite.yaml`."""
    if not file_path.name.endswith(_SUFFIX):
        return None
    return SuiteFile.from_parent(parent, path=file_path)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Close the agent, if one was opened."""
    bench = config.stash.get(_BENCH, None)
    if bench is not None:
        bench.close()


class SuiteFile(pytest.File):
    """One suite."""

    def collect(self) -> Iterator["DialogueItem"]:
        """Yield its dialogues; what is wrong with the file is the collection error."""
        from segue.evals.suites.errors import SuiteError
        from segue.evals.suites.loader import load_file

        try:
            dialogues = load_file(self.path)
        except SuiteError as error:
            raise self.CollectError(str(error)) from error
        for dialogue in dialogues:
            item = DialogueItem.from_parent(self, name=dialogue.name)
            item.dialogue = dialogue
            # Tags choose like keywords do; they are no marks, which would have to be registered.
            item.extra_keyword_matches.update(dialogue.tags)
            yield item


class DialogueItem(pytest.Item):
    """One dialogue."""

    dialogue: "Dialogue"

    def runtest(self) -> None:
        """Run it, and raise `DialogueFailed` where a check fails."""
        from segue.evals.suites.summary import means

        result = _bench(self.config).run(self.dialogue)
        self.user_properties += [(name, round(value, 6)) for name, value in means(result.records).items()]
        if not result.passed:
            raise DialogueFailed(result)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show the turns and what failed, not Python frames; anything else keeps its traceback."""
        from segue.evals.suites.errors import SuiteError

        if isinstance(excinfo.value, DialogueFailed):
            return excinfo.value.told()
        if isinstance(excinfo.value, SuiteError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return where the dialogue stands."""
        return self.path, self.dialogue.line - 1, self.name


class DialogueFailed(Exception):
    """At least one check failed."""

    def __init__(self, result: "DialogueResult") -> None:
        self.result = result
        super().__init__(result.id)

    def told(self) -> str:
        """Return the conversation up to its failures."""
        from segue.evals.suites.junit import failures

        lines = []
        for record in self.result.records:
            answer = record.answer or {}
            lines.append(f"{record.turn}. {record.user} in {record.thread}: {record.message}")
            lines.append(f"   agent: {answer.get('text', '(no answer)')}")
            lines += [
                f"      {track['number']}. {track['title']} - {track['artist']}" for track in answer.get("tracks", ())
            ]
            if record.error:
                lines.append(record.error)
        return "\n".join([*lines, "", *failures(self.result)])


class _Bench:
    """An agent over a temporary folder, and the event loop that it lives in."""

    def __init__(self, agent: str, catalog: str | None) -> None:
        from segue.agent.commands.loading import catalog_folder
        from segue.agent.settings import Settings
        from segue.evals.suites.agent import agent_named
        from segue.evals.suites.runner import Runner
        from segue.tools.catalog.catalog import Catalog

        self._folder = tempfile.TemporaryDirectory()
        self._loop = asyncio.Runner()
        self._catalog = Catalog.open(catalog_folder(Path(catalog) if catalog else None, Settings.load()))
        self.tracks = {track.id: track for track in self._catalog}
        maker = agent_named(agent)

        async def open_runner() -> Runner:
            return Runner(maker(self._catalog), self.tracks, Path(self._folder.name))

        self._runner = self._loop.run(open_runner())

    def run(self, dialogue: "Dialogue") -> "DialogueResult":
        from segue.evals.suites.truth import verify

        verify([dialogue], self.tracks)
        return self._loop.run(self._runner.run(dialogue))

    def close(self) -> None:
        self._loop.run(self._runner.aclose())
        self._loop.close()
        self._catalog.close()
        self._folder.cleanup()


_BENCH = pytest.StashKey[_Bench]()


def _bench(config: pytest.Config) -> _Bench:
    if _BENCH not in config.stash:
        config.stash[_BENCH] = _Bench(config.getoption("--segue-agent"), config.getoption("--segue-catalog"))
    return config.stash[_BENCH]
