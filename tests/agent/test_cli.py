"""The command line as a whole: what goes wrong is one line and a code of its own."""

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
