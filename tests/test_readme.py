"""The README's snippet prints what the README says."""

import contextlib
import importlib.util
import io
import re
from pathlib import Path

import pytest

README = Path(__file__).parent.parent / "README.md"


def test_the_snippet_prints_what_the_readme_shows() -> None:
    text = README.read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    shown = re.search(r"```text\n(.*?)```", text, re.DOTALL)
    assert code
    assert shown
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code[1], README, "exec"), {})
    assert printed.getvalue() == shown[1]


@pytest.mark.slow
def test_the_session_is_what_the_chat_answers() -> None:
    spec = importlib.util.spec_from_file_location("readme_session", README.parent / "scripts" / "readme_session.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    block = script.BLOCK.search(README.read_text(encoding="utf-8"))
    assert script.played(block["session"]) == block["session"], "python scripts/readme_session.py writes it anew"


def test_every_folder_that_the_tree_names_exists() -> None:
    text = README.read_text(encoding="utf-8")
    tree = text.split("## What lives where")[1].split("```")[1]
    parent = Path()
    for line in tree.splitlines()[1:]:
        indent, name = len(line) - len(line.lstrip()), line.split()[0]
        path = README.parent / (parent / name if indent else name)
        assert path.exists(), name
        if not indent:
            parent = Path(name)
