"""`segue generator train` and `segue adapt`: what comes out, and what is said of garbage."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import LlamaConfig, LlamaForCausalLM
from typer.testing import CliRunner

from segue.agent.cli import build_app
from segue.generator.errors import SourceError, UserError, WeightsCorrupt
from segue.generator.sentences import SentenceEncoder
from segue.generator.track import Track
from segue.tools.catalog.adapted import adapted_draft, compact_folder, publish_adapted
from segue.tools.catalog.update import update_catalog

TRACKS = [
    Track.model_validate({"id": f"t{n}", "title": f"Song {n}", "artists": [f"Band {n % 4}"], "genres": ["rock"]})
    for n in range(12)
]


@pytest.fixture
def music(tmp_path: Path) -> Path:
    path = tmp_path / "music.jsonl"
    path.write_text("".join(t.model_dump_json(exclude_defaults=True) + "\n" for t in TRACKS), encoding="utf-8")
    return path


def run(*arguments: object) -> None:
    CliRunner().invoke(build_app(), [str(a) for a in arguments], catch_exceptions=False)


def test_adapted_weights_belong_to_the_catalog_and_replace_the_shipped_ones(tmp_path: Path) -> None:
    folder = tmp_path / "catalog"
    update_catalog(folder, TRACKS, encoder=SentenceEncoder())
    assert compact_folder(folder) is None
    for _ in range(2):
        run("adapt", folder, "--requests", 100, "--epochs", 1)
    own = compact_folder(folder)
    assert own is not None
    manifest = json.loads((own / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["started_from"], manifest["tracks"]) == ("shipped", 12)
    assert [path.name for path in own.parent.iterdir()] == ["compact"]


def test_a_training_that_fails_leaves_the_old_weights(tmp_path: Path) -> None:
    with adapted_draft(tmp_path) as draft:
        (draft / "weights").write_text("old")
        publish_adapted(tmp_path, draft)
    with pytest.raises(FileNotFoundError), adapted_draft(tmp_path) as draft:
        (draft / "no such folder" / "weights").write_text("half")
    own = compact_folder(tmp_path)
    assert own is not None
    assert (own / "weights").read_text() == "old"
    assert [path.name for path in own.parent.iterdir()] == ["compact"]


@pytest.mark.parametrize(
    ("kind", "option", "value", "why"),
    [
        ("compact", "--held-out", 1, "language model"),
        ("compact", "--steps", 9, "language model"),
        ("compact", "--base", "gpt2", "language model"),
        ("compact", "--reader-epochs", 2, "language model"),
        ("compact", "--folds", 2, "give --dialogues or --artist-requests"),
        ("language", "--folds", 2, "compact generator"),
        ("language", "--held-out", 999, "nothing"),
    ],
)
def test_what_makes_no_sense_is_refused_before_the_long_work(
    music: Path, tmp_path: Path, kind: str, option: str, value: object, why: str
) -> None:
    with pytest.raises(UserError, match=why):
        run("generator", "train", "--kind", kind, "--out", tmp_path / "out", "--catalog", music, "--examples", 100,
            option, value)  # fmt: skip
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("option", ["--artist-requests", "--dialogues"])
@pytest.mark.parametrize("content", [None, b"\x00\xff", b"not json\n", b"[]\n"])
def test_garbage_is_named_by_its_file(music: Path, tmp_path: Path, option: str, content: bytes | None) -> None:
    bad = tmp_path / "bad.jsonl"
    if content is not None:
        bad.write_bytes(content)
    with pytest.raises(SourceError, match=r"bad\.jsonl"):
        run("generator", "train", "--kind", "compact", "--out", tmp_path / "o", "--catalog", music, option, bad)
    assert not (tmp_path / "o").exists()


def test_an_empty_catalog_and_a_missing_one_have_nothing_to_adapt_to(tmp_path: Path) -> None:
    update_catalog(tmp_path / "empty", [], encoder=SentenceEncoder())
    with pytest.raises(UserError, match="nothing to learn"):
        run("adapt", tmp_path / "empty")
    with pytest.raises(UserError, match="no catalog"):
        run("adapt", tmp_path / "nowhere")


def test_an_empty_library_and_an_unknown_base_model_are_refused(
    music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.write_text("")
    with pytest.raises(UserError):
        run("generator", "train", "--kind", "compact", "--out", tmp_path / "o", "--catalog", empty)
    arguments = ("--out", tmp_path / "o", "--catalog", music, "--examples", 100, "--base", tmp_path / "nowhere")
    with pytest.raises(UserError, match="nowhere"):
        run("generator", "train", "--kind", "language", *arguments)


def small_base(folder: Path) -> Path:
    from segue.generator.base_model import load_tokenizer

    torch.manual_seed(0)
    tokenizer = load_tokenizer()
    config = LlamaConfig(
        vocab_size=len(tokenizer), tie_word_embeddings=True, hidden_size=16, intermediate_size=16,
        num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1, max_position_embeddings=128,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)  # type: ignore[no-untyped-call]
    tokenizer.save_pretrained(folder)
    return folder


def test_a_language_model_learns_and_then_its_heads_alone(music: Path, tmp_path: Path) -> None:
    base, one, two = small_base(tmp_path / "base"), tmp_path / "one", tmp_path / "two"
    given = ("--kind", "language", "--base", base, "--catalog", music, "--examples", 100, "--reader-epochs", 2)
    run("generator", "train", "--out", one, "--steps", 2, *given)
    assert sorted(path.name for path in one.iterdir()) == ["manifest.json", "training.jsonl", "weights.safetensors"]
    run("generator", "train", "--out", two, "--start", one, *given)
    before, after = (load_file(folder / "weights.safetensors") for folder in (one, two))
    changed = {name for name, tensor in after.items() if not torch.equal(tensor, before[name])}
    assert changed
    assert all(name.startswith(("reader.", "heads.")) for name in changed)
    manifests = [json.loads((folder / "manifest.json").read_text(encoding="utf-8")) for folder in (one, two)]
    assert manifests[1]["language_model"] == manifests[0]
    with pytest.raises(WeightsCorrupt, match="another base model"):
        run("generator", "train", "--kind", "language", "--out", two, "--start", one, "--catalog", music)
    with pytest.raises(UserError, match="--start leaves the language model as it is"):
        run("generator", "train", "--out", two, "--start", one, "--steps", 2, *given)
