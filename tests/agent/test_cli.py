"""The command line as a whole: what goes wrong is one line and a code of its own."""

import subprocess
import sys

import pytest

from segue.agent.cli import main


@pytest.mark.parametrize(
    ("address", "said"),
    [("garbage", "cannot be used"), ("postgresql://127.0.0.1:1/music", "'music' at 127.0.0.1 cannot be used")],
)
def test_a_database_that_cannot_be_reached_is_told_in_one_line(
    address: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SEGUE_DATABASE", address)
    monkeypatch.setattr(sys, "argv", ["segue", "taste", "show"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 4
    told = capsys.readouterr().err
    assert told.startswith("segue: ")
    assert said in told
    assert "Traceback" not in told


def test_help_and_whoever_reads_answers_wait_for_no_large_library() -> None:
    code = (
        "import sys; from segue.agent.cli import build_app; build_app();"
        "import segue.agent.turn, segue.evals.suites.runner, segue.evals.suites.fake;"
        "sys.exit(str(sys.modules.keys() & {'torch', 'chromadb', 'langgraph', 'transformers', 'sklearn'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == "set()"
