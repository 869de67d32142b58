#pragma once
#include <chrono>
#include <optional>

#include "app/context.h"
#include "core/deployment.h"
#include "core/gates.h"

namespace esclusa::app {

/// Releases held deployments when their time has come. One thread at a time.
///
/// A look reads what has come due since the last one, by an index of times: what waits longer costs
/// nothing. Some gates open in other ways, as when a reviewer is unblocked. So every minute begins
/// a sweep, which judges everything that is held, a page at each look. A change of the machine's
/// clock begins one as well, because the times in the index are those of the clock before it.
///
/// A deployment that cannot be judged stays held, is logged, and does not stop the others.
class GateTimer {
 public:
  explicit GateTimer(const Context& context);

  /// Releases what is due, and judges a page of the sweep. Called every `limits::gate_timer_every`.
  void look();
  /// Judges everything that is held: after a start, when anything may have come due.
  void look_at_all();

 private:
  void release_due(Timestamp now);
  void sweep_page();
  bool was_clock_set(const core::GateTime& now);

  const Context& context_;
  int looks_ = 0;
  Timestamp due_from_;
  std::chrono::microseconds clock_offset_;  ///< the wall clock less the boot clock
  bool is_sweep_due_ = false;
  bool is_sweeping_ = false;
  std::optional<core::Deployment> swept_;  ///< the sweep's last one; none: it is at its beginning
};

}  // namespace esclusa::app
