"""The checkers of the sources can fail: each rule is violated once, in a small tree."""
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

TOOLS = pathlib.Path(__file__).resolve().parents[2] / "tools"
LAYERS = """\
base:               | only sodium.h
core: base          |
http: base          | only boost/beast
api:  http core     |
bin:  *             |
"""


class CheckTest(unittest.TestCase):
    """A temporary tree, and a checker run on it."""
    tool = ""
    arguments = ()

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="esclusa-check-")
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        self.write("tools/layers.txt", LAYERS)

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def check(self):
        """(exit code, output)"""
        done = subprocess.run([sys.executable, TOOLS / self.tool, "--root", self.root,
                               *self.arguments], check=False, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def assert_refused(self, text):
        code, output = self.check()
        self.assertEqual(code, 1, output)
        self.assertIn(text, output)

    def assert_accepted(self):
        code, output = self.check()
        self.assertEqual(code, 0, output)


class Layers(CheckTest):
    tool = "check-layers"

    def test_downward_includes_are_accepted(self):
        self.write("src/api/x.cc", '#include "api/x.h"\n#include "core/y.h"\n#include <vector>\n')
        self.write("src/bin/main.cc", '#include "api/x.h"\n#include "base/z.h"\n')
        self.write("src/http/s.cc", "#include <boost/beast/http.hpp>\n")
        self.assert_accepted()

    def test_an_upward_include_is_refused_with_its_place(self):
        self.write("src/core/x.cc", '#include <string>\n\n#include "http/message.h"\n')
        self.assert_refused("src/core/x.cc:3: core must not include http/")

    def test_an_include_that_skips_the_table_is_refused(self):
        self.write("src/api/x.cc", '#include "base/x.h"\n')
        self.assert_refused("src/api/x.cc:1: api must not include base/")

    def test_a_library_outside_its_home_is_refused(self):
        self.write("src/core/x.cc", "#include <sodium.h>\n")
        self.assert_refused("src/core/x.cc:1: core must not include sodium.h")

    def test_even_the_top_folder_may_not_use_a_library_at_home_elsewhere(self):
        self.write("src/bin/x.cc", "#  include <boost/beast.hpp>\n")
        self.assert_refused("bin must not include boost/beast")

    def test_an_include_that_is_not_written_from_src_is_refused(self):
        self.write("src/core/x.cc", '#include "x.h"\n')
        self.assert_refused('src/core/x.cc:1: write "x.h" from src/: "core/x.h"')

    def test_support_and_doctest_are_for_test_files(self):
        lines = '#include <doctest/doctest.h>\n#include "support/repository.h"\n'
        self.write("src/core/x_test.cc", lines)
        self.assert_accepted()
        self.write("src/core/x.cc", lines)
        self.assert_refused("src/core/x.cc:1: core must not include doctest")
        self.assert_refused("src/core/x.cc:2: core must not include support/")

    def test_a_folder_without_a_line_is_refused(self):
        self.write("src/misc/x.cc", "\n")
        self.assert_refused("src/misc/x.cc: tools/layers.txt does not know this folder")

    def test_a_cycle_in_the_table_is_refused(self):
        self.write("tools/layers.txt", "a: b |\nb: c |\nc: a |\n")
        self.assert_refused("a cycle: a → b → c → a")

    def test_a_link_that_the_table_forbids_is_refused(self):
        self.write("CMakeLists.txt", "esclusa_folder(core USES base http LIBRARIES x)\n")
        self.assert_refused("CMakeLists.txt:1: core must not link http")


class Style(CheckTest):
    tool = "check-style"
    arguments = ("--only", "text")

    def assert_line_refused(self, line, text, path="src/core/x.cc"):
        self.write(path, f"int a;\n{line}\n")
        self.assert_refused(f"{path}:2: {text}")

    def test_plain_files_are_accepted(self):
        self.write("src/core/x.h", "// What it is.\n#pragma once\nint file_system(int x);\n")
        self.write("src/core/x.cc", '#include "core/x.h"\nint a = os.system(1);\n')
        self.write("tests/x.py", "# TO" + "DO is only forbidden in src\n")
        self.assert_accepted()

    def test_long_lines(self):
        self.assert_line_refused("//" + "x" * 99, "101 characters")

    def test_a_line_of_100_characters_of_two_bytes_is_accepted(self):
        self.write("src/core/x.cc", "//" + "é" * 98 + "\n")
        self.assert_accepted()

    def test_tabs(self):
        self.assert_line_refused("\tint x;", "a tab")

    def test_blanks_at_the_end(self):
        self.assert_line_refused("int x; ", "blanks at the end")

    def test_long_files(self):
        self.write("src/core/x.cc", "\n" * 501)
        self.assert_refused("src/core/x.cc:501: 501 lines")

    def test_a_missing_last_newline(self):
        self.write("src/core/x.cc", "int x;")
        self.assert_refused("src/core/x.cc:1: no newline")

    def test_headers_without_pragma_once(self):
        self.write("src/core/x.h", "int x;\n#pragma once\n")
        self.assert_refused("src/core/x.h:1: a header begins with #pragma once")

    def test_using_namespace_in_a_header(self):
        self.write("src/core/x.h", "#pragma once\nusing namespace std;\n")
        self.assert_refused("src/core/x.h:2: no `using namespace`")

    def test_shells(self):
        self.assert_line_refused('std::system("x");', "`std::system(`")
        self.assert_line_refused('system("x");', "`system(`")
        self.assert_line_refused('popen("x", "r");', "`popen(`")

    @unittest.skipUnless(shutil.which("codespell"), "codespell is not installed")
    def test_misspelt_words(self):
        word = "rec" + "ieve"
        self.assert_line_refused(f"// {word}", f"{word} ==> receive")
        self.write("docs/x.md", f"Esclusa {word}s it.\n")
        self.assert_refused(f"docs/x.md:1: {word}s ==> receives")

    def test_work_left_for_later(self):
        for word in ("TO" + "DO", "FIX" + "ME"):
            self.assert_line_refused(f"// {word}: later", f"`{word}`")


@unittest.skipUnless(shutil.which("clang-format-19"), "clang-format-19 is not installed")
class Format(CheckTest):
    tool = "check-style"
    arguments = ("--only", "format")

    def test_formatted_and_not(self):
        self.write(".clang-format", "BasedOnStyle: Google\n")
        self.write("src/core/x.cc", "int main() { return 0; }\n")
        self.assert_accepted()
        self.write("src/core/x.cc", "int  main(){return 0;}\n")
        self.assert_refused("src/core/x.cc:1:")


@unittest.skipUnless(shutil.which("clang++-19"), "clang++-19 is not installed")
class Threads(CheckTest):
    """A class with a counter that its mutex guards, and one way of using it."""
    tool = "check-threads"

    HEADER = """\
#pragma once
#include "base/mutex.h"
namespace esclusa {
class Counter {
 public:
  void add();
 private:
  void add_locked() REQUIRES(mutex_) { ++count_; }
  Mutex mutex_;
  Condition changed_;
  int count_ GUARDED_BY(mutex_) = 0;
};
}
"""

    def setUp(self):
        super().setUp()
        self.write("src/base/mutex.h", (TOOLS.parent / "src/base/mutex.h").read_text())
        self.write("src/core/counter.h", self.HEADER)

    def write_add(self, path, body):
        self.write(path, '#include "base/mutex.h"\n#include "core/counter.h"\n'
                         f"void esclusa::Counter::add() {{\n{body}\n}}\n")

    def test_what_is_used_under_its_lock_is_accepted(self):
        self.write_add("src/core/counter.cc",
                       "Lock lock(mutex_); add_locked(); "
                       "changed_.wait(lock, [this]() REQUIRES(mutex_) { return count_ > 0; }); "
                       "lock.unlock(); lock.lock(); ++count_;")
        self.assert_accepted()

    def test_each_use_without_the_lock_is_refused_with_its_place(self):
        for name, body in {
                "never": "++count_;",
                "after_block": "{ Lock lock(mutex_); } ++count_;",
                "after_unlock": "Lock lock(mutex_); lock.unlock(); ++count_;",
                "in_lambda":
                    "Lock lock(mutex_); changed_.wait(lock, [this] { return count_ > 0; });",
                "call": "add_locked();",
                "twice": "Lock lock(mutex_); Lock again(mutex_);"}.items():
            self.write_add(f"src/core/{name}.cc", body)
        self.write("src/core/header.h", self.HEADER.replace("REQUIRES(mutex_) {", "{"))
        code, output = self.check()
        self.assertEqual(code, 1, output)
        for line in (
                "never.cc:4:3: error: writing variable 'count_' requires holding mutex 'mutex_'",
                "after_block.cc:4:26: error: writing variable 'count_' requires holding mutex",
                "after_unlock.cc:4:37: error: writing variable 'count_' requires holding mutex",
                "in_lambda.cc:4:56: error: reading variable 'count_' requires holding mutex",
                "call.cc:4:1: error: calling function 'add_locked' requires holding mutex 'mutex_'",
                "twice.cc:4:25: error: acquiring mutex 'mutex_' that is already held",
                "header.h:8:25: error: writing variable 'count_' requires holding mutex"):
            self.assertIn("src/core/" + line, output)


if __name__ == "__main__":
    unittest.main()
