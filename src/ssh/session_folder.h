#pragma once
#include <filesystem>
#include <utility>

#include "base/error.h"

namespace esclusa::ssh {

/// A folder of one session in /tmp. The destructor removes it and its content.
class SessionFolder {
 public:
  static Result<SessionFolder> make();
  SessionFolder(SessionFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  SessionFolder& operator=(SessionFolder&&) = delete;
  ~SessionFolder();

  const std::filesystem::path& path() const { return path_; }

 private:
  explicit SessionFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

/// `unavailable`: the session's folder cannot be used.
std::unexpected<Error> folder_not_usable();

}  // namespace esclusa::ssh
