# Every target works on a machine that has only Python >= 3.11 and make: the first one sets up .venv by itself.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# One stamp file says that the environment matches pyproject.toml and constraints.txt.
READY  := $(VENV)/.ready
VLLM_READY := .venv-vllm/.ready
export OMP_WAIT_POLICY := passive
export TOKENIZERS_PARALLELISM := false

.PHONY: chat demo test test-vllm vllm check format tokenizer generator ranking personal clean
.DEFAULT_GOAL := chat

# Create the environment, with every version pinned by constraints.txt and torch as a CPU build where there is no GPU.
$(READY): pyproject.toml constraints.txt scripts/install.sh
	@PYTHON=$(PYTHON) VENV=$(VENV) sh scripts/install.sh
	@touch $@

# vLLM pins much of what it needs, so that it has an environment of its own.
$(VLLM_READY):
	@PYTHON=$(PYTHON) sh scripts/install_vllm.sh

# Set everything up and talk about music.
chat: $(READY)
	@$(BIN)/segue chat

# Search the default catalog: the quickest look at real music.
demo: $(READY)
	@$(BIN)/segue search "mellow 90s rock, nothing too sad"

# Run every test, with warnings as errors.
test: $(READY)
	$(BIN)/python -m pytest -n 2 --dist worksteal

# Serve the generator with vLLM at http://127.0.0.1:8000; `SEGUE_GENERATOR_URL=http://127.0.0.1:8000 segue chat` uses it.
# MODEL, HOST, PORT, DTYPE and CODES are those of scripts/serve_vllm.sh.
vllm: $(READY) $(VLLM_READY)
	@[ -f $${MODEL:-build/vllm/model}/segue.json ] || $(BIN)/segue generator export --out $${MODEL:-build/vllm/model} \
		--dtype $${DTYPE:-float32}
	sh scripts/serve_vllm.sh

# Run the tests on a real vLLM server; they are skipped, with the reason, where vLLM cannot be had.
test-vllm: $(READY)
	@PYTHON=$(PYTHON) sh scripts/install_vllm.sh || [ $$? -eq 3 ]
	$(BIN)/python -m pytest -m vllm tests/generator/vllm

# Lint, formatting, types and the one-way import rule.
check: $(READY)
	$(BIN)/ruff check src/segue/*.py src/segue/*/ tests scripts
	$(BIN)/ruff format --check src/segue/*.py src/segue/*/ tests scripts
	$(BIN)/mypy
	$(BIN)/lint-imports

# Rewrite the sources in the house format.
format: $(READY)
	$(BIN)/ruff format src/segue/*.py src/segue/*/ tests scripts
	$(BIN)/ruff check --fix src/segue/*.py src/segue/*/ tests scripts

# Train the tokenizer that ships, on the open music in DATA (tracks.jsonl.gz) and the default catalog.
tokenizer: $(READY)
	$(BIN)/segue tokenizer train --out generator/weights/tokenizer --half --spread 3000 \
		--catalog tools/catalog/default/tracks.parquet --catalog $(DATA)/tracks.jsonl.gz
	$(BIN)/python scripts/build_default_codes.py

# Train the generators that ship, on the open music in DATA and the default catalog; hours on two cores.
generator: $(READY)
	mkdir -p build
	gzip -dc $(DATA)/tracks.jsonl.gz | grep '"cpcd"' > build/cpcd.jsonl
	$(BIN)/segue generator train --kind compact --out generator/weights/compact --examples 50000 --epochs 4 $(OPEN)
	$(BIN)/segue generator train --kind language --out generator/weights/language --examples 20000 --steps 1000 --reader-epochs 6 $(OPEN)

# Train the two-tower retriever and the ranker that ship, on the dialogues' training part; an hour on two cores. The
# ranker must not learn from a generator that knows the answers, so two are made, each without half of the dialogues.
ranking: $(READY)
	mkdir -p build
	gzip -dc $(DATA)/tracks.jsonl.gz | grep '"cpcd"' > build/cpcd.jsonl
	$(BIN)/segue catalog import build/cpcd.jsonl tools/catalog/default/tracks.parquet --catalog build/open
	$(BIN)/segue generator train --kind compact --out build/folds --folds 2 --examples 50000 --epochs 4 $(OPEN)
	$(BIN)/segue ranking train --catalog build/open --generators build/folds \
		--dialogues $(DATA)/cpcd_dialogs.jsonl.gz --artist-requests $(DATA)/artist_facts.jsonl --out tools/weights/ranking

# Learn listeners' vectors, the soft token of the compact generator that ships, and the next-song model; ten minutes on two
# cores.
personal: $(READY)
	mkdir -p build
	gzip -dc $(DATA)/tracks.jsonl.gz | grep '"cpcd"' > build/cpcd.jsonl
	$(BIN)/segue catalog import build/cpcd.jsonl tools/catalog/default/tracks.parquet --catalog build/open
	$(BIN)/segue listener train --catalog build/open --dialogues $(DATA)/cpcd_dialogs.jsonl.gz --out memory/weights/listener
	$(BIN)/segue next-song train --catalog build/open --dialogues $(DATA)/cpcd_dialogs.jsonl.gz --out generator/weights/next_song

OPEN = --catalog tools/catalog/default/tracks.parquet --catalog build/cpcd.jsonl \
	--artist-requests $(DATA)/artist_facts.jsonl --dialogues $(DATA)/cpcd_dialogs.jsonl.gz

# Remove what make has made.
clean:
	rm -rf $(VENV) .venv-vllm dist build
