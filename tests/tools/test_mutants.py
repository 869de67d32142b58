"""tools/mutants distinguishes mutants that a test detects from those that survive."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

MUTANTS = pathlib.Path(__file__).resolve().parents[2] / "tools/mutants"
PRESETS = """{"version": 6, "configurePresets": [
  {"name": "dev", "generator": "Ninja", "binaryDir": "${sourceDir}/build/dev"}],
 "buildPresets": [{"name": "dev", "configurePreset": "dev"}]}"""
# A source that "compiles" unless it contains the word `error`.
CMAKE = """cmake_minimum_required(VERSION 3.25)
project(tiny NONE)
add_custom_target(esclusa COMMAND ! grep -q error ${CMAKE_SOURCE_DIR}/guard.txt)
"""
TEST = """import sys
if open("guard.txt").read() != "safe\\n":
    sys.exit("the guard is gone")
"""


class MutantsTest(unittest.TestCase):
    """A tiny tree with a guard, and a test of it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="esclusa-mutants-")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for name, text in {"CMakePresets.json": PRESETS, "CMakeLists.txt": CMAKE, "test.py": TEST,
                           "guard.txt": "safe\n", ".gitignore": "/.cache/\n"}.items():
            (self.root / name).write_text(text)
        (self.root / "tests/mutants").mkdir(parents=True)
        subprocess.run(["git", "init", "-q"], cwd=self.root, check=True)

    def judge(self, new, *, old="safe", run="test.py", says="the guard is gone"):
        """(exit code, output) for a patch that replaces the guard by `new`."""
        (self.root / "tests/mutants/guard.patch").write_text(
            f"Why: no guard\nRun: {run}\nSays: {says}\n\n--- a/guard.txt\n+++ b/guard.txt\n"
            f"@@ -1 +1 @@\n-{old}\n+{new}\n")
        done = subprocess.run([sys.executable, MUTANTS, "--root", self.root, "guard"],
                              check=False, capture_output=True, text=True)
        self.assertEqual((self.root / "guard.txt").read_text(), "safe\n")
        return done.returncode, done.stdout + done.stderr

    def test_found_and_survived(self):
        self.assertEqual(self.judge("open")[0], 0)
        (self.root / "test.py").write_text("print('the guard is gone')\n")
        code, output = self.judge("open")
        self.assertEqual(code, 1)
        self.assertIn("does not notice it", output)

    def test_another_reason(self):
        code, output = self.judge("open", says="something else")
        self.assertEqual(code, 1)
        self.assertIn('does not say "something else"', output)

    def test_a_patch_that_does_not_apply(self):
        code, output = self.judge("open", old="otherwise")
        self.assertEqual(code, 1)
        self.assertIn("does not apply", output)

    def test_a_mutant_that_does_not_build(self):
        code, output = self.judge("error")
        self.assertEqual(code, 1)
        self.assertIn("does not build", output)


if __name__ == "__main__":
    unittest.main()
