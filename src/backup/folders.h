#pragma once
#include <sys/types.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "base/descriptor.h"
#include "base/error.h"

/// The folders in which a verify and a restore work.
namespace esclusa::backup {

/// A folder that is removed with everything in it. `mark` is the name of a file that goes last.
class WorkFolder {
 public:
  explicit WorkFolder(std::filesystem::path path, std::string mark = {})
      : path_(std::move(path)), mark_(std::move(mark)) {}
  ~WorkFolder() { remove(); }
  WorkFolder(const WorkFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

  /// Everything but the mark.
  Result<void> empty() const;
  void remove() const;

 private:
  const std::filesystem::path path_;
  const std::string mark_;
};

/// In a folder in which a restore works or worked. It comes first and goes last.
inline constexpr const char* mark_name = "made-by-esclusa-restore";

/// Takes the folder in which the restore works. What is in it was left by a killed restore, or else
/// the folder is somebody's, and stays: `invalid`, `folder_in_use`. The lock says that a restore is
/// at work.
Result<Descriptor> take_work_folder(const std::filesystem::path& folder);

/// A temporary folder, which is removed with everything in it, also when a signal ends the process.
/// While git runs, that waits until git has ended.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;

  bool exists() const { return folder_.has_value(); }
  const std::filesystem::path& path() const { return folder_->path(); }

  /// Calls `work`, which runs git, with what cancels it.
  Result<void> during_git(const std::function<Result<void>(const std::atomic<bool>*)>& work);

 private:
  void wait();

  std::optional<WorkFolder> folder_;
  std::atomic<bool> is_asked_ = false;
  std::mutex running_;
  Descriptor wake_, signals_;
  sigset_t former_{};
  std::thread thread_;
};

/// As root, gives everything in the folder to the user, and the folder itself last; and syncs it.
/// No path is followed. The folder around it must be closed to the user, so that nobody changes
/// anything meanwhile.
Result<void> hand_over(const std::filesystem::path& folder, uid_t user, gid_t group);

}  // namespace esclusa::backup
