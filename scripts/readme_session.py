"""Write README's session anew: what follows "> " is said, and what the chat answers replaces the old answers.

    python scripts/readme_session.py

A test compares README with what this would write.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"
BLOCK = re.compile(r"```console\n(?P<session>.*?)```", re.DOTALL)
WIDTH = "110"


def played(session: str) -> str:
    """Return the session with the answers that the chat gives now."""
    said = [line[2:] for line in session.splitlines() if line.startswith("> ")]
    with tempfile.TemporaryDirectory() as data:
        command = [sys.executable, "-m", "segue", "chat", "--thread", "readme", "--data", data, "--echo"]
        run = subprocess.run(
            command,
            input="\n".join(said),
            env={**os.environ, "COLUMNS": WIDTH},
            capture_output=True,
            text=True,
            check=True,
        )
    return "\n".join(line.rstrip() for line in run.stdout.splitlines()) + "\n"


if __name__ == "__main__":
    text = README.read_text("utf-8")
    block = BLOCK.search(text)
    assert block is not None, "README has no session"
    README.write_text(text[: block.start("session")] + played(block["session"]) + text[block.end("session") :], "utf-8")
