"""The checkers of the sources can fail: each rule is violated once, in a small tree."""
import os
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
        for _ in range(2):  # what was not clean is read again
            self.write("src/core/x.cc", "int  main(){return 0;}\n")
            self.assert_refused("src/core/x.cc:1:")
        self.write("src/core/x.cc", "int main() { return 0; }\n")
        self.assert_accepted()
        self.write(".clang-format", "BasedOnStyle: GNU\n")  # other settings
        self.assert_refused("src/core/x.cc:1:")


@unittest.skipUnless(shutil.which("clang++-19"), "clang++-19 is not installed")
class Threads(CheckTest):
    """A class with a counter that its mutex guards, and ways of using it."""
    tool = "check-threads"

    HEADER = """\
#pragma once
#include "base/mutex.h"
namespace esclusa {
class Counter {
 public:
  void add(), never(), after_block(), after_unlock(), in_lambda(), call(), twice();
 private:
  void add_locked() REQUIRES(mutex_) { ++count_; }
  Mutex mutex_;
  Condition changed_;
  int count_ GUARDED_BY(mutex_) = 0;
};
}
"""
    RIGHT = ("Lock lock(mutex_); add_locked(); "
             "changed_.wait(lock, [this]() REQUIRES(mutex_) { return count_ > 0; }); "
             "lock.unlock(); lock.lock(); ++count_;")
    # What each body does wrong, and the column in it.
    WRONG = {
        "never": ("++count_;", 3, "writing variable 'count_' requires holding mutex 'mutex_'"),
        "after_block": ("{ Lock lock(mutex_); } ++count_;", 26,
                        "writing variable 'count_' requires holding mutex"),
        "after_unlock": ("Lock lock(mutex_); lock.unlock(); ++count_;", 37,
                         "writing variable 'count_' requires holding mutex"),
        "in_lambda": ("Lock lock(mutex_); changed_.wait(lock, [this] { return count_ > 0; });", 56,
                      "reading variable 'count_' requires holding mutex"),
        "call": ("add_locked();", 1,
                 "calling function 'add_locked' requires holding mutex 'mutex_'"),
        "twice": ("Lock lock(mutex_); Lock again(mutex_);", 25,
                  "acquiring mutex 'mutex_' that is already held")}

    def setUp(self):
        super().setUp()
        self.write("src/base/mutex.h", (TOOLS.parent / "src/base/mutex.h").read_text())
        self.write("src/core/counter.h", self.HEADER)
        add = f"void esclusa::Counter::add() {{ {self.RIGHT} }}"
        self.write_methods("src/core/counter.cc", [add])

    def write_methods(self, path, methods):
        self.write(path, "\n".join(['#include "base/mutex.h"', '#include "core/counter.h"',
                                    *methods, ""]))

    def test_what_is_used_under_its_lock_is_accepted_and_read_once(self):
        self.assertEqual(self.check(), (0, "threads: 1 files keep to their locks; 1 were read\n"))
        self.assertEqual(self.check(), (0, "threads: 1 files keep to their locks; 0 were read\n"))
        self.write("src/core/counter.h", self.HEADER.replace(" REQUIRES(mutex_) {", " {"))
        self.assert_refused("counter.h:8:25: error: writing variable 'count_' requires holding")

    # `./dev test` without a name leaves it out: the test above has one such use.
    @unittest.skipIf("ESCLUSA_EVERYDAY" in os.environ, "it takes long: `./dev check` runs it")
    def test_each_use_without_the_lock_is_refused_with_its_place(self):
        begins = {name: f"void esclusa::Counter::{name}() {{ " for name in self.WRONG}
        self.write_methods("src/core/wrong.cc", [f"{begins[name]}{body} }}"
                                                 for name, (body, *_) in self.WRONG.items()])
        self.write("src/core/header.h", self.HEADER.replace("REQUIRES(mutex_) {", "{"))
        code, output = self.check()
        self.assertEqual(code, 1, output)
        for line, (name, (_, column, text)) in enumerate(self.WRONG.items(), 3):
            place = f"src/core/wrong.cc:{line}:{len(begins[name]) + column}"
            self.assertIn(f"{place}: error: {text}", output)
        self.assertIn("src/core/header.h:8:25: error: writing variable 'count_' requires holding",
                      output)


if __name__ == "__main__":
    unittest.main()
