from collections.abc import Callable
from pathlib import Path

import pytest

from segue.evals.suites.errors import SuiteError
from segue.evals.suites.loader import load, load_file
from segue.evals.suites.years import Years

Write = Callable[[str], Path]


def problems(path: Path) -> list[str]:
    with pytest.raises(SuiteError) as caught:
        load([path])
    return [f"{problem.line}: {problem.text}" for problem in caught.value.problems]


def test_a_suite_with_everything(write: Write) -> None:
    path = write("""
        suite: demo
        tags: [quick]
        variables:
          genre: [trip hop, country]
          unused: [a, b, c]
        personas:
          ana: {said: I love Sade}
        expect: {latency: 5, degraded: false}
        dialogues:
          - name: a genre
            persona: ana
            tags: negation
            turns:
              - say: no ${genre}, please
                expect:
                  excludes: {genres: "${genre}"}
                  latency: 9
              - {feedback: {number: 1, kind: liked}}
          - name: years
            turns:
              - say: 1990s
                thread: other
                expect: {only: {years: [1990s, -1979], artists: [1999, Yes, no]}, repeats_nothing: true}
    """)
    first, second, third = load([path])
    assert [first.id, second.name] == ["demo/a genre [genre=trip hop]", "a genre [genre=country]"]
    assert (first.tags, first.line, second.steps[0].turn.say) == (("quick", "negation"), 10, "no country, please")
    assert first.persona is not None
    assert first.persona.said == ("I love Sade",)
    step = second.steps[0]
    assert step.expect.excludes is not None
    assert step.expect.excludes.genres == ("country",)
    # What a turn expects itself counts before what its suite expects.
    assert (step.expect.latency, step.expect.degraded) == (9, False)
    assert step.lines == {"latency": 17, "degraded": 8, "excludes": 16}
    assert first.steps[1].expect.latency is None  # feedback gets no answer that could be late
    only = third.steps[0].expect.only
    assert only is not None
    assert only.years == (Years(1990, 1999), Years(None, 1979))
    assert only.artists == ("1999", "Yes", "no")
    assert third.steps[0].expect.repeats_nothing == "thread"


@pytest.mark.parametrize(
    ("expect", "line", "text"),
    [
        ("{yeras: 1990}", 5, "did you mean 'years'?"),
        ("{excludes: {genre: rock}}", 5, "did you mean 'genres'?"),
        ("{only: {years: 1999-1990}}", 5, "ends before it begins"),
        ("{only: {years: soon}}", 5, "are no years"),
        ("{tracks: many}", 5, "tracks"),
        ("{tracks: {min: 5, max: 2}}", 5, "impossible"),
        ("{excludes: {}}", 5, "names no trait"),
        ("{excludes: {genres: []}}", 5, "at least 1"),
        ("{excludes: {genres: }}", 5, "'genres' has no value"),
        ("{act: requst}", 5, "requst"),
        ("{taste: {}}", 5, "expects nothing"),
        ("{obeys: false}", 5, "obeys"),
        ("{}", 2, "can never fail"),
        ("{says: '${nobody}'}", 5, "no variable 'nobody'"),
    ],
)
def test_an_error_names_its_line(write: Write, expect: str, line: int, text: str) -> None:
    path = write(f"suite: s\ndialogues:\n  - name: d\n    turns: [{{say: hi,\n      expect: {expect}}}]\n")
    found = problems(path)
    # A dialogue that expects nothing is at fault as a whole.
    assert any(one.startswith(f"{3 if line == 2 else line}: ") and text in one for one in found), found


def test_all_problems_are_told_at_once(write: Write) -> None:
    path = write("""
        suite: s
        speed: 3
        dialogues:
          - name: one
            turns:
              - {say: hi, expect: {tracks: -1}}
          - name: two
            persona: nobody
            turns:
              - {say: hi, feedback: {number: 1, kind: liked}, expect: {tracks: 1}}
          - {turns: [{say: hi, expect: {tracks: 1}}]}
    """)
    found = problems(path)
    assert [int(one.split(":")[0]) for one in found] == [2, 6, 6, 10, 11]
    assert "either `say` or `feedback`" in found[3]


def test_a_persona_that_is_not_there(write: Write) -> None:
    path = write("""
        suite: s
        dialogues:
          - name: two
            persona: nobody
            turns: [{say: hi, expect: {tracks: 1}}]
    """)
    assert problems(path) == ["4: no persona 'nobody'; there are none"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "1: is empty"),
        ("- a", "1: a suite is a mapping"),
        ("suite: s\nsuite: t\ndialogues: []", "2: 'suite' stands here for the second time"),
        ("suite: [\n", "2: no YAML"),
        ("suite: s\n", "1: `dialogues` must be a list"),
        ("a: &a [*a]", "1: an alias that holds itself"),
        ("? [x]\n: y", "1: a key must be plain text"),
    ],
)
def test_what_is_no_suite(write: Write, text: str, problem: str) -> None:
    assert problem in "\n".join(problems(write(text)))


def test_aliases_that_multiply_are_refused(write: Write) -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert "too many" in problems(write("\n".join(rows)))[0]


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    assert "cannot be read" in problems(tmp_path / "none.suite.yaml")[0]
    (tmp_path / "latin.suite.yaml").write_bytes(b"suite: \xe9")
    assert "cannot be read" in problems(tmp_path / "latin.suite.yaml")[0]


def test_a_name_that_stands_twice_over_files_is_told(write: Write, tmp_path: Path) -> None:
    text = "suite: s\ndialogues:\n  - {name: d, turns: [{say: hi, expect: {tracks: 1}}]}\n"
    first = write(text)
    (tmp_path / "t.suite.yaml").write_text(text)
    assert f"stands already at {first}:3" in problems(tmp_path)[0]
    assert len(load([first, first])) == 1


def test_a_folder_without_suites(tmp_path: Path) -> None:
    assert "holds no *.suite.yaml" in problems(tmp_path)[0]


def test_variables_in_the_name_tell_apart(write: Write) -> None:
    path = write("""
        suite: s
        dialogues:
          - name: no ${genre}
            variables: {genre: [rock, pop], year: 1994}
            turns: [{say: "${genre} of ${year}", expect: {tracks: 1}}]
    """)
    assert [(one.name, one.steps[0].turn.say) for one in load_file(path)] == [
        ("no rock", "rock of 1994"),
        ("no pop", "pop of 1994"),
    ]
