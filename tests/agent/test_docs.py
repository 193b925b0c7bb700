"""Every block of docs/embedding.md runs, in order, as the page says."""

import contextlib
import io
import json
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from langchain_core.language_models import FakeListChatModel
from langgraph.checkpoint.memory import InMemorySaver

from segue.agent.fake import fakes
from segue.agent.parts import assemble
from segue.memory.store import InMemoryTasteStore
from segue.tools.catalog.catalog import Catalog
from segue.tools.catalog.default import default_catalog

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_blocks_run_one_after_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "embedding.md").read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 5
    monkeypatch.setattr("segue.agent.storage.data_folder", lambda: tmp_path / "data")
    names: dict[str, Any] = {
        "default_catalog_folder": default_catalog(),
        "folder": tmp_path,
        "chat_model": FakeListChatModel(responses=["Here are some songs."]),
        "checkpointer": InMemorySaver(),
    }
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        for block in blocks:
            exec(compile(block, "docs/embedding.md", "exec"), names)
    assert "never country" in printed.getvalue()
    assert "Turn" in printed.getvalue()


async def test_langgraph_json_names_a_graph(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, catalog: Catalog) -> None:
    named = json.loads((ROOT / "langgraph.json").read_text("utf-8"))["graphs"]["segue"]
    module, function = named.split(":")
    store = InMemoryTasteStore()
    parts = assemble(catalog=catalog, store=store, **fakes(catalog))
    monkeypatch.setattr("segue.agent.studio.assemble", lambda **settings: parts)
    graph = getattr(import_module(module), function)()
    state = await graph.ainvoke({"message": "something"}, {"configurable": {"thread_id": "t"}})
    assert len(state["turn"].tracks) == 5
    await store.aclose()
    assert {"hear", "weigh", "recommend", "look_up", "remember", "reply"} <= set(graph.get_graph().nodes)
