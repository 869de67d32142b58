#include "app/timers.h"

#include <algorithm>
#include <utility>

#include "app/as_result.h"
#include "app/gates.h"
#include "base/log.h"
#include "store/deployments.h"
#include "store/environments.h"
#include "store/gates.h"
#include "store/repositories.h"

namespace esclusa::app {
namespace {

/// How many deployments a look reads at most, in each of its two lists.
constexpr int page_size = 500;
/// Every so many looks a sweep begins.
constexpr int sweep_looks = 60;
/// A look reads again what came due shortly before the last one: a slow transaction may have
/// committed since, and the boot clock may say that a moment is missing.
constexpr auto look_back = std::chrono::minutes(1);
/// A larger difference between two looks is a change of the clock. It is also what a stored time
/// may be wrong by.
constexpr auto clock_step = std::chrono::milliseconds(500);

bool are_near(std::optional<Timestamp> a, std::optional<Timestamp> b) {
  return a && b ? abs(*a - *b) <= clock_step : a == b;
}

/// Whether judge_again would change anything.
bool is_due(Reader& db, const Context& context, const core::Deployment& deployment) {
  const auto environment = store::find_environment(db, deployment.environment.id);
  if (!environment) return false;
  const auto verdicts = core::judge_gates(
      *environment, deployment,
      store::gather_gate_facts(db, *environment, deployment, {context.now(), context.boot_now()}));
  const auto stored = store::list_verdicts(db, deployment.id);
  const auto is_same = [](const core::GateVerdict& a, const core::GateVerdict& b) {
    return a.state == b.state && a.reason_code == b.reason_code && are_near(a.opens_at, b.opens_at);
  };
  return core::all_open(verdicts) || !std::ranges::equal(verdicts, stored, is_same);
}

Result<void> release_one(const Context& context, const core::Deployment& due) {
  return change(context, core::Actor::timer(), [&](Change& change) -> Result<void> {
    store::lock_deployment(change.rows, due.id);
    auto repository = store::find_repository(change.rows, due.repository_id);
    auto deployment = store::find_deployment(change.rows, due.repository_id, due.id);
    const bool is_released =
        repository && deployment && judge_again(change, *repository, *deployment);
    if (!is_released) change.skip_audit();  // new verdicts alone are no act of anybody
    return {};
  });
}

/// Judges them, and releases those without a shut gate. False if one could not be judged.
bool judge(const Context& context, const std::vector<core::Deployment>& held) {
  bool is_done = true;
  for (const core::Deployment& deployment : held) {
    const auto judged = as_result([&]() -> Result<void> {
      const bool due =
          TRY(context.database.read([&](Reader& db) { return is_due(db, context, deployment); }));
      return due ? release_one(context, deployment) : Result<void>{};
    });
    if (judged) continue;
    is_done = false;
    log::error("a deployment stays held, its gates cannot be judged",
               {{"deployment_id", std::to_string(deployment.id.value)},
                {"error", judged.error().message}});
  }
  return is_done;
}

/// What `list(db)` lists; nothing if it cannot.
template <class List>
std::optional<std::vector<core::Deployment>> read_page(const Context& context, List list) {
  auto page = as_result([&] { return context.database.read(list); });
  if (page) return *std::move(page);
  log::error("held deployments cannot be listed", {{"error", page.error().message}});
  return std::nullopt;
}

std::chrono::microseconds clock_offset(const core::GateTime& now) {
  return now.wall.time_since_epoch() - now.boot.since_boot;
}

}  // namespace

GateTimer::GateTimer(const Context& context)
    : context_(context),
      due_from_(context.now() - look_back),
      clock_offset_(clock_offset({context.now(), context.boot_now()})) {}

void GateTimer::look() {
  const core::GateTime now{context_.now(), context_.boot_now()};
  if (++looks_ % sweep_looks == 0 || was_clock_set(now)) is_sweep_due_ = true;
  release_due(now.wall);
  if (!is_sweeping_) is_sweeping_ = std::exchange(is_sweep_due_, false);
  if (is_sweeping_) sweep_page();
}

void GateTimer::look_at_all() {
  is_sweeping_ = true;
  swept_.reset();
  while (is_sweeping_) sweep_page();
}

void GateTimer::release_due(Timestamp now) {
  const auto due = read_page(
      context_, [&](Reader& db) { return store::list_due(db, due_from_, now, page_size); });
  // What is left of them is read again.
  const bool is_done = due && judge(context_, *due) && due->size() < page_size;
  if (is_done) due_from_ = now - look_back;
}

void GateTimer::sweep_page() {
  const auto page =
      read_page(context_, [&](Reader& db) { return store::list_held(db, swept_, page_size); });
  if (!page || !judge(context_, *page)) is_sweep_due_ = true;
  is_sweeping_ = page && page->size() == page_size;
  swept_ = is_sweeping_ ? std::optional(page->back()) : std::nullopt;
}

bool GateTimer::was_clock_set(const core::GateTime& now) {
  const auto before = std::exchange(clock_offset_, clock_offset(now));
  return abs(clock_offset_ - before) > clock_step;
}

}  // namespace esclusa::app
