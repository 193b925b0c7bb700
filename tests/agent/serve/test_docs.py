"""docs/serving.md: its blocks run, its commands and addresses exist."""

import contextlib
import io
import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from typer.main import get_command

from segue.agent.cli import build_app

MakeApp = Callable[..., FastAPI]
Run = Callable[[FastAPI], AbstractContextManager[str]]
TEXT = (Path(__file__).parents[3] / "docs" / "serving.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def test_the_blocks_run_one_after_another(make_app: MakeApp, run: Run) -> None:
    assert len(blocks("python")) == 4
    printed = io.StringIO()
    names: dict[str, Any] = {"make_agent": lambda: None}
    with run(make_app()) as address, contextlib.redirect_stdout(printed):
        for block in blocks("python"):
            exec(compile(block.replace("http://127.0.0.1:8080", address), "docs/serving.md", "exec"), names)
        names["client"].close()
    assert "I'll never play country again." in printed.getvalue()
    assert isinstance(names["app"], FastAPI)


def test_the_commands_exist(make_app: MakeApp) -> None:
    commands = get_command(build_app()).commands  # type: ignore[attr-defined]
    options = {
        name: {option for parameter in commands[name].params for option in parameter.opts} for name in ("serve", "mcp")
    }
    for name, rest in re.findall(r"^segue (\w+)([^#\n]*)", "\n".join(blocks("sh")), re.MULTILINE):
        assert set(re.findall(r"--[a-z]+", rest)) <= options[name]
    assert set(re.findall(r"`(--[a-z]+)[ `]", TEXT)) <= options["serve"]
    assert set(json.loads(blocks("json")[0])["mcpServers"]["segue"]["args"]) <= {"mcp", "ana", *options["mcp"]}


def test_the_table_lists_every_address(make_app: MakeApp) -> None:
    paths = make_app().openapi()["paths"]
    for path in paths:
        plain = path.replace("{id}", "ID").replace("{thread}", "T").removeprefix("/v1/threads/T/")
        assert plain in TEXT, path
