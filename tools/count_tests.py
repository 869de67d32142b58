"""How many test cases have passed and failed, from the output of a process that has ended."""
import re

DOCTEST = re.compile(rb"\[doctest\] test cases: *\d+ *\| *(\d+) passed *\| *(\d+) failed")
UNITTEST = re.compile(rb"^Ran (\d+) tests? in", re.M)
# Processes that print a line for each test case: the beginnings of good and bad lines.
LINES = {
    "rows": (rb"^ok   ", rb"^FAIL "),
    "go": (rb"^--- PASS:", rb"^--- FAIL:"),
    "minitest": (rb"^\w+#test_\w+ = [\d.]+ s = \.$", rb"^\w+#test_\w+ = [\d.]+ s = [FE]$"),
}
NODE = re.compile(rb"^\xe2\x84\xb9 (pass|fail|cancelled|skipped) (\d+)$", re.M)
UNITTEST_BAD = re.compile(rb"(failures|errors|unexpected successes|skipped)=(\d+)")
SKIPPED = 77  # the exit code of a check that cannot run here
NO_TESTS = 5  # the exit code of newer versions of unittest when no test case was chosen


def count_unittest(output):
    """(passed, failed) of Python's unittest."""
    ran = UNITTEST.search(output)
    bad = {key: int(number) for key, number in UNITTEST_BAD.findall(output[-300:])}
    failed = sum(bad.get(key, 0) for key in (b"failures", b"errors", b"unexpected successes"))
    return max(0, (int(ran[1]) if ran else 0) - failed - bad.get(b"skipped", 0)), failed


def count(kind, code, output):
    """(passed, failed, note) of a process that has ended."""
    if code == SKIPPED:
        return 0, 0, "skipped: it cannot run here"
    if kind == "check":
        return (1, 0, "") if code == 0 else (0, 1, "")
    if kind == "doctest":
        found = DOCTEST.findall(output)
        passed, failed = (int(number) for number in found[-1]) if found else (0, 0)
    elif kind == "node":
        found = {key: int(number) for key, number in NODE.findall(output)}
        passed, failed = found.get(b"pass", 0), found.get(b"fail", 0) + found.get(b"cancelled", 0)
    elif kind in LINES:
        passed, failed = (len(re.findall(line, output, re.M)) for line in LINES[kind])
    else:
        passed, failed = count_unittest(output)
    if kind == "unittest" and code == NO_TESTS:
        return 0, 0, ""
    if code != 0 and failed == 0:
        return passed, 1, f"ended with {code}" if code > 0 else f"killed by signal {-code}"
    if passed + failed == 0 and (kind == "node" or kind in LINES):
        return 0, 1, "ran no test"
    return passed, failed, ""
