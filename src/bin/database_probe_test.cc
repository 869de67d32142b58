#include "bin/database_probe.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <stdexcept>

#include "base/descriptor.h"
#include "store/identity.h"
#include "support/captured_log.h"
#include "support/database_fixture.h"
#include "support/faulty_database.h"

using namespace esclusa;
using namespace std::chrono_literals;

namespace {

/// A database that belongs to a server.
struct Data : test::SqliteStore {
  Data() {
    test::write(database(), [](sql::Writer& tx) {
      store::insert_identity(tx, {.identity = "a", .key_digest = "b"}, from_micros(1));
    });
  }
};

std::string fault_of(DatabaseProbe& probe) {
  return probe.fault(Pulse::Clock::now()).value_or("none");
}

/// Overwrites all but the first page of the file, which `select 1` does not miss.
void destroy_rows(const std::string& path) {
  constexpr off_t first_page = 4096;
  const Descriptor file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  const auto size = static_cast<off_t>(std::filesystem::file_size(path));
  const std::string garbage(static_cast<size_t>(size - first_page), '\xee');
  REQUIRE(pwrite(file.get(), garbage.data(), garbage.size(), first_page) == size - first_page);
}

}  // namespace

TEST_CASE("DatabaseProbe: all is well once a row was read") {
  Data data;
  DatabaseProbe probe(data.database());
  CHECK(fault_of(probe) == "the database was not read yet");
  probe.look();
  CHECK(fault_of(probe) == "none");
}

TEST_CASE("DatabaseProbe: says that rows cannot be read, although they were read before") {
  Data data;
  data.reopen();  // all is in the file now, nothing in the log
  DatabaseProbe probe(data.database());
  probe.look();
  REQUIRE(fault_of(probe) == "none");
  destroy_rows(data.path());
  CHECK(test::read(data.database(), [](sql::Reader& db) { return db.number("select 1"); }) == 1);
  const std::string log = test::captured_log([&] { probe.look(); });
  CHECK(fault_of(probe) == "the database cannot be read: The storage failed");
  CHECK(log.contains("malformed"));
}

TEST_CASE("DatabaseProbe: a row that cannot be understood, or that is missing, is a fault, too") {
  Data data;
  test::FaultyDatabase faulty(data.database());
  bool is_broken = true;
  faulty.before_read = [&](sql::Reader&) {
    if (is_broken) throw std::runtime_error("an unreadable row");
  };
  DatabaseProbe probe(faulty);
  probe.look();
  CHECK(fault_of(probe) == "the database cannot be read: an unreadable row");
  is_broken = false;
  probe.look();
  CHECK(fault_of(probe) == "none");
  test::write(data.database(), [](sql::Writer& tx) { tx.execute("delete from data_identity"); });
  probe.look();
  CHECK(fault_of(probe) == "the database cannot be read: a row is missing");
}

TEST_CASE("DatabaseProbe: an old look says that the database does not answer") {
  Data data;
  DatabaseProbe probe(data.database());
  probe.look();
  CHECK(probe.fault(Pulse::Clock::now() + 1h) == "the database has not answered for 10 seconds");
  CHECK_FALSE(probe.fault(Pulse::Clock::now()));
}

TEST_CASE("DatabaseProbe: says that the disk is full, and finds out when it is no longer") {
  Data data;
  DatabaseProbe probe(data.database());
  probe.look();
  const std::string log = test::captured_log([&] {
    const auto outcome = data.database().write([](sql::Writer& tx) {
      tx.execute("pragma max_page_count=1");  // SQLite then limits the file to its present size
      tx.execute("update data_identity set key_digest = $1", {std::string(1'000'000, 'x')});
    });
    CHECK(outcome.error().reason_code == "storage_full");
  });
  CHECK(log.contains("storage failed"));
  CHECK(fault_of(probe) == "the database accepts no writes: There is no space left for the data");
  probe.look();  // what it writes needs no space
  CHECK(fault_of(probe) == "none");
}
