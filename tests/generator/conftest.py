import pytest
from transformers import PreTrainedTokenizerFast

from segue.generator.base_model import load_tokenizer


@pytest.fixture(scope="session")
def smollm_tokenizer() -> PreTrainedTokenizerFast:
    return load_tokenizer()
