#include "bin/doctor_looks.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "support/temp_folder.h"

using namespace esclusa;
using namespace esclusa::doctor;

TEST_CASE("version_in: what programs say of themselves") {
  CHECK(version_in("git version 2.39.5\n", "git version ") == "2.39.5");
  CHECK(version_in("OpenSSH_9.2p1 Debian-2+deb12u10, OpenSSL 3.0.19 27 Jan 2026\n", "OpenSSH_") ==
        "9.2p1");
  CHECK(version_in("OpenSSH_10.0p2, OpenSSL 3.5.1\n", "OpenSSH_") == "10.0p2");
  CHECK(version_in("not found", "git version ").empty());
}

TEST_CASE("look_at_files: a folder that is no data folder is not judged") {
  const test::TempFolder folder;
  ServerSettings settings;
  settings.data = folder / "x";
  std::filesystem::create_directory(settings.data);
  const auto refused = [&] {
    const auto looked = look_at_files(settings);
    REQUIRE_FALSE(looked);
    CHECK(looked.error().message.starts_with(settings.data.string() +
                                             " is not a data folder of Esclusa"));
  };
  refused();
  std::ofstream(settings.data / "website.html") << "\n";
  std::ofstream(settings.data / "esclusa.db");  // empty
  refused();
  std::ofstream(settings.data / "esclusa.db") << "rows";
  CHECK(look_at_files(settings));
  settings.data = folder / "file";
  std::ofstream(settings.data) << "no folder";
  refused();
}

TEST_CASE("look_at_socket: nobody, somebody, and somebody who takes no further connection") {
  using enum SocketState;
  const test::TempFolder folder;
  const std::string path = (folder / "s").string();
  CHECK(look_at_socket(path) == absent);
  CHECK(look_at_socket(std::string(300, 'x')) == absent);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::ranges::copy(path, address.sun_path);
  Descriptor server(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(bind(server.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  CHECK(look_at_socket(path) == absent);
  REQUIRE(listen(server.get(), 0) == 0);
  for (int i = 0; i < 3; ++i) CHECK(look_at_socket(path) == served);
  server = {};
  CHECK(look_at_socket(path) == absent);
}

TEST_CASE("add_packages: the packages that dpkg has installed") {
  std::vector<core::Component> components = {
      {"sqlite", "3.40.1"}, {"libgit2", "1.5.1"}, {"libcurl", "7.88.1"}, {"openssh", "9.2p1"}};
  add_packages(components,
               "libsqlite3-0 3.40.1-2+deb12u2 installed\n"
               "libgit2-1.5 1.5.1+ds-1+deb12u2 installed\n"
               "libgit2-dev 1.5.1+ds-1 installed\n"
               "libcurl4 7.88.1-10 config-files\n"
               "openssh-server  not-installed\n");
  CHECK(components[0].package == "libsqlite3-0");
  CHECK(components[0].package_version == "3.40.1-2+deb12u2");
  CHECK(components[1].package == "libgit2-1.5");
  CHECK(components[1].package_version == "1.5.1+ds-1+deb12u2");
  CHECK(components[2].package_version.empty());
  CHECK(components[3].package_version.empty());
}
