#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "agent/event.h"
#include "base/error.h"
#include "base/mutex.h"

/// The agent's files on the disk, so that nothing is lost and nothing runs twice:
///
///   lock                              held while an agent runs
///   queue/OWNER%2FNAME-ID.json        accepted events, each its body
///   runs/OWNER/NAME/ID                an empty file, where an old run was removed; otherwise:
///   runs/OWNER/NAME/ID/run.json       how far the run is: RunRecord
///                      event.json     the event's body, with the server's deployment in it
///                      payload.json   the deployment's payload
///                      log            what the command printed
///                      source/        the checkout, until the run has ended
///                      transfer/      what goes to another host, while it goes there
///   logs/KEY                          a link to a run's log
///   git/OWNER/NAME.git                a copy of the repository
///
/// A run's folder appears with all its files in one step, and a run cannot begin in any other way:
/// a deployment that has a run is never run again, also after the run was removed, because a file
/// of its name stays. Only a run that has lost its claim before the
/// server had its `in_progress`, so that its command was not started, is taken back.
namespace esclusa::agent {

/// The progress of a run. From `begun` on, its command may have been started.
enum class RunStep { begun, ended, reported };

/// The outcome of a run, as it is reported.
struct Outcome {
  std::string state;  ///< success, failure or error
  std::string description;
};

struct RunRecord {
  std::string repository;
  int64_t deployment = 0;
  std::string environment = {};
  std::string environment_url = {};
  std::string log_key = {};
  int64_t fence = 0;  ///< of the claim under which it runs; 0: the server has no claims
  RunStep step = RunStep::begun;
  Outcome outcome = {};  ///< set once the step is `ended`
  /// Why the run cannot go on, or why its record cannot be read. Not written to the disk. If it is
  /// set, all members except the repository and the deployment may be empty.
  std::string fault = {};
};

/// One run on the disk. Not thread-safe.
struct RunFolder {
  std::filesystem::path path;
  RunRecord record;

  std::filesystem::path log() const { return path / "log"; }
  std::filesystem::path source() const { return path / "source"; }
  std::filesystem::path transfer() const { return path / "transfer"; }
  std::filesystem::path event_file() const { return path / "event.json"; }
  std::filesystem::path payload_file() const { return path / "payload.json"; }

  /// Writes the record to the disk.
  Result<void> save() const;
  static Result<RunFolder> load(const std::filesystem::path& path);
};

enum class Enqueued { added, already_known };

/// May be called from any thread.
class WorkFolder {
 public:
  /// Creates the folder, and locks it: `unavailable` if another agent uses it.
  static Result<WorkFolder> open(const std::filesystem::path& path);
  ~WorkFolder();
  WorkFolder(WorkFolder&& other) noexcept;
  WorkFolder& operator=(WorkFolder&&) = delete;

  const std::filesystem::path& path() const { return path_; }

  /// Records an accepted event, which is on the disk when the function returns.
  Result<Enqueued> enqueue(const DeploymentEvent& event);
  /// The recorded events that have no run. An event that cannot be read has a `fault`; the name of
  /// its file gives its repository and deployment.
  Result<std::vector<DeploymentEvent>> queued();
  /// Removes a recorded event.
  Result<void> dequeue(const DeploymentEvent& event);
  /// Removes a recorded event, unless `enqueue` got the same event again since it was recorded, or
  /// since the last call of this function. False if it stays: the server's earlier answer may be
  /// outdated.
  Result<bool> dequeue_unless_told_again(const DeploymentEvent& event);

  /// Begins the only run of a deployment, and removes the event from the queue. `nullopt` if the
  /// deployment had a run before. After an error there is no run. If the disk failed in such a way
  /// that the run may not survive a crash, the run has a `fault`, and its command must not be
  /// started.
  Result<std::optional<RunFolder>> begin_run(const DeploymentEvent& event,
                                             const client::Deployment& deployment,
                                             RunRecord record);
  /// Takes a run back whose command was not started and will not be: its event is in the queue
  /// again, and the deployment may get another run.
  Result<void> undo_run(const RunFolder& run, const DeploymentEvent& event);
  /// Removes a reported run with its log, and leaves an empty file of its name, in one step: an
  /// event that comes again, also from a server that was restored from a backup, does not run
  /// twice. False if the run stays: it is not reported, or the queue knows its event.
  Result<bool> remove_run(const RunFolder& run);
  /// All runs whose outcome has not been reported; runs whose record cannot be read have a `fault`.
  Result<std::vector<RunFolder>> unreported_runs();

  /// The log file for a key; `nullopt` if there is none. Keys are 32 lower-case hex digits.
  std::optional<std::filesystem::path> find_log(std::string_view key) const;
  std::filesystem::path mirror_of(const std::string& repository) const;

 private:
  WorkFolder(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::filesystem::path queue_file(const DeploymentEvent& event) const;
  /// `nullopt` if the file does not have a name that the agent gives.
  static std::optional<DeploymentEvent> read_queued(const std::filesystem::path& file);
  /// Takes the file of an event that has a run from the queue.
  void forget(const DeploymentEvent& event) REQUIRES(mutex_);
  std::filesystem::path run_path(const std::string& repository, int64_t deployment) const;

  std::filesystem::path path_;
  int lock_;
  Mutex mutex_;
  /// Files of the queue whose event came again.
  std::set<std::filesystem::path> told_again_ GUARDED_BY(mutex_);
};

/// `owner/name` as two folders that stay below their parent, whatever the name is.
std::filesystem::path repository_folder(const std::string& repository);

}  // namespace esclusa::agent
