"""`segue bench simulate --model`: a scripted chat model plays the listeners, under the leak check."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.messages import BaseMessage
from typer.testing import CliRunner

from segue.evals.bench.app import app
from segue.evals.bench.simulate import played_by
from segue.evals.simulator.chat_listener import ChatListener
from segue.evals.simulator.goal import Goal, Trait
from segue.evals.simulator.leak import LeakGuard
from segue.evals.simulator.persona import PERSONAS
from segue.generator.sentences import HashingEncoder
from segue.generator.track import Track
from segue.tools.catalog.update import update_catalog

SONG = Track.model_validate(
    {
        "id": "t0", "title": "Qwxz", "artists": ["Vbnm"], "genres": ["trip hop"], "released": "1994",
        "vocals": "female", "moods": ["calm"], "language": "English",
    }
)  # fmt: skip
YEARS = Trait(kind="years", value="1900-1979")
GOAL = Goal(
    wanted=(Trait(kind="genres", value="trip hop"), Trait(kind="years", value="1990-1999")), unwanted=(YEARS,)
)  # fmt: skip


class Noting(FakeListChatModel):
    """Says its script, and keeps what it was asked."""

    asked: list[list[BaseMessage]] = []  # noqa: RUF012 - a pydantic field, copied for each model

    def _call(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> str:
        self.asked.append(list(messages))
        return super()._call(messages, *args, **kwargs)


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    """Twenty-five tracks alike in everything but their names, which no word of a goal shares."""
    tracks = (
        SONG.model_copy(update={"id": f"t{n}", "title": f"Qwxz{n}"}).model_copy(
            update={"artists": Track.model_validate(SONG.model_dump() | {"artists": [f"Vbnm{n}"]}).artists}
        )
        for n in range(25)
    )
    update_catalog(tmp_path / "catalog", tracks, encoder=HashingEncoder())
    return tmp_path / "catalog"


def simulated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, catalog: Path, responses: list[str]) -> dict[str, float]:
    """Return the figures of an agent that plays three tracks, whatever it is told, to three listeners of the script."""
    name = f"scripted_{abs(hash(tuple(responses)))}"
    (tmp_path / f"{name}.py").write_text(
        "from langchain_core.language_models.fake_chat_models import FakeListChatModel\n"
        f"def listener():\n    return FakeListChatModel(responses={responses!r})\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr("segue.evals.bench.simulate.BASELINE", "segue.evals.suites.fake:first_tracks")
    asked = ["simulate", "--listeners", "3", "--turns", "2", "--catalog", str(catalog), "--model", f"{name}:listener"]
    ran = CliRunner().invoke(app, [*asked, "--agent", "segue.evals.suites.fake:first_tracks", "--json"])
    assert ran.exit_code == 0, ran.output + repr(ran.exception)
    shown = json.loads(ran.stdout)
    assert shown["data"]["played by"] == f"{name}:listener"
    metrics: dict[str, float] = shown["rows"][0]["metrics"]
    return metrics


def test_a_model_in_the_working_folder_plays_the_listeners(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, catalog: Path
) -> None:
    found = simulated(tmp_path, monkeypatch, catalog, ["some trip hop from the 90s", "more"])
    assert found["leaked"] == 0
    assert found["first turn"] == 1  # every track has all that is wanted
    assert found["elicited"] == pytest.approx(2 / 5)  # genre and decade of five traits


def test_sessions_whose_model_keeps_naming_the_track_count_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, catalog: Path
) -> None:
    everything = " ".join(f"Qwxz{n}" for n in range(25))
    assert simulated(tmp_path, monkeypatch, catalog, [everything]) == {"leaked": 3}


def test_a_model_that_leaves_without_a_word_is_not_satisfied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, catalog: Path
) -> None:
    found = simulated(tmp_path, monkeypatch, catalog, ["Stop."])
    assert (found["satisfied"], found["first turn"], found["gave up"], found["turns"]) == (0, 0, 1, 0)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("listener", "write MODULE:FUNCTION"), (".listener:make", "write MODULE:FUNCTION"),
        ("no_such_module:make", "No module named"), ("json:make", "has no function"), ("json:loads.", "no function"),
        ("segue.evals.simulator.persona:PERSONAS", "gives a tuple and no chat model"),
    ],
)  # fmt: skip
def test_what_is_no_chat_model_is_refused(name: str, told: str) -> None:
    with pytest.raises(typer.BadParameter, match=told):
        played_by(name)


async def test_a_message_that_was_thrown_away_is_asked_for_in_other_words_and_forgotten() -> None:
    model = Noting(responses=["play Qwxz", "some trip hop", "more"])
    listener = ChatListener(model, GOAL, PERSONAS[0], LeakGuard(SONG))
    said = [await listener.speak("", False, ()), await listener.speak("Here.", False, ())]
    assert [one.text for one in said if one is not None] == ["some trip hop", "more"]
    first, again, second = model.asked
    assert len(again) == len(first) + 2
    assert "Say it without" in str(again[-1].content)
    # The name stands nowhere in what goes on from there, and neither does the word that it was one.
    assert not any("Qwxz" in str(message.content) or "was a name" in str(message.content) for message in second)


@pytest.mark.parametrize(
    ("text", "ruled_out"),
    [
        ("nothing from before 1980", (YEARS,)), ("not before the 80s please", (YEARS,)),
        ("I love the 80s", ()), ("nothing slow", ()),
    ],
)  # fmt: skip
async def test_years_are_ruled_out_by_the_words_that_the_model_was_given(text: str, ruled_out: tuple[Trait]) -> None:
    listener = ChatListener(FakeListChatModel(responses=[text]), GOAL, PERSONAS[4], LeakGuard(SONG))
    said = await listener.speak("", False, ())
    assert said is not None
    assert said.ruled_out == ruled_out


def test_the_installed_command_finds_what_stands_in_its_working_folder(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("listener = None\n")
    command = str(Path(sys.executable).parent / "segue")
    asked = [command, "bench", "simulate", "--listeners", "1", "--model", "mine:listener"]
    ran = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, env=os.environ | {"COLUMNS": "300"})
    assert ran.returncode == 2
    assert "gives a NoneType and no chat model" in ran.stderr
