#include "app/retention.h"

#include <algorithm>

#include "app/as_result.h"
#include "app/change.h"
#include "app/kept_commits.h"
#include "base/log.h"
#include "git/unkeep.h"
#include "store/repositories.h"
#include "wire/audit_detail.h"

namespace esclusa::app {
namespace {

using namespace std::chrono_literals;

/// The writer is held for about so long by a step.
constexpr auto transaction_time = 5ms;
/// After a step the thread rests for so many times as long as the step has held the writer.
constexpr int rest_factor = 9;
/// And at least for so long as it took, within these bounds.
constexpr auto least_rest = 5ms, most_rest = 1000ms;
/// While nothing is to do, the thread looks so often whether somebody asks for a round.
constexpr auto idle_rest = 500ms;
constexpr auto round_every = 60s;
constexpr auto whole_round_every = 24h;
constexpr auto clock_saved_every = 10min;
constexpr auto progress_every = 60s;
/// Commits that git forgets in one step.
constexpr int unkept_commits = 20;

constexpr size_t list_count = store::prune_list_count;

}  // namespace

Retention::Retention(const Context& context, const core::RetentionSettings& settings,
                     std::function<bool()> is_backup_running)
    : context_(context), is_backup_running_(std::move(is_backup_running)), settings_(settings) {}

void Retention::use(const core::RetentionSettings& settings) {
  Lock lock(mutex_);
  settings_ = settings;
  is_whole_asked_ = true;
}

core::RetentionSettings Retention::settings() const {
  Lock lock(mutex_);
  return settings_;
}

std::chrono::microseconds Retention::step() {
  if (!round_) {
    bool is_asked = false;
    {
      Lock lock(mutex_);
      is_asked = std::exchange(is_whole_asked_, false);
    }
    const auto now = Steady::now();
    const bool is_due = !last_end_ || now - *last_end_ >= round_every;
    if (!is_asked && !is_due) return idle_rest;
    begin_round(is_asked || !last_whole_ || now - *last_whole_ >= whole_round_every);
  }
  const auto begin = Steady::now();
  held_ = {};
  turn();
  // What it has read holds up nobody, but it has used a processor.
  const auto took = Steady::now() - begin;
  const auto rest =
      std::max<Steady::duration>(held_ * rest_factor, std::min<Steady::duration>(took, most_rest));
  return std::chrono::ceil<std::chrono::microseconds>(std::max<Steady::duration>(rest, least_rest));
}

void Retention::begin_round(bool is_whole) {
  round_.emplace();
  round_->is_whole = is_whole;
  if (is_whole) {
    places_ = {};
    unkept_place_ = {};
    last_whole_ = round_->began;
  }
  Lock lock(mutex_);
  ++shown_.round;
  shown_.is_running = true;
  shown_.round_rows = 0;
  shown_.began_at = context_.now();
  shown_.ended_at.reset();
}

void Retention::end_round() {
  if (round_->is_announced) {
    const auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - round_->began);
    log::info("pruning has ended", {{"rows", round_->rows}, {"took_ms", int64_t{took.count()}}});
  }
  round_.reset();
  last_end_ = Steady::now();
  ++counters_.rounds;
  Lock lock(mutex_);
  shown_.is_running = false;
  shown_.at.reset();
  ++shown_.rounds;
  shown_.ended_at = context_.now();
}

void Retention::turn() {
  // What cannot be pruned is tried again in the next round, and does not hold up the rest.
  const size_t list = round_->list;
  const auto done = as_result([&]() -> Result<void> {
    if (list < list_count) return walk(static_cast<store::PruneList>(list));
    return unkeep_commits();
  });
  if (!done) {
    log::error(
        "something that is too old cannot be pruned; it is tried again",
        {{"retention", list < list_count
                           ? core::to_name(store::key_of(static_cast<store::PruneList>(list)))
                           : std::string_view("keep-refs")},
         {"error", done.error().message}});
    round_->list = list;
    next_list();
  }
  tell_progress();
  if (round_->list > list_count) end_round();
}

void Retention::next_list() {
  ++round_->list;
  round_->page = {};
}

Result<void> Retention::walk(store::PruneList list) {
  const auto rule = rule_of(list, TRY(tell()));
  if (!rule) {
    next_list();
    return {};
  }
  {
    Lock lock(mutex_);
    shown_.at = store::key_of(list);
  }
  int64_t& place = places_[static_cast<size_t>(list)];
  auto& [page, done] = round_->page;
  if (!page) {
    page = TRY(
        context_.database.read([&](Reader& db) { return store::find_prunable(db, *rule, place); }));
    done = 0;
  }
  if (done < page->ids.size()) {
    note_rows(store::key_of(list), TRY(prune_some(*rule)));
    if (done > 0) place = page->ids[done - 1];
  }
  if (done < page->ids.size()) return {};
  place = page->last;
  const bool is_end = page->is_end;
  page.reset();
  if (is_end) next_list();
  return {};
}

Result<int64_t> Retention::prune_some(const store::PruneRule& rule) {
  const auto& ids = round_->page.page->ids;
  const size_t begin = round_->page.done;
  const bool is_deployments = rule.list == store::PruneList::deployments;
  auto began = Steady::now();
  const auto pruned =
      change(context_, core::Actor::timer(), [&](Change& change) -> Result<int64_t> {
        began = Steady::now();
        change.skip_audit();
        if (is_deployments && !round_->has_audit_row) {
          change.audit({"retention.prune", std::nullopt, 0,
                        wire::audit_detail({{"key", core::to_name(core::RetentionKey::deployments)},
                                            {"created_before", format_time(rule.before)}})});
        }
        int64_t rows = 0;
        size_t& done = round_->page.done = begin;
        while (done < ids.size()) {
          const auto gone = store::prune(change.rows, rule, ids[done]);
          rows += gone.rows;
          if (!gone.is_gone) break;
          ++done;
          if (Steady::now() - began >= transaction_time) break;
        }
        return rows;
      });
  held_ = Steady::now() - began;
  return pruned;
}

Result<void> Retention::unkeep_commits() {
  const auto rows = TRY(context_.database.read(
      [&](Reader& db) { return store::list_unkept_commits(db, unkept_place_, unkept_commits); }));
  for (const store::UnkeptCommitRow& row : rows) {
    // The backup copies the database first and the repositories later. This is asked after the rows
    // were read: a backup that begins only now copies a database without their deployments. The
    // rows stay for the next round, so that this one ends however slow the backup's reader is.
    if (is_backup_running_ && is_backup_running_()) {
      unkept_place_ = {};
      next_list();
      return {};
    }
    unkept_place_ = row;
    const auto gone = as_result([&] { return unkeep(row); });
    if (!gone) {
      log::warning("git still keeps a commit whose deployments are gone; this is tried again",
                   {{"repository_id", row.repository_id.value},
                    {"sha", row.sha},
                    {"error", gone.error().message}});
    }
  }
  if (rows.size() == unkept_commits) return {};
  unkept_place_ = {};
  next_list();
  return {};
}

/// False if it is to be tried again.
Result<bool> Retention::unkeep(const store::UnkeptCommitRow& row) {
  const auto repository = TRY(context_.database.read(
      [&](Reader& db) { return store::find_repository(db, row.repository_id); }));
  // A repository that is not writable has no such ref, or is none of ours to change any more.
  const bool has_ref = repository && repository->writable;
  if (has_ref) {
    const UnkeptCommit going(repository->path, row.sha);
    if (!going.may_go()) return false;
    const bool is_needed = TRY(context_.database.read(
        [&](Reader& db) { return store::is_deployed(db, repository->path, row.sha); }));
    if (!is_needed) TRY(git::unkeep(*repository, std::span(&row.sha, 1)));
  }
  TRY(context_.database.write([&](Writer& tx) { store::forget_unkept_commit(tx, row); }));
  return true;
}

Result<Timestamp> Retention::tell() {
  const core::GateTime now{context_.now(), context_.boot_now()};
  if (!clock_) {
    const auto last =
        TRY(context_.database.read([](Reader& db) { return store::find_retention_moment(db); }));
    clock_.emplace(last, now);
  }
  const Timestamp told = clock_->tell(now);
  {
    Lock lock(mutex_);
    if (clock_->held_back() > 1min && shown_.held_back <= 1min) {
      log::warning("the clock was set forward: nothing is pruned by the new time for a day",
                   {{"seconds", clock_->held_back() / 1s}});
    }
    shown_.held_back = clock_->held_back();
  }
  if (!clock_saved_ || Steady::now() - *clock_saved_ >= clock_saved_every) {
    clock_saved_ = Steady::now();
    const auto saved = context_.database.write(
        [&](Writer& tx) { store::save_retention_moment(tx, {told, now.boot}); });
    if (!saved) {
      log::warning("the time of pruning cannot be stored", {{"error", saved.error().message}});
    }
  }
  return told;
}

std::optional<store::PruneRule> Retention::rule_of(store::PruneList list, Timestamp now) const {
  const core::RetentionSettings settings = this->settings();
  const auto age = settings.age_of(store::key_of(list));
  if (!age) return std::nullopt;
  return store::PruneRule{list, now - *age, context_.now(), settings.keep_successes};
}

void Retention::note_rows(core::RetentionKey key, int64_t rows) {
  if (key == core::RetentionKey::deployments) round_->has_audit_row = true;
  counters_.pruned_rows[static_cast<size_t>(key)] += rows;
  round_->rows += rows;
  Lock lock(mutex_);
  shown_.round_rows += rows;
}

void Retention::tell_progress() {
  const auto now = Steady::now();
  const bool is_long = now - round_->told >= progress_every;
  if (round_->rows == 0) return;
  if (!round_->is_announced && (round_->is_whole || is_long)) {
    round_->is_announced = true;
    round_->told = now;
    log::info("pruning has begun: what is older than its retention goes, in small steps");
  } else if (is_long) {
    round_->told = now;
    log::info("pruning goes on", {{"rows", round_->rows}});
  }
}

Result<int64_t> Retention::ask_for_round(const Context& context, const core::Actor& actor) {
  TRY(change(context, actor, [](Change& change) -> Result<void> {
    change.audit({"retention.prune", std::nullopt, 0, "{}"});
    return {};
  }));
  Lock lock(mutex_);
  is_whole_asked_ = true;
  return shown_.round + 1;
}

namespace {

/// Walks over a list as pruning does, and only counts. Reads about `bound` rows.
Result<void> count_due(const Context& context, const store::PruneRule& rule, int64_t bound,
                       RetentionDue& due) {
  int64_t after = 0;
  int64_t pages = bound / store::prune_page_rows + 1;
  for (bool is_end = false; !is_end; --pages) {
    if (pages == 0) {
      due.is_more = true;
      return {};
    }
    const auto page = TRY(
        context.database.read([&](Reader& db) { return store::find_prunable(db, rule, after); }));
    due.rows += static_cast<int64_t>(page.ids.size());
    if (page.oldest && (!due.oldest || *page.oldest < *due.oldest)) due.oldest = page.oldest;
    after = page.last;
    is_end = page.is_end;
  }
  return {};
}

}  // namespace

Result<RetentionReport> Retention::report(const Context& context, int64_t bound) {
  RetentionReport report;
  {
    Lock lock(mutex_);
    report = shown_;
  }
  // By the clock that prunes, as far as that is behind.
  const Timestamp now = context.now() - report.held_back;
  for (const core::RetentionRule& rule : core::retention_rules()) {
    RetentionKeyReport line;
    line.key = rule.key;
    line.age = settings().ages[static_cast<size_t>(rule.key)];
    line.pruned_rows = counters_.pruned_rows[static_cast<size_t>(rule.key)];
    for (size_t list = 0; list < list_count && line.age; ++list) {
      const auto walked = rule_of(static_cast<store::PruneList>(list), now);
      if (!walked || store::key_of(walked->list) != rule.key) continue;
      TRY(count_due(context, *walked, bound, line.due));
    }
    report.keys.push_back(std::move(line));
  }
  return report;
}

}  // namespace esclusa::app
