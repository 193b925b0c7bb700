"""The compose file parses, names what is there, and starts vLLM as `make vllm` does."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"


def test_the_compose_file_names_what_is_there() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    assert set(compose["services"]) == {"generator", "segue"}
    build = compose["services"]["segue"]["build"]
    assert ((DEPLOY / build["context"]).resolve() / build["dockerfile"]).is_file()
    for service in compose["services"].values():
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            assert source in compose["volumes"] or (DEPLOY / source).resolve().is_relative_to(ROOT)
        assert set(service.get("secrets", [])) <= set(compose["secrets"])
    host = compose["services"]["segue"]["environment"]["SEGUE_GENERATOR_URL"]
    assert host == "http://generator:8000"


def test_the_compose_file_starts_vllm_as_the_script_does() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    given = {option.split("=")[0]: option.partition("=")[2] for option in compose["services"]["generator"]["command"]}
    script = (ROOT / "scripts/serve_vllm.sh").read_text("utf-8")
    # Of the machine at hand, not of the model.
    apart = {"--host", "--port", "--block-size", "--no-enable-log-requests", "--enforce-eager", "--additional-config"}
    wanted = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", script.replace("vllm --enforce", ""))) - apart
    assert wanted == set(given)
    for option in ("--max-model-len", "--max-logprobs", "--logprobs-mode", "--logits-processors"):
        assert re.search(rf"{option} {re.escape(given[option])}\s", script)
