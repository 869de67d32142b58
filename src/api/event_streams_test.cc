#include "api/event_streams.h"

#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>
#include <thread>

#include "support/body_reader.h"
#include "support/faulty_database.h"
#include "support/served_repository.h"

using namespace esclusa;

namespace {

/// Streams of a database whose reads throw while it is broken.
struct Fixture : test::ServedRepository {
  std::atomic<bool> is_broken = false;
  std::atomic<int> thrown_count = 0;
  test::FaultyDatabase faulty{store.database()};
  app::Context faulty_context{.database = faulty,
                              .sealer = context.sealer,
                              .now = context.now,
                              .boot_now = context.boot_now,
                              .event_urls = context.event_urls,
                              .repositories_directory = context.repositories_directory,
                              .committed = [](app::Topics) {},
                              .token_use = token_use};
  api::EventStreams streams{faulty_context};

  Fixture() {
    faulty.before_read = [this](sql::Reader&) {
      if (!is_broken) return;
      ++thrown_count;
      throw std::runtime_error("an unreadable row");
    };
  }

  std::shared_ptr<http::BodyStream> open_stream() {
    api::StreamRequest request{.client = "ada", .feed = {.actor = log_in("ada"), .repository = {}}};
    request.count = 10;
    request.form = api::StreamForm::server_sent;
    auto stream = streams.open(std::move(request));
    REQUIRE(stream);
    return stream;
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "EventStreams: goes on with its readers when a look at the feed fails") {
  const auto stream = open_stream();
  test::BodyReader reader(stream);
  is_broken = true;
  while (thrown_count < 2) streams.wake();
  is_broken = false;
  core::NewDeployment input;
  input.ref = "main";
  input.environment = "staging";
  input.auto_merge = false;
  deploy(access, input);
  stream->ask_to_end();
  CHECK(reader.read().contains("event: deployment\n"));
  CHECK_FALSE(reader.was_aborted());
}

TEST_CASE_FIXTURE(Fixture, "EventStreams: its thread rests while there are no readers") {
  const auto later = [] { return std::chrono::steady_clock::now() + std::chrono::hours(1); };
  CHECK_FALSE(streams.is_late(later()));  // there is no thread yet
  const auto stream = open_stream();
  stream->close();
  streams.wake();
  while (streams.is_late(later())) std::this_thread::yield();
}

TEST_CASE_FIXTURE(Fixture, "EventStreams: a reader stays while its access cannot be judged") {
  core::NewDeployment input;
  input.ref = "main";
  input.environment = "staging";
  input.auto_merge = false;
  deploy(access, input);
  std::atomic<bool> is_busy = true;
  std::atomic<int> read_count = 0, refused_count = 0, later_reads = 0;
  // There are news from the beginning: each look reads the end of the feed, and then the access.
  faulty.before_read = [&](sql::Reader& db) {
    if (!is_busy) ++later_reads;
    if (!is_busy || ++read_count % 2 != 0) return;
    ++refused_count;
    db.number("select count(*) from nowhere");
  };
  const auto stream = open_stream();
  test::BodyReader reader(stream);
  const auto look_until = [&](const std::atomic<int>& count, int wanted) {
    for (; count < wanted; std::this_thread::sleep_for(std::chrono::milliseconds(1))) {
      streams.wake();
    }
  };
  look_until(refused_count, 6);
  is_busy = false;
  look_until(later_reads, 6);  // a whole look, and another one
  stream->ask_to_end();
  CHECK(reader.read().contains("event: deployment\n"));
}
