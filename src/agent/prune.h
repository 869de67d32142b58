#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "agent/checkout.h"
#include "agent/config.h"
#include "agent/stop_flag.h"
#include "agent/work_folder.h"
#include "base/error.h"
#include "base/time.h"

/// Removes what runs have left in the work folder and nobody needs any more: folders of old runs
/// with their logs, what is left of checkouts, and copies of repositories that no run has used for
/// a long time.
namespace esclusa::agent {

/// Something in the work folder that may go.
struct Removable {
  /// `rest`: what a crash has left of a copy that was being removed.
  enum class Kind { run, checkout, copy, rest } kind = Kind::run;
  std::filesystem::path path;
  std::string what;  ///< for people: `demo/shop 12, production, success`
  uint64_t bytes = 0;
  RunFolder run = {};  ///< of a run and of a checkout
};

/// What may go at that time. It only looks. A run stays while it is not reported, its record cannot
/// be read, the queue has its event, it is among the last ones of its environment, or it is not old
/// enough. A copy of a repository stays while any run is under way.
Result<std::vector<Removable>> list_removable(const std::filesystem::path& work, const Keep& keep,
                                              Timestamp now);

/// Removes one of them, unless it may not go any more. False if it stays.
Result<bool> remove_one(WorkFolder& work, Checkout& checkout, const Removable& one,
                        const Keep& keep, Timestamp now);

/// Looks and removes until the stop is requested: soon after the start, and then each hour; one
/// after the other, with a pause after each. `keep` is asked before each look.
void prune_regularly(WorkFolder& work, Checkout& checkout, const std::function<Keep()>& keep,
                     StopFlag& stop);

/// `esclusa agent prune`: prints what goes, and removes it unless it is a dry run. `unavailable` if
/// an agent uses the folder, which prunes it itself; a dry run may look nevertheless.
Result<void> prune(const std::filesystem::path& config_file, bool dry_run);

}  // namespace esclusa::agent
