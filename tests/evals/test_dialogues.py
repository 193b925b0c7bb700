import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from segue.evals.bench.dialogues import rank_turns, unique_hits
from segue.evals.rankers import RANKERS, Corpus, RankFusion, Scores
from segue.generator.errors import SourceError
from segue.generator.sentences import HashingEncoder
from segue.generator.track import Artist, ExternalIds, Track
from segue.tools.ranking.dialogues import judged_turns, read_conversations, youtube_positions
from segue.tools.ranking.situation import PastTurn, Situation

NAMES = [("Creep", "Radiohead"), ("Toxic", "Britney Spears"), ("So What", "Miles Davis"), ("Jolene", "Dolly Parton")]


@pytest.fixture(scope="module")
def tracks() -> list[Track]:
    return [
        Track(id=f"t{n}", title=title, artists=(artist,), work_id=f"w{n}", ids=ExternalIds(youtube=(f"y{n}",)))
        for n, (title, artist) in enumerate((title, Artist(name=artist)) for title, artist in NAMES)
    ]


def turn(text: str, liked: list[str], disliked: list[str] | None = None) -> dict[str, object]:
    return {
        "user_query": text, "system_response": f"answer to {text}", "search_queries": ["a secret of the wizard"],
        "liked_results": liked, "disliked_results": disliked or [],
    }  # fmt: skip


@pytest.fixture
def dialogs(tmp_path: Path) -> Path:
    path = tmp_path / "dialogs.jsonl.gz"
    conversations = [
        {
            "id": f"c{n}",
            "turns": [turn("hello", []), turn("sad rock", ["y0", "gone"], ["y1"]), turn("more", ["y0", "y2"])],
        }
        for n in range(20)
    ]
    with gzip.open(path, "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(c) + "\n" for c in conversations)
    return path


def test_the_splits_part_the_dialogues(dialogs: Path) -> None:
    train, held = read_conversations(dialogs, "train"), read_conversations(dialogs, "held")
    assert held
    assert train
    assert sorted(c.id for c in train + held) == sorted(c.id for c in read_conversations(dialogs))
    assert not {c.id for c in train} & {c.id for c in held}


def test_a_state_holds_what_was_known_and_no_more(dialogs: Path, tracks: list[Track]) -> None:
    turns = list(judged_turns(read_conversations(dialogs)[:1], youtube_positions(tracks)))
    assert [(t.number, t.relevant) for t in turns] == [(2, (0,)), (3, (2,))]  # y0 was liked before: not asked again
    second, third = (t.state for t in turns)
    assert second == Situation("sad rock", (PastTurn("hello", "answer to hello", (), ()),))
    assert third.liked == (0,)
    assert third.rated == {0, 1}
    assert "secret" not in repr(turns)
    assert "answer to more" not in repr(turns)


def test_a_line_that_is_no_dialogue_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text('{"id": "a", "turns": []}\n{"id": "b"}\n')
    with pytest.raises(SourceError, match="line 2"):
        read_conversations(tmp_path / "bad.jsonl")


@pytest.mark.parametrize("name", RANKERS)
def test_every_ranker_finds_what_the_message_names(name: str, tracks: list[Track]) -> None:
    ranker = RANKERS[name](Corpus(tracks, HashingEncoder(64)))
    scores = ranker.scores(Situation("Jolene by Dolly Parton"))
    assert ranker.name == name
    assert scores.dtype == np.float32
    assert int(scores.argmax()) == 3


def test_a_message_without_a_known_word_finds_nothing_lexically(tracks: list[Track]) -> None:
    scores = RANKERS["bm25"](Corpus(tracks, HashingEncoder(64))).scores(Situation("zzz qqq"))
    assert np.isneginf(scores).all()


def test_liked_tracks_move_the_fusion_of_four(tracks: list[Track]) -> None:
    ranker = RANKERS["fusion-4"](Corpus(tracks, HashingEncoder(64)))
    past = (PastTurn("hello", "hi", liked=(2,), disliked=()),)
    assert int(ranker.scores(Situation("again", past)).argmax()) == 2


class Fixed:
    def __init__(self, name: str, scores: list[float]) -> None:
        self.name = name
        self._scores = np.array(scores, dtype=np.float32)

    def scores(self, state: Situation) -> Scores:
        return self._scores


def test_a_fusion_adds_reciprocal_ranks_and_gives_nothing_for_what_is_not_found() -> None:
    fused = RankFusion("f", (Fixed("a", [3, 2, -np.inf]), Fixed("b", [1, 9, -np.inf])))
    assert fused.scores(Situation("x")) == pytest.approx([1 / 61 + 1 / 62, 1 / 62 + 1 / 61, -np.inf])


def test_tracks_rated_earlier_are_out_of_the_ranking(dialogs: Path, tracks: list[Track]) -> None:
    turns = list(judged_turns(read_conversations(dialogs)[:1], youtube_positions(tracks)))
    ranks = rank_turns([Fixed("a", [4, 3, 2, 1])], turns, {"": np.ones(4, dtype=bool)})
    assert [r.tolist() for r in ranks[""]["a"]] == [[1], [1]]  # in the third turn the two best had been rated


def test_a_unique_hit_is_a_track_that_no_baseline_shows() -> None:
    row = [np.array([5, 300]), np.array([5]), np.array([400])]
    bm25 = [np.array([200, 1]), np.array([90]), np.array([400])]
    minilm = [np.array([101, 500]), np.array([600]), np.array([400])]
    assert unique_hits(row, [bm25, minilm]) == 1
