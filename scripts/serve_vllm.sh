#!/bin/sh
# Serve the exported checkpoint $MODEL with vLLM at $HOST:$PORT; further arguments go to vLLM.
# $CODES is the code table of a catalog, for requests that want IDs of the catalog only.
set -eu
VENV=${VENV_VLLM:-.venv-vllm}
MODEL=${MODEL:-build/vllm/model}
HOST=${HOST:-127.0.0.1}
PORT=${PORT:-8000}
DTYPE=${DTYPE:-float32}

name=$("$VENV/bin/python" -c 'import json, sys; print(json.load(open(sys.argv[1] + "/segue.json"))["served_name"])' "$MODEL")
# Segue is read from the sources, without its requirements: the position mask needs numpy and torch alone.
export PYTHONPATH="$(cd "$(dirname "$0")/../src" && pwd)${PYTHONPATH:+:$PYTHONPATH}"
# The position mask is written for the first model runner.
export VLLM_USE_V2_MODEL_RUNNER=0
export VLLM_NO_USAGE_STATS=1
ask="SEGUE_GENERATOR_URL=http://$HOST:$PORT segue chat"
if ! { command -v nvidia-smi >/dev/null 2>&1 && nvidia-smi >/dev/null 2>&1; }; then
    export VLLM_CPU_KVCACHE_SPACE="${VLLM_CPU_KVCACHE_SPACE:-1}" OMP_WAIT_POLICY=passive
    # An answer takes seconds on a CPU; the client gives up after 3 unless it is told otherwise.
    ask="SEGUE_GENERATOR_TIMEOUT=4.9 $ask"
    set -- --enforce-eager "$@"
fi
[ -z "${CODES:-}" ] || set -- --additional-config "{\"segue_codes\": \"$CODES\"}" "$@"
echo "Once it says 'Application startup complete', ask it from another shell:  $ask"
# All log-probabilities of a codebook come back, after the mask: the client makes its distributions of them. Small
# blocks let the paths of a beam share their prompt.
exec "$VENV/bin/python" -m vllm.entrypoints.openai.api_server \
    --model "$MODEL" --served-model-name "$name" --host "$HOST" --port "$PORT" --dtype "$DTYPE" \
    --max-model-len 512 --block-size "${BLOCK:-32}" --max-logprobs 256 --logprobs-mode processed_logprobs \
    --logits-processors segue.generator.vllm.logits_processor:PositionMaskProcessor \
    --generation-config vllm --enable-prompt-embeds --no-enable-log-requests "$@"
