"""Where a figure comes from: the command, the data, the date, the versions and the processor.

Nothing of the host's file system is told: of a path that stands in a command only the file's own name is kept, and
beside it a fingerprint of what the file holds.
"""

import hashlib
import os
import platform
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

PACKAGES = ("segue", "numpy", "torch", "transformers", "chromadb", "numba", "scikit-learn")
"""The packages whose versions may move a figure."""


class Provenance(BaseModel):
    """What must be known to run a benchmark again, and to judge its latencies."""

    model_config = ConfigDict(extra="forbid")

    command: str
    """As typed, with file names in place of paths."""
    date: str
    """The day it ended, in UTC: `2026-11-26`."""
    revision: str = "not recorded"
    """The commit of the code, with `-dirty` where it was changed since: such a figure nobody can measure again."""
    fingerprints: dict[str, str]
    """File or folder name -> the first 16 digits of the SHA-256 of what it holds."""
    versions: dict[str, str]
    processor: str
    cores: int
    load: float
    """Processes that wanted a core in the last minute of the run, this one included; above `cores`, latencies lie."""


def provenance(arguments: Sequence[str]) -> Provenance:
    """Return the provenance of the run of `segue bench` that was given `arguments` and ends now."""
    paths = paths_in(arguments)
    return Provenance(
        command=command_line(arguments),
        date=datetime.now(UTC).date().isoformat(),
        revision=revision(),
        fingerprints={path.resolve().name: fingerprint(path) for path in paths},
        versions={"python": platform.python_version()} | _versions(),
        processor=_processor(),
        cores=os.cpu_count() or 1,
        load=round(os.getloadavg()[0], 2),
    )


def paths_in(arguments: Sequence[str]) -> list[Path]:
    """Return the arguments that are files or folders; the first is the benchmark's own name."""
    values = (argument.rpartition("=")[2] if argument.startswith("--") else argument for argument in arguments[1:])
    return [Path(value) for value in values if not value.startswith("-") and Path(value).exists()]


def command_line(arguments: Sequence[str]) -> str:
    """Return the command without the folders of its files, and without `--json`, which changes no figure."""
    names = {str(path): path.resolve().name for path in paths_in(arguments)}
    kept = []
    for argument in arguments:
        option, equals, value = argument.rpartition("=") if argument.startswith("--") else ("", "", argument)
        if argument != "--json":
            kept.append(f"{option}{equals}{names.get(value, value)}")
    return shlex.join(["segue", "bench", *kept])


def without_folders(value: Any, paths: Sequence[Path]) -> Any:
    """Return JSON data in which every absolute path, and every one of `paths`, is a file name."""
    if isinstance(value, dict):
        return {key: without_folders(item, paths) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_folders(item, paths) for item in value]
    if isinstance(value, str) and (Path(value).is_absolute() or Path(value) in paths):
        return Path(value).name
    return value


def fingerprint(path: Path) -> str:
    """Return 16 hexadecimal digits that change with the content of a file, a folder, or a catalog's tracks."""
    if (path / "CURRENT").is_file():
        # What is derived from the tracks may be rebuilt without a figure changing; the tracks are the truth.
        path = path / "versions" / (path / "CURRENT").read_text(encoding="utf-8").strip() / "tracks.parquet"
    digest = hashlib.sha256()
    for file in [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file()):
        if file != path:
            digest.update(f"{file.relative_to(path).as_posix()}\0{file.stat().st_size}\0".encode())
        with file.open("rb") as stream:
            while part := stream.read(1 << 20):
                digest.update(part)
    return digest.hexdigest()[:16]


def revision() -> str:
    """Return the commit that this code is checked out from, or that it is no checkout."""
    git, here = shutil.which("git"), Path(__file__).resolve().parent
    if git is None:
        return "unknown, for there is no git"
    asked = [git, "-C", str(here), "rev-parse", "--short=10", "HEAD"]
    told = subprocess.run(asked, capture_output=True, text=True, check=False)
    if told.returncode:
        return "unknown, for this is no checkout"
    # What the benchmarks themselves write changes no code.
    code = (":/", ":(top,exclude)evals/results", ":(top,exclude)docs")
    asked = [git, "-C", str(here), "diff", "--quiet", "HEAD", "--", *code]
    dirty = subprocess.run(asked, capture_output=True, check=False).returncode
    return told.stdout.strip() + ("-dirty" if dirty else "")


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def _processor() -> str:
    """Return the processor's model and its widest vector instructions, as far as the system tells them."""
    told = Path("/proc/cpuinfo")
    if not told.is_file():
        return platform.processor() or platform.machine()
    facts = dict(line.split(":", 1) for line in told.read_text(encoding="utf-8").splitlines() if ":" in line)
    facts = {key.strip(): value.strip() for key, value in facts.items()}
    flags = facts.get("flags", "").split()
    widest = next((name for name in ("avx512_vbmi", "avx512f", "avx2") if name in flags), "no AVX2")
    return f"{facts.get('model name', platform.machine())}, {widest}"
