#pragma once
#include <chrono>
#include <cstdint>
#include <vector>

#include "app/context.h"
#include "store/event_bodies.h"
#include "store/recoding.h"

namespace esclusa::app {

/// Writes rows of earlier versions in the smaller form (docs/decisions/0040-smaller-rows.md) while
/// the server runs, a few in each transaction, and removes ends of bodies that no body has any
/// more. How far it is stands in the database, so that it goes on after a stop. One thread.
class RowRecoder {
 public:
  explicit RowRecoder(const Context& context) : context_(context) {}

  /// Does one step. Returns how long to wait before the next one: at least nine times what the step
  /// has taken, so that nobody notices it.
  Result<std::chrono::milliseconds> step();

 private:
  using Steady = std::chrono::steady_clock;
  Result<void> recode(store::Recoding recoding);
  void log_progress(const store::Recoding& recoding);

  const Context& context_;
  store::BodyRecoder bodies_;
  int64_t attempts_ = 0;  ///< that became smaller
  bool has_begun_ = false;
  bool is_done_ = false;
  Steady::time_point next_log_{};
};

}  // namespace esclusa::app
