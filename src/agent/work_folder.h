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

/// What the agent keeps on disk, so that nothing is lost and nothing runs twice:
///
///   lock                              held while an agent runs
///   queue/OWNER%2FNAME-ID.json        accepted events, each its body
///   runs/OWNER/NAME/ID/run.json       how far the run is: RunRecord
///                      event.json     the event's body, with the server's deployment in it
///                      payload.json   the deployment's payload
///                      log            what the command printed
///                      source/        the checkout, until the run has ended
///                      transfer/      what goes to another host, while it goes there
///   logs/KEY                          a link to a run's log
///   git/OWNER/NAME.git                a copy of the repository
///
/// A run's folder appears with all its files in one step, and that step is the only way to begin
/// a run: a deployment that has one is never run again.
namespace esclusa::agent {

/// How far a run is. From `begun` on the command may have been started.
enum class RunStep { begun, ended, reported };

/// How a run ended, as it is reported.
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
  RunStep step = RunStep::begun;
  Outcome outcome = {};  ///< set from `ended` on
  /// Why the run cannot go on, or why its record cannot be read. It is not written to the disk. If
  /// it is set, all members but the repository and the deployment may be empty.
  std::string fault = {};
};

/// One run on disk. One thread at a time.
struct RunFolder {
  std::filesystem::path path;
  RunRecord record;

  std::filesystem::path log() const { return path / "log"; }
  std::filesystem::path source() const { return path / "source"; }
  std::filesystem::path transfer() const { return path / "transfer"; }
  std::filesystem::path event_file() const { return path / "event.json"; }
  std::filesystem::path payload_file() const { return path / "payload.json"; }

  /// Writes the record down.
  Result<void> save() const;
  static Result<RunFolder> load(const std::filesystem::path& path);
};

enum class Enqueued { added, already_known };

/// Any thread.
class WorkFolder {
 public:
  /// Makes the folder, and locks it: `unavailable` if another agent uses it.
  static Result<WorkFolder> open(const std::filesystem::path& path);
  ~WorkFolder();
  WorkFolder(WorkFolder&& other) noexcept;
  WorkFolder& operator=(WorkFolder&&) = delete;

  const std::filesystem::path& path() const { return path_; }

  /// Records an accepted event; it is on disk when this returns.
  Result<Enqueued> enqueue(const DeploymentEvent& event);
  /// The recorded events that have no run. An event that cannot be read has a `fault`; its file's
  /// name tells its repository and deployment.
  Result<std::vector<DeploymentEvent>> queued();
  /// Forgets a recorded event.
  Result<void> dequeue(const DeploymentEvent& event);
  /// Forgets a recorded event, unless `enqueue` has met it since it was recorded, or since this was
  /// asked before. False if it stays: what the server said before may be true no more.
  Result<bool> dequeue_unless_told_again(const DeploymentEvent& event);

  /// Begins the one and only run of a deployment, and takes it from the queue. Nothing if there
  /// has been one before. After an error there is no run. If the disk failed, so that the run may
  /// not survive a crash, it has a `fault`, and its command must not be started.
  Result<std::optional<RunFolder>> begin_run(const DeploymentEvent& event,
                                             const client::Deployment& deployment,
                                             RunRecord record);
  /// All runs whose outcome has not been reported; those whose record cannot be read have a
  /// `fault`.
  Result<std::vector<RunFolder>> unreported_runs();

  /// The log file of a key; nothing if it is none of ours. Keys are 32 lower-case hex digits.
  std::optional<std::filesystem::path> find_log(std::string_view key) const;
  std::filesystem::path mirror_of(const std::string& repository) const;

 private:
  WorkFolder(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::filesystem::path queue_file(const DeploymentEvent& event) const;
  /// Nothing if its name is none that the agent gives.
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

/// `owner/name` as two folders that stay below where they are put, whatever it is.
std::filesystem::path repository_folder(const std::string& repository);

}  // namespace esclusa::agent
