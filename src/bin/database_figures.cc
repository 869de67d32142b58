#include "bin/database_figures.h"

#include <sys/statvfs.h>

namespace esclusa {
namespace {

/// Of what was added since the last look; the next look goes on.
constexpr int steps_max = 20;

}  // namespace

DatabaseFigures::DatabaseFigures(store::Database& database, std::filesystem::path data, Clock now)
    : database_(database),
      data_(std::move(data)),
      now_(std::move(now)),
      counted_(database.read(store::latest_counted).value_or(store::Counted{})),
      thread_("figures", [this](const std::stop_token& stop) { run(stop); }) {}

std::shared_ptr<const DatabaseFigures::Found> DatabaseFigures::look(
    std::chrono::milliseconds at_most) {
  Lock lock(mutex_);
  // What a look that is under way finds is fresh enough.
  if (!is_looking_) is_asked_ = true;
  changed_.notify_all();
  const uint64_t before = look_count_;
  const bool is_over = changed_.wait_for(
      lock, at_most, [&]() REQUIRES(mutex_) { return look_count_ > before || is_stopping_; });
  return is_over ? found_ : nullptr;
}

void DatabaseFigures::run(const std::stop_token& stop) {
  const std::stop_callback stopping(stop, [this] {
    const Lock lock(mutex_);
    is_stopping_ = true;
    changed_.notify_all();
  });
  while (true) {
    {
      Lock lock(mutex_);
      const Resting resting;
      is_looking_ = false;
      changed_.wait(lock, [this]() REQUIRES(mutex_) { return is_asked_ || is_stopping_; });
      if (is_stopping_) return;
      is_asked_ = false;
      is_looking_ = true;
      found_ = nullptr;  // if the look fails
    }
    auto found = find();
    const Lock lock(mutex_);
    found_ = std::move(found);
    ++look_count_;
    changed_.notify_all();
  }
}

std::shared_ptr<const DatabaseFigures::Found> DatabaseFigures::find() {
  auto found = std::make_shared<Found>();
  for (int step = 0; step < steps_max; ++step) {
    const auto more = database_.read([&](store::Reader& db) {
      const store::Added added = store::count_added(db, counted_);
      for (const auto& [kind, count] : added.deployments) deployments_[kind] += count;
      for (const auto& [place, count] : added.statuses) statuses_[place] += count;
      return added.has_more;
    });
    if (!more) return nullptr;
    if (!*more) break;
  }
  auto live =
      database_.read([this](store::Reader& db) { return store::read_live_figures(db, now_()); });
  if (!live) return nullptr;
  found->live = *std::move(live);
  found->deployments = deployments_;
  found->statuses = statuses_;
  struct statvfs disk{};
  if (statvfs(data_.c_str(), &disk) == 0) {
    found->disk_free = uint64_t{disk.f_bavail} * disk.f_frsize;
    found->disk_size = uint64_t{disk.f_blocks} * disk.f_frsize;
  }
  return found;
}

}  // namespace esclusa
