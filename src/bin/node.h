#pragma once
#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "app/administration.h"
#include "base/error.h"
#include "base/mutex.h"
#include "bin/settings.h"
#include "http/server.h"

namespace esclusa {

/// One server on one data folder: storage, workers, API and listeners, composed from its settings.
///
///   Node node(settings);   // no thread and no file yet
///   TRY(node.open());      // from here on it is known by its `url`
///   TRY(node.run());       // until `stop`
///
/// It changes nothing that belongs to the whole process: signals, umask, the limit of descriptors
/// and the log's level are for whoever runs it (bin/serve.cc). A process may have several nodes.
class Node {
 public:
  explicit Node(ServerSettings settings);
  ~Node();
  Node(const Node&) = delete;

  /// Opens the data folder and the database, brings the schema up to date, settles what a crash
  /// left, and opens the listeners. Nothing is served yet. Once. `unavailable` or `invalid`, with a
  /// text for people, if that cannot be done.
  Result<void> open();
  /// Serves until `stop`. What is in flight is answered first; everything is closed when it
  /// returns. Once, after `open`. `unavailable` if the storage failed, so that it has to be opened
  /// again.
  Result<void> run();
  /// Makes `run` return, also one that is still to begin. Any thread.
  void stop();
  /// Takes from the settings what can be changed while it serves (`Setting::is_reloaded`), and
  /// reads the files again that they name. What cannot be used is named in the log, and stays as it
  /// was. Any thread; before `run` it is done when that begins.
  void reload(const ServerSettings& settings);

  /// The address for people and links. From `open` on.
  const std::string& url() const { return url_; }
  /// The data folder's absolute path. From `open` on.
  const std::filesystem::path& data() const { return data_; }
  /// The administrator's token, where `open` has made the administrator: on an empty database.
  const std::optional<app::MintedToken>& first_administrator() const {
    return first_administrator_;
  }

 private:
  struct Parts;

  const ServerSettings settings_;
  std::string url_;
  std::filesystem::path data_;
  std::optional<app::MintedToken> first_administrator_;
  std::atomic<bool> is_stopping_ = false;
  std::atomic<bool> has_storage_failed_ = false;
  Mutex mutex_;
  http::Server* serving_ GUARDED_BY(mutex_) = nullptr;      ///< while `run` serves
  std::optional<ServerSettings> asked_ GUARDED_BY(mutex_);  ///< by a reload before that
  std::unique_ptr<Parts> parts_;  ///< from `open` to the end of `run`; they use all of the above
};

}  // namespace esclusa
