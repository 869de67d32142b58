"""How run-tests counts the output of each kind of process."""
import contextlib
import importlib.machinery
import importlib.util
import io
import pathlib
import re
import sys
import tempfile
import threading
import unittest
import unittest.mock

FILE = pathlib.Path(__file__).resolve().parents[2] / "tools/run-tests"
sys.path.insert(0, str(FILE.parent))  # as for a script

import jobs  # noqa: E402  (it is found from there)


def load():
    """tools/run-tests as a module; it has no suffix."""
    loader = importlib.machinery.SourceFileLoader("run_tests", str(FILE))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("run_tests", loader))
    sys.modules["run_tests"] = module
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = writes
    return module


class Counting(unittest.TestCase):
    """count(kind, exit code, output)"""

    def assert_counted(self, kind, code, output, passed, failed):
        counted = load().count(kind, code, output.encode())
        self.assertEqual(counted[:2], (passed, failed), output)

    def test_a_row_begins_with_ok_or_fail(self):
        rows = "4 exchanges\nok   GET /a\nFAIL GET /b\n  ok   not at the margin\nok   GET /c\n"
        self.assert_counted("rows", 1, rows, 2, 1)
        self.assert_counted("rows", 0, "ok   GET /a\n", 1, 0)

    def test_a_cut_output_still_has_its_failed_assertions(self):
        lines = "a line of a log\n" * 3_000
        failed = "src/a_test.cc:7: ERROR: CHECK( x == 1 ) is NOT correct!\n  values: 2\n\n"
        self.assertEqual(load().failures(lines), "")
        self.assertIn("is NOT correct!\n  values: 2", load().failures(lines + failed + lines))

    def test_go_counts_whole_tests_and_not_their_parts(self):
        lines = "=== RUN   TestA\n--- PASS: TestA (0.00s)\n    --- FAIL: TestB/part (0.00s)\n" \
                "--- FAIL: TestB (0.00s)\nFAIL\n"
        self.assert_counted("go", 1, lines, 1, 1)

    def test_minitest_has_a_line_for_each_test(self):
        lines = "Git#test_a = 0.00 s = .\nGit#test_b = 0.10 s = E\nGit#test_c = 0.01 s = F\n"
        self.assert_counted("minitest", 1, lines, 1, 2)

    def test_node_sums_up_at_the_end(self):
        end = "✔ one (1ms)\nℹ tests 4\nℹ suites 1\nℹ pass 2\nℹ fail 1\nℹ cancelled 1\nℹ skipped 0\n"
        self.assert_counted("node", 1, end, 2, 2)

    def test_unittest_names_what_is_bad(self):
        self.assert_counted("unittest", 0, "Ran 5 tests in 0.1s\n\nOK (skipped=1)\n", 4, 0)
        self.assert_counted("unittest", 1, "Ran 5 tests in 0.1s\n\nFAILED (failures=1, errors=1)",
                            3, 2)

    def test_a_process_that_ends_badly_has_failed(self):
        for kind in ("rows", "go", "minitest", "node", "unittest", "doctest", "check"):
            with self.subTest(kind=kind):
                self.assert_counted(kind, 1, "Traceback (most recent call last):\n", 0, 1)
                self.assert_counted(kind, -9, "", 0, 1)

    def test_no_test_at_all_is_a_failure_of_those_that_cannot_be_chosen_from(self):
        for kind in ("rows", "go", "minitest", "node"):
            self.assert_counted(kind, 0, "", 0, 1)

    def test_what_cannot_run_here_is_skipped(self):
        for kind in ("rows", "node", "unittest", "check"):
            self.assert_counted(kind, 77, "it is not there\n", 0, 0)


class Choosing(unittest.TestCase):
    """Which jobs there are, and their order."""

    def test_three_days_play_each_mutant_once_and_the_long_form_all(self):
        patches = [pathlib.Path(f"{i}.patch") for i in range(10)]
        played = []
        for day in range(3):
            with unittest.mock.patch.object(jobs.time, "time", lambda day=day: day * 86400.0):
                played += jobs.mutants_of_the_day(patches, is_full=False)
        self.assertEqual(sorted(played), patches)
        self.assertEqual(jobs.mutants_of_the_day(patches, is_full=True), patches)

    def test_only_the_everyday_run_leaves_out_what_takes_long(self):
        tools = load()
        with unittest.mock.patch.dict(tools.os.environ, {"ESCLUSA_EVERYDAY": "1"}):
            for name, is_check, expected in ((None, True, False), ("hooks", False, False),
                                             (None, False, True)):
                tools.set_everyday(name, is_check)
                self.assertEqual("ESCLUSA_EVERYDAY" in tools.os.environ, expected)

    def run_with_follower(self, command):
        tools = load()
        follower = tools.Job("follower", "check", ["true"])
        first = tools.Job("first", "check", command, brings=lambda: [follower])
        with contextlib.redirect_stdout(io.StringIO()):
            return [result.job.name for result in tools.run_all([first])]

    def test_what_a_job_brings_runs_after_it_unless_it_failed(self):
        self.assertEqual(self.run_with_follower(["true"]), ["first", "follower"])
        self.assertEqual(self.run_with_follower(["false"]), ["first"])


class Interrupting(unittest.TestCase):
    """on_signal"""

    def test_no_job_starts_after_the_others_were_ended(self):
        module = load()
        with tempfile.TemporaryDirectory() as folder:
            started = pathlib.Path(folder) / "started"
            with unittest.mock.patch.object(module.os, "_exit"), \
                    contextlib.redirect_stdout(io.StringIO()):
                module.on_signal(2, None)
            late = threading.Thread(target=module.run, daemon=True,
                                    args=[module.Job("late", "check", ["touch", str(started)])])
            late.start()
            late.join(timeout=0.5)
            self.assertTrue(late.is_alive())
            self.assertFalse(started.exists())


class Folders(unittest.TestCase):
    """Each folder's C++ tests run in ./dev check, with or without a sanitizer."""

    def test_no_folder_is_left_out(self):
        tools, root = load(), FILE.parents[1]
        sanitized = tools.folders_of(["asan", "tsan"])
        targets = re.search(r"local targets=\(esclusa (.*)\)",
                            (root / "dev").read_text())[1].split()
        for folder in {file.parent.name for file in (root / "src").glob("*/*_test.cc")}:
            with self.subTest(folder=folder):
                self.assertTrue(folder in sanitized or f"{folder}_test" in targets)


if __name__ == "__main__":
    unittest.main()
