#pragma once
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/context.h"
#include "base/mutex.h"
#include "core/actor.h"

/// The change of the key that seals what is stored, while the server works. Its steps, in this
/// order; the server may end after each, and the next start goes on:
///
///   1. the new key is beside the old one, on the disk
///   2. the database says that a rotation has begun, and the key pairs of environments are retired;
///      the new key seals from now on
///   3. each sealed text is sealed again, in small transactions
///   4. the database belongs to the new key, and nothing is sealed by the old one
///   5. the old key is removed
///
/// Where the keys are kept outside of the data folder, 1 and 5 are the administrator's.
namespace esclusa::app {

/// Where the keys are kept.
class KeyKeeper {
 public:
  using Clock = std::chrono::steady_clock;

  /// The sealer has the keeper's keys.
  explicit KeyKeeper(Sealer& sealer) : sealer_(sealer) {}
  virtual ~KeyKeeper() = default;
  KeyKeeper(const KeyKeeper&) = delete;

  Sealer& sealer() { return sealer_; }
  /// The keys by their numbers: several while a rotation goes on.
  virtual const std::vector<SealingKey>& keys() const = 0;
  /// Keeps these keys from now on; durably, unless somebody else keeps them.
  virtual Result<void> keep(const std::vector<SealingKey>& keys) = 0;
  /// Whether somebody else keeps them: then the server writes them nowhere.
  virtual bool is_external() const = 0;
  /// Where they are, for people.
  virtual std::string place() const = 0;
  /// Called after each step of a rotation, with its number; in tests the server ends there.
  std::function<void(int step)> on_step = [](int) {};

  /// False if another rotation runs. Otherwise nobody else may rotate until `end`.
  bool begin();
  /// A snapshot that began before may still have texts of the former keys: they open until it must
  /// have ended.
  void end(bool has_former_keys);
  /// Forgets former keys whose time is over.
  void forget_former(Clock::time_point now);

 private:
  Sealer& sealer_;
  Mutex mutex_;
  bool is_rotating_ GUARDED_BY(mutex_) = false;
  std::optional<Clock::time_point> former_until_ GUARDED_BY(mutex_);
};

struct KeyRotationReport {
  std::string former_key_id;
  std::string key_id;
  int64_t resealed = 0;  ///< texts
  bool is_external = false;
  std::string place;
};

/// Changes the key. `given` is the new key where somebody else keeps them, and only there. Goes on
/// with a rotation that could not end. `unreadable_secrets` if no key opens one of the texts: then
/// no key is removed, since the one that would open the text may be among them.
Result<KeyRotationReport> rotate_key(const Context& context, const core::Actor& actor,
                                     const std::optional<SealingKey>& given);
/// Ends the rotation in which the server was when it ended; at the start. Nothing if there is none.
Result<std::optional<KeyRotationReport>> resume_rotation(const Context& context);

}  // namespace esclusa::app
