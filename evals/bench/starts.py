"""How `segue bench all` starts a benchmark: in a fresh process, or in a fork of one that has imported everything.

A fork is a process of its own as well, but its imports are paid for once. What a benchmark says of loading then leaves
imports out, so that only the quick form is run that way. Knows processes; prints nothing.
"""

import gc
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Protocol, Self

MODULES: Final = (
    "sentence_transformers", "chromadb", "segue.agent.music_agent", "segue.evals.bench.app", "segue.evals.generators",
    "segue.evals.stacks", "segue.evals.suites.agent", "segue.evals.simulator.simulate",
)  # fmt: skip
"""What most benchmarks import; none of them starts a thread by being imported."""


class Ended(NamedTuple):
    """How a benchmark's process ended."""

    code: int
    """Exit code; negative where a signal ended it."""
    told: str
    """Standard error."""
    processor: float
    """Seconds of processor time, its children that it waited for included."""


class Start(Protocol):
    """Starts benchmarks, one at a time."""

    def __call__(self, arguments: Sequence[str]) -> Ended:
        """Run `segue bench ARGUMENTS` to its end."""

    def close(self) -> None:
        """Let everything go."""


class Fresh:
    """Starts each benchmark in a fresh process with so many threads."""

    def __init__(self, threads: int) -> None:
        self._environment = _environment(threads)

    def __call__(self, arguments: Sequence[str]) -> Ended:
        """See `Start`."""
        asked = [sys.executable, "-m", "segue", "bench", *arguments]
        with tempfile.TemporaryFile("w+", prefix="segue-bench-", errors="replace") as told:
            process = subprocess.Popen(asked, stdout=subprocess.DEVNULL, stderr=told, env=self._environment)
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)  # or it would be waited for again
            told.seek(0)
            return Ended(process.returncode, told.read(), used.ru_utime + used.ru_stime)

    def close(self) -> None:
        """Hold nothing."""


class Warm:
    """Starts each benchmark in a fork of one process, which imports at once and has so many threads."""

    def __init__(self, threads: int, modules: Sequence[str] = MODULES) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "segue.evals.bench.starts", *modules],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=_environment(threads),
        )  # fmt: skip

    def __call__(self, arguments: Sequence[str]) -> Ended:
        """See `Start`.

        Raises:
            RuntimeError: the process that is forked has died.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with tempfile.NamedTemporaryFile(prefix="segue-bench-") as told:
            try:
                self._process.stdin.write(json.dumps([told.name, *arguments]) + "\n")
                self._process.stdin.flush()
            except BrokenPipeError as error:
                raise RuntimeError("the process that benchmarks are forked from has died") from error
            answer = self._process.stdout.readline()
            if not answer:
                raise RuntimeError("the process that benchmarks are forked from has died")
            code, processor = json.loads(answer)
            return Ended(code, Path(told.name).read_text("utf-8", errors="replace"), processor)

    def close(self) -> None:
        """End the process; it has nothing to write."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _environment(threads: int) -> dict[str, str]:
    return os.environ | {"OMP_NUM_THREADS": str(threads), "OMP_WAIT_POLICY": "passive"}


def serve(modules: Sequence[str]) -> list[str] | None:
    """Import, then fork for each line of standard input; return a benchmark's arguments in a fork, None at the end."""
    for module in modules:
        import_module(module)
    if threading.active_count() > 1:
        raise RuntimeError("a module started a thread by being imported; a fork would lack it")
    gc.freeze()  # a collection in a fork would copy every page that is shared
    for line in sys.stdin:
        told, *arguments = json.loads(line)
        if not (child := os.fork()):
            # Its own children must not hold the pipes by which the next benchmark is asked for.
            for number, path in enumerate((os.devnull, os.devnull, told)):
                opened = os.open(path, os.O_RDWR)
                os.dup2(opened, number)
                os.close(opened)
            return list(arguments)
        _, status, used = os.wait4(child, 0)
        sys.stdout.write(json.dumps([os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime]) + "\n")
        sys.stdout.flush()
    return None


if __name__ == "__main__":
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    asked = serve(sys.argv[1:])
    if asked is not None:
        from segue.agent.cli import main

        sys.argv = ["segue", "bench", *asked]
        main()
