"""Results of tests in the XML that build servers read: one suite a file, one case a test."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

# What XML 1.0 cannot hold, not even escaped; texts of payloads may have it.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class CaseResult:
    """One test: how long it took in seconds, and what was not as expected, nothing when it passed."""

    file: str
    name: str
    took_s: float
    differences: tuple[str, ...] = ()


def junit_xml(results: Sequence[CaseResult]) -> bytes:
    """Return the results as a JUnit document in UTF-8, files in the order of their first test."""
    root = ElementTree.Element("testsuites", _counts(results))
    for file in dict.fromkeys(one.file for one in results):
        own = [one for one in results if one.file == file]
        suite = ElementTree.SubElement(root, "testsuite", {"name": _clean(file), **_counts(own)})
        for one in own:
            _add(suite, one)
    ElementTree.indent(root)
    whole: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return whole + b"\n"


def _add(suite: ElementTree.Element, one: CaseResult) -> None:
    names = {"name": _clean(one.name), "classname": _clean(one.file), "time": f"{one.took_s:.3f}"}
    case = ElementTree.SubElement(suite, "testcase", names)
    if one.differences:
        message = {"message": _clean(one.differences[0]), "type": "difference"}
        failure = ElementTree.SubElement(case, "failure", message)
        failure.text = _clean("\n".join(one.differences))


def _counts(results: Sequence[CaseResult]) -> dict[str, str]:
    return {
        "tests": str(len(results)),
        "failures": str(sum(bool(one.differences) for one in results)),
        "errors": "0",
        "time": f"{sum(one.took_s for one in results):.3f}",
    }


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
