#include "base/small_file.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "support/temp_folder.h"

namespace esclusa {

TEST_CASE("read_small_file: what is no small regular file is refused, and nothing waits") {
  const test::TempFolder folder;
  const auto file = folder.write("file", "text");
  CHECK(read_small_file(file, 4) == "text");
  CHECK(read_small_file(file, 3).error().message == "it has more than 3 bytes");
  REQUIRE(mkfifo((folder / "fifo").c_str(), 0600) == 0);
  for (const auto& other : {folder / "fifo", folder.path(), std::filesystem::path("/dev/zero")}) {
    CHECK(read_small_file(other, 4).error().message == "it is no regular file");
  }
  CHECK(read_small_file(folder / "none", 4).error().message == "No such file or directory");
}

TEST_CASE("read_toml_text: a line cannot be so long that its keys overflow the parser's stack") {
  const test::TempFolder folder;
  const std::string line = "#" + std::string(8191, 'a');
  CHECK(read_toml_text(folder.write("right.toml", line + "\nlisten = \"127.0.0.1:0\"\n")));
  CHECK(read_toml_text(folder.write("wrong.toml", line + "a\n")).error().message ==
        "a line has more than 8192 bytes");
}

}  // namespace esclusa
