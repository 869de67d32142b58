#include "git/folder.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

#include "support/temp_folder.h"

using namespace esclusa;
using git::Folder;

namespace {

void check_unsafe(const Error& error, std::string_view what) {
  CHECK(error.code == ErrorCode::unavailable);
  CHECK(error.reason_code == "repository_unsafe");
  CHECK_MESSAGE(error.message.contains(what), error.message);
}

/// A folder `in` with a file, and a file `secret` outside that folder.
struct World {
  World() {
    temporary.write("in/sub/file", "text");
    temporary.write("secret", "secret");
    temporary.write("out/file", "secret");
  }
  Folder open() const { return *Folder::open(temporary / "in"); }
  test::TempFolder temporary;
};

}  // namespace

TEST_CASE("Folder: reads its files and folders") {
  const World world;
  const Folder folder = world.open();
  CHECK(folder.read("sub/file", 4).value() == "text");
  CHECK(folder.folder("sub").value()->read("file", 100).value() == "text");
  CHECK(folder.folder("sub").value()->path_of("file") == "sub/file");
  CHECK(folder.folder("sub").value()->list(1).value().at(0).name == "file");
}

TEST_CASE("Folder: a missing entry is nothing") {
  const World world;
  const Folder folder = world.open();
  for (const std::string& name : {std::string("none"), std::string("sub/file/below"),
                                  std::string(256, 'a'), std::string("sub")}) {
    CHECK_FALSE(folder.read(name, 100).value());
  }
  CHECK_FALSE(folder.folder("sub/file").value());
  CHECK(Folder::open(world.temporary / "none").error().reason_code == "repository_unreadable");
}

TEST_CASE("Folder: reads no more than the limit") {
  const World world;
  CHECK(world.open().read("sub/file", 3).error().reason_code == "repository_unreadable");
  CHECK(world.open().folder("sub").value()->list(0).error().reason_code == "repository_unreadable");
}

TEST_CASE("Folder: follows no symbolic link, neither as the last part of a path nor before it") {
  const World world;
  namespace fs = std::filesystem;
  fs::create_symlink("../secret", world.temporary / "in/link");
  fs::create_symlink("sub/file", world.temporary / "in/inner");
  fs::create_directory_symlink("../out", world.temporary / "in/folder");
  fs::create_directory_symlink("in", world.temporary / "alias");
  const Folder folder = world.open();
  for (const char* name : {"link", "inner", "folder/file"}) {
    check_unsafe(folder.read(name, 100).error(), name);
  }
  check_unsafe(folder.folder("folder").error(), "folder");
  check_unsafe(folder.file("link", O_WRONLY).error(), "link");
  CHECK_FALSE(folder.file("link", O_WRONLY | O_CREAT | O_EXCL, 0600).value());
  check_unsafe(folder.file("folder/new", O_WRONLY | O_CREAT | O_EXCL, 0600).error(), "folder/new");
  check_unsafe(Folder::open(world.temporary / "alias").error(), "symbolic link");
  CHECK(test::read_file(world.temporary / "secret") == "secret");
  CHECK_FALSE(fs::exists(world.temporary / "out/new"));
}

TEST_CASE("Folder: refuses two dots in a path") {
  const World world;
  CHECK_FALSE(world.open().read("../secret", 100));
  CHECK_FALSE(world.open().folder("../out"));
}

TEST_CASE("Folder: does not wait for a FIFO or a socket, and reads no device") {
  const World world;
  REQUIRE(mkfifo((world.temporary / "in/fifo").c_str(), 0600) == 0);
  const int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  std::strcpy(address.sun_path, (world.temporary / "in/socket").c_str());
  REQUIRE(bind(server, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  close(server);
  const Folder folder = world.open();
  check_unsafe(folder.read("fifo", 100).error(), "fifo");
  check_unsafe(folder.file("fifo", O_WRONLY).error(), "fifo");
  check_unsafe(folder.read("socket", 100).error(), "socket");
  if (mknod((world.temporary / "in/zero").c_str(), S_IFCHR | 0600, makedev(1, 5)) == 0) {
    check_unsafe(folder.read("zero", 100).error(), "zero");  // only root can make a device
  }
}
