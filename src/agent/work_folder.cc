#include "agent/work_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "agent/files.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/text.h"
#include "core/names.h"

namespace esclusa::agent {
namespace {
namespace fs = std::filesystem;

constexpr size_t log_key_bytes = 16;

/// Encodes text as one file name: no slash, not hidden, not `.` or `..`.
std::string name_part(std::string_view text) {
  std::string name = percent_encode(text);
  if (name.starts_with('.')) name.replace(0, 1, "%2E");
  return name.empty() ? "%" : name;
}

/// The inverse of `name_part`.
std::string decoded(const fs::path& name) {
  std::string text;
  return percent_decode(name.string(), text) ? text : "";
}

/// The folders in a folder, except hidden ones, which are not ours.
Result<std::vector<fs::path>> folders_in(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->is_directory() && !it->path().filename().string().starts_with('.')) {
      found.push_back(it->path());
    }
  }
  if (error) return fail(ErrorCode::unavailable, "cannot list " + folder.string());
  return found;
}

/// Writes all files of a run into its folder, which is still at a temporary place.
Result<void> prepare_run(const RunFolder& run, const DeploymentEvent& event,
                         const client::Deployment& deployment) {
  TRY(make_folders(run.path));
  TRY(write_durably(run.event_file(), with_deployment(event, deployment)));
  TRY(write_durably(run.payload_file(), deployment.payload));
  TRY(write_durably(run.log(), ""));
  return run.save();
}

/// Removes temporary files and folders that a crash has left.
void remove_unfinished(const fs::path& folder) {
  std::error_code ignored;
  std::vector<fs::path> unfinished;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (entry.path().filename().string().starts_with('.')) unfinished.push_back(entry.path());
  }
  for (const auto& path : unfinished) fs::remove_all(path, ignored);
}

}  // namespace

fs::path repository_folder(const std::string& repository) {
  const std::string folded = core::fold_case(repository);
  const size_t slash = std::min(folded.find('/'), folded.size());
  return fs::path(name_part(folded.substr(0, slash))) /
         name_part(slash < folded.size() ? folded.substr(slash + 1) : "");
}

Result<WorkFolder> WorkFolder::open(const fs::path& path) {
  for (const char* name : {"queue", "runs", "logs", "git"}) TRY(make_folders(path / name));
  const fs::path lock_file = path / "lock";
  const int lock = ::open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return file_error("open", lock_file);
  if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
    close(lock);
    return fail(ErrorCode::unavailable, "another agent uses " + path.string() +
                                            "; end it, or give this one another `work` folder");
  }
  remove_unfinished(path / "queue");
  remove_unfinished(path / "runs");
  return WorkFolder(path, lock);
}

WorkFolder::WorkFolder(WorkFolder&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

WorkFolder::~WorkFolder() {
  if (lock_ >= 0) close(lock_);
}

fs::path WorkFolder::queue_file(const DeploymentEvent& event) const {
  const fs::path folder = repository_folder(event.repository);
  return path_ / "queue" /
         (folder.parent_path().string() + "%2F" + folder.filename().string() + "-" +
          std::to_string(event.id) + ".json");
}

fs::path WorkFolder::run_path(const std::string& repository, int64_t deployment) const {
  return path_ / "runs" / repository_folder(repository) / std::to_string(deployment);
}

fs::path WorkFolder::mirror_of(const std::string& repository) const {
  return path_ / "git" / (repository_folder(repository).string() + ".git");
}

Result<Enqueued> WorkFolder::enqueue(const DeploymentEvent& event) {
  Lock lock(mutex_);
  std::error_code error;
  const fs::path file = queue_file(event);
  if (fs::exists(file, error)) {
    told_again_.insert(file);
    return Enqueued::already_known;
  }
  if (fs::exists(run_path(event.repository, event.id), error)) return Enqueued::already_known;
  if (error) return fail(ErrorCode::unavailable, "cannot look into " + path_.string());
  TRY(write_durably(file, event.body));
  return Enqueued::added;
}

std::optional<DeploymentEvent> WorkFolder::read_queued(const fs::path& file) {
  const std::string name = file.stem().string();
  const size_t hyphen = name.rfind('-');
  const auto id = parse_positive(name.substr(std::min(hyphen, name.size() - 1) + 1));
  if (hyphen == std::string::npos || !id) return std::nullopt;
  auto text = read_file(file);
  auto event = text ? parse_deployment_event(*std::move(text)) : std::unexpected(text.error());
  if (event) return *std::move(event);
  log::error("an event in the queue cannot be read",
             {{"file", file.string()}, {"error", event.error().message}});
  return DeploymentEvent{
      .repository = decoded(name.substr(0, hyphen)), .id = *id, .fault = event.error().message};
}

Result<std::vector<DeploymentEvent>> WorkFolder::queued() {
  Lock lock(mutex_);
  std::vector<DeploymentEvent> events;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path_ / "queue", error)) {
    auto event = read_queued(entry.path());
    if (!event) {
      log::error("a file in the queue is none of the agent's", {{"file", entry.path().string()}});
    } else if (fs::exists(run_path(event->repository, event->id), error)) {
      // A crash came between the two steps of begin_run.
      if (auto removed = remove_durably(entry.path()); !removed) {
        log::error("the queue cannot be written", {{"error", removed.error().message}});
      }
    } else {
      events.push_back(std::move(*event));
    }
  }
  if (error) return fail(ErrorCode::unavailable, "cannot list " + (path_ / "queue").string());
  return events;
}

Result<void> WorkFolder::dequeue(const DeploymentEvent& event) {
  Lock lock(mutex_);
  told_again_.erase(queue_file(event));
  return remove_durably(queue_file(event));
}

Result<bool> WorkFolder::dequeue_unless_told_again(const DeploymentEvent& event) {
  Lock lock(mutex_);
  if (told_again_.erase(queue_file(event)) > 0) return false;
  TRY(remove_durably(queue_file(event)));
  return true;
}

Result<std::optional<RunFolder>> WorkFolder::begin_run(const DeploymentEvent& event,
                                                       const client::Deployment& deployment,
                                                       RunRecord record) {
  Lock lock(mutex_);
  const fs::path target = run_path(event.repository, event.id);
  std::error_code ignored;
  if (fs::exists(target, ignored)) {
    forget(event);
    return std::nullopt;
  }
  record.log_key = hex(random_bytes(log_key_bytes));
  RunFolder run{path_ / "runs" / (".new-" + record.log_key), std::move(record)};
  auto prepared = make_folders(target.parent_path());
  if (prepared) prepared = prepare_run(run, event, deployment);
  if (!prepared) {
    fs::remove_all(run.path, ignored);
    return std::unexpected(prepared.error());
  }
  const auto is_first = move_if_free(run.path, target);
  if (!is_first || !*is_first) {
    fs::remove_all(run.path, ignored);
    if (!is_first) return std::unexpected(is_first.error());
    forget(event);
    return std::nullopt;
  }
  run.path = target;
  // From here on the run exists, and its record says so.
  if (auto synced = sync_folder(target.parent_path()); !synced) {
    run.record.fault = synced.error().message;
  }
  // Relative, so that the work folder can be moved.
  const fs::path link = path_ / "logs" / run.record.log_key;
  std::error_code error;
  fs::create_symlink(run.log().lexically_relative(link.parent_path()), link, error);
  if (error) log::warning("the log cannot be served", {{"error", error.message()}});
  forget(event);
  return run;
}

void WorkFolder::forget(const DeploymentEvent& event) {
  told_again_.erase(queue_file(event));
  // If the file stays, the next start sees that the deployment has a run.
  if (auto removed = remove_durably(queue_file(event)); !removed) {
    log::error("the queue cannot be written", {{"error", removed.error().message}});
  }
}

Result<void> WorkFolder::undo_run(const RunFolder& run, const DeploymentEvent& event) {
  Lock lock(mutex_);
  // After a crash between the steps, the run is there, and its event is removed again.
  TRY(write_durably(queue_file(event), event.body));
  const fs::path undone = path_ / "runs" / (".undone-" + run.record.log_key);
  if (!TRY(move_if_free(run.path, undone))) {
    return fail(ErrorCode::unavailable, "cannot take back " + run.path.string());
  }
  TRY(sync_folder(run.path.parent_path()));
  std::error_code ignored;
  fs::remove(path_ / "logs" / run.record.log_key, ignored);
  fs::remove_all(undone, ignored);
  return {};
}

Result<bool> WorkFolder::remove_run(const RunFolder& run) {
  std::error_code ignored;
  const fs::path aside = path_ / "runs" / (".removed-" + hex(random_bytes(log_key_bytes)));
  {
    Lock lock(mutex_);
    const DeploymentEvent event{.repository = run.record.repository, .id = run.record.deployment};
    if (fs::exists(queue_file(event), ignored)) return false;
    const auto now = TRY(RunFolder::load(run.path));
    if (now.record.step != RunStep::reported) return false;
    TRY(write_durably(aside, ""));
    if (auto exchanged = exchange(aside, run.path); !exchanged) {
      fs::remove(aside, ignored);
      return std::unexpected(exchanged.error());
    }
  }
  // The folder must not be back after a crash: then it would be there without some of its files.
  TRY(sync_folder(run.path.parent_path()));
  TRY(sync_folder(aside.parent_path()));
  if (!run.record.log_key.empty()) fs::remove(path_ / "logs" / run.record.log_key, ignored);
  // What a crash leaves of it is removed at the next start.
  std::error_code error;
  fs::remove_all(aside, error);
  if (error) {
    return fail(ErrorCode::unavailable, "cannot remove " + aside.string() + ": " + error.message());
  }
  return true;
}

Result<std::vector<RunFolder>> WorkFolder::unreported_runs() {
  std::vector<RunFolder> runs;
  for (const auto& owner : TRY(folders_in(path_ / "runs"))) {
    for (const auto& name : TRY(folders_in(owner))) {
      for (const auto& path : TRY(folders_in(name))) {
        auto run = RunFolder::load(path);
        if (!run) {
          const auto id = parse_positive(path.filename().string());
          if (!id) continue;
          log::error("the record of a run cannot be read",
                     {{"folder", path.string()}, {"error", run.error().message}});
          runs.push_back({path,
                          {.repository = decoded(owner.filename()) + "/" + decoded(name.filename()),
                           .deployment = *id,
                           .fault = run.error().message}});
        } else if (run->record.step != RunStep::reported) {
          runs.push_back(std::move(*run));
        }
      }
    }
  }
  return runs;
}

std::optional<fs::path> WorkFolder::find_log(std::string_view key) const {
  const bool well_formed = key.size() == 2 * log_key_bytes && std::ranges::all_of(key, [](char c) {
                             return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
                           });
  if (!well_formed) return std::nullopt;
  std::error_code error;
  const fs::path link = path_ / "logs" / key;
  if (!fs::exists(link, error)) return std::nullopt;
  return link;
}

}  // namespace esclusa::agent
