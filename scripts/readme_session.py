"""Write README's session anew: what follows "> " is said, and what the chat answers replaces the old answers.

    python scripts/readme_session.py

A test compares README with what this would write.
"""

import re
import tempfile
from pathlib import Path

from typer.testing import CliRunner

from segue.agent.cli import build_app

README = Path(__file__).parents[1] / "README.md"
BLOCK = re.compile(r"```console\n(?P<session>.*?)```", re.DOTALL)
WIDTH = "110"


def played(session: str) -> str:
    """Return the session with the answers that the chat gives now."""
    said = [line[2:] for line in session.splitlines() if line.startswith("> ")]
    with tempfile.TemporaryDirectory() as data:
        command = ["chat", "--thread", "readme", "--data", data, "--echo"]
        run = CliRunner().invoke(
            build_app(), command, input="\n".join(said), env={"COLUMNS": WIDTH}, catch_exceptions=False
        )
    if run.exit_code:
        raise RuntimeError(run.output)
    return "\n".join(line.rstrip() for line in run.stdout.splitlines()) + "\n"


if __name__ == "__main__":
    text = README.read_text("utf-8")
    block = BLOCK.search(text)
    assert block is not None, "README has no session"
    README.write_text(text[: block.start("session")] + played(block["session"]) + text[block.end("session") :], "utf-8")
