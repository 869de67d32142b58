#include "app/stats.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "app/new_commits.h"
#include "base/stats_limits.h"
#include "git/new_commits.h"
#include "store/repositories.h"
#include "store/stats.h"

namespace esclusa::app {
namespace {

using std::chrono::seconds;

/// Of all repositories; the process has one memory.
NewCommits& kept_walks() {
  static NewCommits kept(limits::stats_kept_bytes);
  return kept;
}

/// Finds what releases brought, by walks that are bounded, in time as well.
class Walks {
 public:
  explicit Walks(const core::Repository& repository) : repository_(repository) {}

  /// The commits of the release; null if they are not known.
  std::shared_ptr<const NewCommits::Commits> find(const core::Release& release) {
    static const auto none = std::make_shared<const NewCommits::Commits>();
    if (release.base_sha.empty()) return nullptr;
    if (release.base_sha == release.sha) return none;
    const std::string key =
        std::to_string(repository_.id.value) + " " + release.base_sha + " " + release.sha;
    if (const auto kept = kept_walks().find(key)) return kept->commits;
    auto walked = walk(release);
    if (!walked) {
      // The same walk would be as long again.
      if (walked.error().reason_code == "history_too_long") kept_walks().keep(key, {});
      return nullptr;
    }
    if (!*walked) return nullptr;  // a commit is gone: it may come back
    auto commits = std::make_shared<const NewCommits::Commits>(**std::move(walked));
    kept_walks().keep(key, {commits});
    return commits;
  }

 private:
  using Steady = std::chrono::steady_clock;

  Result<std::optional<NewCommits::Commits>> walk(const core::Release& release) {
    if (is_unreadable_ || Steady::now() > end_) return std::nullopt;
    if (!git_) {
      auto opened = git::Repository::open(repository_);
      is_unreadable_ = !opened;
      if (!opened) return std::nullopt;
      git_.emplace(*std::move(opened));
    }
    return git::list_new_commits(*git_, release.base_sha, release.sha, limits::stats_walked);
  }

  const core::Repository& repository_;
  const Steady::time_point end_ = Steady::now() + limits::stats_walk_time;
  std::optional<git::Repository> git_;
  bool is_unreadable_ = false;
};

/// An environment with what was read of it.
struct Place {
  core::EnvironmentName environment;
  std::optional<Timestamp> first_outcome;
  std::vector<core::Outcome> outcomes;
};

Result<std::vector<core::EnvironmentName>> find_environments(Reader& db, RepositoryId repository,
                                                             const core::StatsQuery& query) {
  if (!query.environment.empty()) {
    auto name = store::find_environment_name(db, repository, query.environment);
    if (name) return std::vector{*std::move(name)};
    return fail(ErrorCode::not_found, "There is no environment " + query.environment + ".",
                "environment_not_found");
  }
  auto found = store::list_production_environments(db, repository, query.task,
                                                   limits::stats_environments + 1);
  if (!found || std::cmp_greater(found->size(), limits::stats_environments)) {
    return fail_request("The repository has too many environments: name one.",
                        "too_many_environments");
  }
  std::ranges::sort(*found, {}, &core::EnvironmentName::name);
  return *std::move(found);
}

Result<std::vector<Place>> read_places(Reader& db, RepositoryId repository,
                                       const core::StatsQuery& query) {
  std::vector<Place> places;
  int left = limits::stats_outcomes;
  for (core::EnvironmentName& name : TRY(find_environments(db, repository, query))) {
    auto rows = store::list_outcomes(db, name.id, query.task, query.range, left);
    if (!rows) {
      return fail_request("More than " + std::to_string(limits::stats_outcomes) +
                              " deployments have succeeded or failed in this time: ask for a "
                              "shorter one, or for one environment.",
                          "too_many_deployments");
    }
    left -= rows->read_count;
    const auto first = store::find_first_outcome(db, name.id);
    places.push_back({std::move(name), first, std::move(rows->outcomes)});
  }
  return places;
}

bool is_known(const core::StatsSpan& span, const core::StatsQuery& query, const Place& place) {
  return place.first_outcome && span.until > *place.first_outcome &&
         (!query.kept_since || span.since >= *query.kept_since);
}

core::EnvironmentStats make_stats(const Place& place, const core::StatsQuery& query,
                                  std::span<const core::StatsSpan> spans, Walks& walks) {
  auto judgement = core::judge(place.outcomes, spans);
  std::unordered_set<std::string> seen;  // a commit counts once, where it went live first
  for (const core::Release& release : judgement.releases) {
    core::StatsCounts& counts = judgement.counts[release.span];
    const auto commits = walks.find(release);
    if (!commits) {
      ++counts.unmeasured;
      continue;
    }
    for (const core::NewCommit& commit : *commits) {
      if (!seen.insert(commit.sha).second) continue;
      const auto time = std::chrono::floor<seconds>(release.at - commit.committed_at);
      counts.lead_times.push_back(std::max(time, seconds(0)));
    }
  }
  core::EnvironmentStats stats{.environment = place.environment, .total = {}, .rows = {}};
  stats.total.span = query.range;
  for (size_t i = 0; i < spans.size(); ++i) {
    core::StatsRow row{.span = spans[i], .is_known = is_known(spans[i], query, place)};
    if (row.is_known) {
      row.known_time = spans[i].until - spans[i].since;
      row.counts = std::move(judgement.counts[i]);
      stats.total.is_known = true;
      stats.total.known_time += row.known_time;
      stats.total.counts += row.counts;
    }
    stats.rows.push_back(std::move(row));
  }
  return stats;
}

}  // namespace

Result<std::vector<core::EnvironmentStats>> get_stats(const Context& context,
                                                      const RepositoryAccess& access,
                                                      const core::StatsQuery& query) {
  if (query.range.since >= query.range.until) {
    return fail_request("`since` must be before `until`, and in the past.", "invalid_range");
  }
  const auto spans = core::cut(query.range, query.unit, limits::stats_spans + 1);
  if (spans.size() > limits::stats_spans) {
    return fail_request("That are more than " + std::to_string(limits::stats_spans) +
                            " periods: ask for a shorter time, or by month.",
                        "too_many_periods");
  }
  const auto places = TRY(context.database.read(
      [&](Reader& db) { return read_places(db, access.repository.id, query); }));
  Walks walks(access.repository);
  std::vector<core::EnvironmentStats> stats;
  for (const Place& place : places) stats.push_back(make_stats(place, query, spans, walks));
  return stats;
}

}  // namespace esclusa::app
