#include "backup/service.h"

#include <utility>

#include "app/change.h"
#include "base/json_writer.h"
#include "base/log.h"

namespace esclusa::backup {
namespace {

using namespace std::chrono_literals;

/// How often the thread looks whether the reader has everything: the stream tells it only of room.
constexpr auto look_time = 20ms;
/// How long somebody waits for the end of a backup that nobody wants any more.
constexpr auto cancel_time = 10s;

/// The audit row, and so the log's line.
Result<void> record(const app::Context& context, const core::Actor& actor,
                    const Making::Made& made) {
  int64_t missing = 0;
  for (const MadeRepository& repository : made.manifest.repositories) {
    if (!repository.problem.empty()) ++missing;
  }
  JsonWriter detail;
  detail.begin_object()
      .member("bytes", made.size)
      .member("sha256", made.sha256)
      .member("repositories", static_cast<int64_t>(made.manifest.repositories.size()))
      .member("missing_repositories", missing)
      .end_object();
  return app::change(context, actor, [&](app::Change& change) -> Result<void> {
    change.audit({"backup.create", std::nullopt, 0, detail.text()});
    return {};
  });
}

}  // namespace

Service::Service(Source source) : source_(std::move(source)) { remove_leftovers(source_); }

Service::~Service() {
  {
    Lock lock(mutex_);
    is_stopping_ = true;
    if (run_) run_->making.cancel();
  }
  changed_.notify_all();
  thread_.reset();
}

Result<std::shared_ptr<http::BodyStream>> Service::begin(const core::Actor& actor) {
  TRY(check_room(source_));
  Lock lock(mutex_);
  if (run_ && is_unwanted(*run_)) {
    // Its reader is gone, and it ends soon: who repeats a command should not be refused for that.
    changed_.wait_for(lock, cancel_time, [this]() REQUIRES(mutex_) { return !run_; });
  }
  if (run_) {
    return fail(ErrorCode::conflict,
                "Another backup is being made. Wait for its end, or end the command that makes it.",
                "backup_running");
  }
  if (is_stopping_) return fail(ErrorCode::unavailable, "The server is stopping");
  auto run = std::make_shared<Run>(source_, actor);
  run->stream = std::make_shared<http::BodyStream>([this] { on_change(); });
  if (!thread_) {
    thread_.emplace("backup", [this](const std::stop_token& stop) { work(stop); });
  }
  run_ = run;
  lock.unlock();
  changed_.notify_all();
  return run->stream;
}

bool Service::is_running() const {
  const Lock lock(mutex_);
  return run_ != nullptr;
}

/// The reader has room again, or is gone, or the server stops.
void Service::on_change() {
  {
    Lock lock(mutex_);
    if (run_ && (run_->stream->is_closed() || run_->stream->is_asked_to_end())) {
      run_->making.cancel();
    }
  }
  changed_.notify_all();
}

void Service::work(const std::stop_token& stop) {
  const std::stop_callback stopping(stop, [this] {
    const Lock lock(mutex_);
    changed_.notify_all();
  });
  while (!stop.stop_requested()) {
    std::shared_ptr<Run> run;
    {
      const Resting resting;
      Lock lock(mutex_);
      changed_.wait(lock, [&]() REQUIRES(mutex_) { return run_ || stop.stop_requested(); });
      run = run_;
    }
    if (!run) return;
    make(*run);
  }
}

void Service::make(Run& run) {
  Result<void> sent;
  try {
    sent = send(run);
  } catch (const std::exception& error) {  // of this backup alone
    sent = fail(ErrorCode::internal, error.what());
  }
  {
    // Before the stream ends: its reader may ask for the next one at once.
    const Lock lock(mutex_);
    run_.reset();
  }
  changed_.notify_all();
  if (sent) return run.stream->end();
  log::warning("a backup was not completed", {{"error", sent.error().message}});
  run.stream->write(std::string(failure_mark) + sent.error().message + "\n");
  run.stream->abort();
}

bool Service::is_unwanted(const Run& run) {
  return is_stopping_ || run.stream->is_closed() || run.stream->is_asked_to_end();
}

Result<void> Service::send(Run& run) {
  const auto wait_for_reader = [&](auto is_ready) -> Result<void> {
    const Resting resting;
    Lock lock(mutex_);
    while (!is_ready()) {
      if (is_unwanted(run)) break;
      changed_.wait_until(lock, std::chrono::steady_clock::now() + look_time);
    }
    if (!is_unwanted(run)) return {};
    return fail(ErrorCode::unavailable, "the backup was cancelled", "cancelled");
  };
  for (;;) {
    TRY(wait_for_reader([&] { return run.stream->has_room(); }));
    const auto part = TRY(run.making.next());
    if (!part) break;
    run.stream->write(*part);
  }
  // Without the end it is no backup, so the row stands for each that somebody may have.
  TRY(wait_for_reader([&] { return run.stream->size() == 0; }));
  TRY(record(source_.context, run.actor, run.making.made()));
  run.stream->write(run.making.end());
  return {};
}

}  // namespace esclusa::backup
