#include "agent/prune.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <utility>

#include "base/ids.h"
#include "base/log.h"
#include "base/text.h"
#include "core/names.h"

namespace esclusa::agent {
namespace {
namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::chrono::milliseconds first_look = 1min, look_every = 1h, pause = 50ms;

/// When a file or folder was changed last; the epoch if it cannot be read.
Timestamp changed_at(const fs::path& path) {
  struct stat info{};
  if (stat(path.c_str(), &info) != 0) return {};
  return Timestamp(std::chrono::seconds(info.st_mtim.tv_sec) +
                   std::chrono::microseconds(info.st_mtim.tv_nsec / 1000));
}

bool is_older(const fs::path& path, const std::optional<std::chrono::seconds>& age, Timestamp now) {
  const Timestamp changed = changed_at(path);
  return age && changed != Timestamp{} && changed + *age <= now;
}

/// The size of all files in a folder; what cannot be read counts nothing.
uint64_t bytes_in(const fs::path& folder) {
  uint64_t bytes = 0;
  std::error_code error;
  constexpr auto options = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator it(folder, options, error), end; !error && it != end;
       it.increment(error)) {
    std::error_code ignored;
    if (it->is_symlink(ignored) || !it->is_regular_file(ignored)) continue;
    const auto size = it->file_size(ignored);
    if (!ignored) bytes += size;
  }
  return bytes;
}

/// The folders in a folder.
std::vector<fs::path> folders_in(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (!it->is_symlink(ignored) && it->is_directory(ignored)) found.push_back(it->path());
  }
  return found;
}

bool is_hidden(const fs::path& path) { return path.filename().string().starts_with('.'); }

std::string told(const RunRecord& record) {
  return record.repository + " " + std::to_string(record.deployment) + ", " + record.environment +
         ", " + record.outcome.state;
}

/// The runs of a repository that can be read, newest first.
std::vector<RunFolder> runs_of(const fs::path& repository) {
  std::vector<RunFolder> runs;
  for (const fs::path& path : folders_in(repository)) {
    if (!parse_positive(path.filename().string())) continue;
    if (auto run = RunFolder::load(path)) runs.push_back(*std::move(run));
  }
  std::ranges::sort(runs, std::greater(),
                    [](const RunFolder& run) { return run.record.deployment; });
  return runs;
}

/// Those of one repository. `is_busy` becomes true if a run is under way.
void add_runs(const fs::path& repository, const Keep& keep, Timestamp now, bool& is_busy,
              std::vector<Removable>& found) {
  std::map<std::string, int64_t> newer;  // runs of each environment
  for (RunFolder& run : runs_of(repository)) {
    const bool is_kept = newer[core::fold_case(run.record.environment)]++ < keep.last_runs;
    if (run.record.step == RunStep::begun) is_busy = true;
    if (run.record.step != RunStep::reported) continue;
    const std::string what = told(run.record);
    if (!is_kept && is_older(run.path / "run.json", keep.runs, now)) {
      const uint64_t bytes = bytes_in(run.path);
      found.push_back({Removable::Kind::run, run.path, what, bytes, std::move(run)});
      continue;
    }
    // A checkout goes at the end of its run, unless it could not be removed then.
    for (const fs::path& left : {run.source(), run.transfer()}) {
      if (!is_older(left, keep.checkouts, now)) continue;
      found.push_back({Removable::Kind::checkout, left, what + ": " + left.filename().string(),
                       bytes_in(left), run});
    }
  }
}

void add_copies(const fs::path& git, const Keep& keep, Timestamp now,
                std::vector<Removable>& found) {
  for (const fs::path& owner : folders_in(git)) {
    for (const fs::path& copy : folders_in(owner)) {
      const bool is_rest = Checkout::is_rest(copy);
      if (!is_rest && (is_hidden(copy) || !is_older(copy, keep.checkouts, now))) continue;
      const std::string what = owner.filename().string() + "/" + copy.filename().string();
      const auto kind = is_rest ? Removable::Kind::rest : Removable::Kind::copy;
      found.push_back({kind, copy, "the copy " + what, bytes_in(copy)});
    }
  }
}

bool is_run_under_way(const fs::path& work) {
  for (const fs::path& owner : folders_in(work / "runs")) {
    if (is_hidden(owner)) continue;
    for (const fs::path& repository : folders_in(owner)) {
      const auto runs = runs_of(repository);
      const auto is_begun = [](const RunFolder& run) { return run.record.step == RunStep::begun; };
      if (std::ranges::any_of(runs, is_begun)) return true;
    }
  }
  return false;
}

Result<bool> remove_left(const Removable& one) {
  std::error_code error;
  fs::remove_all(one.path, error);
  if (error) {
    return fail(ErrorCode::unavailable,
                "cannot remove " + one.path.string() + ": " + error.message());
  }
  return true;
}

void print(const char* verb, const Removable& one) {
  std::printf("%s  %8.1f MiB  %s\n", verb, static_cast<double>(one.bytes) / (1 << 20),
              printable(one.what).c_str());
}

void log_removed(const Removable& one) {
  log::info("removed from the work folder", {{"what", printable(one.what)}, {"bytes", one.bytes}});
}

}  // namespace

Result<std::vector<Removable>> list_removable(const fs::path& work, const Keep& keep,
                                              Timestamp now) {
  std::error_code error;
  if (!fs::is_directory(work / "runs", error)) {
    return fail(ErrorCode::unavailable, "there is no work folder of an agent at " + work.string());
  }
  std::vector<Removable> found;
  bool is_busy = false;
  for (const fs::path& owner : folders_in(work / "runs")) {
    if (is_hidden(owner)) continue;
    for (const fs::path& repository : folders_in(owner)) {
      add_runs(repository, keep, now, is_busy, found);
    }
  }
  if (!is_busy) add_copies(work / "git", keep, now, found);
  return found;
}

Result<bool> remove_one(WorkFolder& work, Checkout& checkout, const Removable& one,
                        const Keep& keep, Timestamp now) {
  switch (one.kind) {
    case Removable::Kind::run: return work.remove_run(one.run);
    case Removable::Kind::checkout:
    case Removable::Kind::rest: return remove_left(one);
    case Removable::Kind::copy: break;
  }
  // A checkout shares the objects of the copy. A run that begins from now on waits for the lock.
  return checkout.remove_copy(one.path, [&] {
    return !is_run_under_way(work.path()) && is_older(one.path, keep.checkouts, now);
  });
}

void prune_regularly(WorkFolder& work, Checkout& checkout, const std::function<Keep()>& kept,
                     StopFlag& stop) {
  for (auto wait = first_look; !stop.wait_for(wait); wait = look_every) {
    const Keep keep = kept();
    const auto found = list_removable(work.path(), keep, system_now());
    if (!found) {
      log::error("the work folder cannot be pruned", {{"error", found.error().message}});
      continue;
    }
    for (const Removable& one : *found) {
      const auto removed = remove_one(work, checkout, one, keep, system_now());
      if (!removed) {
        log::error("the work folder cannot be pruned", {{"error", removed.error().message}});
      } else if (*removed) {
        log_removed(one);
      }
      if (stop.wait_for(pause)) return;
    }
  }
}

Result<void> prune(const fs::path& config_file, bool dry_run) {
  const Config config = TRY(load_config(config_file));
  if (dry_run) {
    const auto found = TRY(list_removable(config.work, config.keep, system_now()));
    for (const Removable& one : found) print("would remove", one);
    if (found.empty()) std::printf("There is nothing to remove.\n");
    return {};
  }
  auto work = WorkFolder::open(config.work);
  if (!work) {
    return fail(work.error().code, work.error().message +
                                       ". A running agent prunes its folder itself, each hour; "
                                       "--dry-run shows what it will remove");
  }
  const std::atomic<bool> never = false;
  Checkout checkout(config.work, never);
  const auto found = TRY(list_removable(config.work, config.keep, system_now()));
  for (const Removable& one : found) {
    if (TRY(remove_one(*work, checkout, one, config.keep, system_now()))) print("removed", one);
    std::fflush(stdout);
  }
  if (found.empty()) std::printf("There is nothing to remove.\n");
  return {};
}

}  // namespace esclusa::agent
