import pytest

from segue.evals.suites.errors import SuiteError
from segue.evals.suites.select import chooser

WORDS = ("bans/a banned genre", "negation", "slow")


@pytest.mark.parametrize(
    ("expression", "chosen"),
    [
        ("ban", True),
        ("BAN", True),
        ("not ban", False),
        ("negation and slow", True),
        ("negation and not slow", False),
        ("memory or slow", True),
        ("not (memory or slow)", False),
        ("memory and slow or ban", True),
        ("memory and (slow or ban)", False),
        ("not not ban", True),
    ],
)
def test_expressions(expression: str, chosen: bool) -> None:
    assert chooser(expression)(WORDS) is chosen


@pytest.mark.parametrize("expression", ["", "and", "a and", "(a", "a)", "a b", "not", "a or or b"])
def test_what_is_no_expression(expression: str) -> None:
    with pytest.raises(SuiteError, match="cannot be read"):
        chooser(expression)
