"""JUnit XML: one test case per dialogue, with its figures as properties, for whatever shows test results."""

import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from segue.evals.suites.records import DialogueResult
from segue.evals.suites.summary import means

# What XML 1.0 cannot carry, even escaped.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_junit(path: Path, results: Sequence[DialogueResult]) -> None:
    """Write the results of a run."""
    failed = [result for result in results if not result.passed]
    top = ElementTree.Element("testsuites")
    suite = ElementTree.SubElement(
        top, "testsuite", name="segue", tests=str(len(results)), failures=str(len(failed)), errors="0",
        time=f"{sum(result.seconds for result in results):.3f}",
    )  # fmt: skip
    for result in results:
        first = result.records[0]
        case = ElementTree.SubElement(
            suite, "testcase", classname=_text(first.suite), name=_text(first.dialogue), time=f"{result.seconds:.3f}",
            file=_text(first.path), line=str(first.line),
        )  # fmt: skip
        properties = ElementTree.SubElement(case, "properties")
        for name, value in means(result.records).items():
            ElementTree.SubElement(properties, "property", name=name, value=f"{value:.6g}")
        if not result.passed:
            lines = failures(result)
            failure = ElementTree.SubElement(case, "failure", message=_text(lines[0]))
            failure.text = _text("\n".join(lines))
    ElementTree.indent(top)
    ElementTree.ElementTree(top).write(path, encoding="utf-8", xml_declaration=True)


def failures(result: DialogueResult) -> list[str]:
    """Return what failed, one line each, with the place in the suite."""
    return [
        f"{record.path}:{check.line or record.line}: turn {record.turn} {record.message!r:.80}: "
        f"{check.name}: {check.detail}"
        for record in result.records
        for check in record.failures
    ]


def _text(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
