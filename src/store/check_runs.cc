#include "store/check_runs.h"

#include "core/names.h"
#include "store/accounts.h"
#include "store/columns.h"
#include "store/conditions.h"

namespace esclusa::store {
namespace {

std::string select_runs(std::string_view condition) {
  return "select r.id, r.repository_id, r.sha, r.name, r.status, r.conclusion, r.details_url, "
         "r.external_id, r.output_title, r.output_summary, r.output_text, r.annotations, "
         "r.annotation_count, r.started_at, r.completed_at, r.created_at, " +
         account_columns("c") + " from check_run r join account c on c.id = r.creator_id " +
         std::string(condition);
}

core::CheckRun read_run(const sql::Row& row) {
  core::CheckRun run{
      .id = {row.integer(0)},
      .repository_id = {row.integer(1)},
      .sha = std::string(row.text(2)),
      .name = std::string(row.text(3)),
      .status = read_enum<core::CheckStatus>(row, 4),
      .conclusion = std::nullopt,
      .details_url = row.optional_text(6),
      .external_id = std::string(row.text(7)),
      .output = {row.optional_text(8), row.optional_text(9), row.optional_text(10)},
      .annotations = std::string(row.text(11)),
      .annotation_count = row.integer(12),
      .started_at = read_optional_time(row, 13),
      .completed_at = read_optional_time(row, 14),
      .creator = read_account(row, 16),
      .created_at = from_micros(row.integer(15)),
  };
  if (!row.is_null(5)) run.conclusion = read_enum<core::CheckConclusion>(row, 5);
  return run;
}

std::optional<std::string_view> conclusion_value(const core::CheckRun& run) {
  return run.conclusion ? std::optional(core::to_name(*run.conclusion)) : std::nullopt;
}

/// Selects the newest run of each name among the runs of repository $1 and commit $2.
constexpr std::string_view is_latest =
    "r.id in (select max(l.id) from check_run l where l.repository_id = $1 and l.sha = $2 "
    "group by l.name_key)";

}  // namespace

CheckRunId insert_check_run(sql::Writer& tx, const core::CheckRun& run,
                            const core::Actor& creator) {
  return {tx.insert(
      "insert into check_run (repository_id, sha, name, name_key, status, conclusion, "
      "details_url, external_id, output_title, output_summary, output_text, annotations, "
      "annotation_count, started_at, completed_at, creator_id, creator_token_id, created_at, "
      "updated_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, "
      "$17, $18, $18)",
      {run.repository_id.value, run.sha, run.name, core::fold_case(run.name),
       core::to_name(run.status), conclusion_value(run), run.details_url, run.external_id,
       run.output.title, run.output.summary, run.output.text, run.annotations, run.annotation_count,
       time_value(run.started_at), time_value(run.completed_at), run.creator.id.value,
       token_value(creator), to_micros(run.created_at)})};
}

void update_check_run(sql::Writer& tx, const core::CheckRun& run, Timestamp now) {
  tx.execute(
      "update check_run set name = $2, name_key = $3, status = $4, conclusion = $5, "
      "details_url = $6, external_id = $7, output_title = $8, output_summary = $9, "
      "output_text = $10, annotations = $11, annotation_count = $12, started_at = $13, "
      "completed_at = $14, updated_at = $15 where id = $1",
      {run.id.value, run.name, core::fold_case(run.name), core::to_name(run.status),
       conclusion_value(run), run.details_url, run.external_id, run.output.title,
       run.output.summary, run.output.text, run.annotations, run.annotation_count,
       time_value(run.started_at), time_value(run.completed_at), to_micros(now)});
}

std::optional<core::CheckRun> find_check_run(sql::Reader& db, RepositoryId repository,
                                             CheckRunId id) {
  static const std::string sql = select_runs("where r.id = $1 and r.repository_id = $2");
  return db.one(sql, {id.value, repository.value}, read_run);
}

core::Listing<core::CheckRun> list_check_runs(sql::Reader& db, const Commit& commit,
                                              const core::CheckRunFilter& filter,
                                              const core::Page& page) {
  Conditions where("r.repository_id = $1 and r.sha = $2", {commit.repository_id.value, commit.sha});
  const std::string name_key = core::fold_case(filter.name);
  if (!filter.name.empty()) where.add("r.name_key = ?", name_key);
  if (filter.status) where.add("r.status = ?", core::to_name(*filter.status));
  if (filter.latest_only) where.add(std::string(is_latest));
  return where.list(db, "check_run r", select_runs, "r.id desc", page, read_run);
}

std::vector<ContextState> list_context_states(sql::Reader& db, const Commit& commit) {
  std::vector<ContextState> states;
  for (const core::CommitStatus& status : list_latest_commit_statuses(db, commit)) {
    states.push_back({status.context, std::string(core::to_name(status.state))});
  }
  static const std::string sql =
      "select r.name, coalesce(r.conclusion, 'pending') from check_run r "
      "where r.repository_id = $1 and r.sha = $2 and " +
      std::string(is_latest) + " order by r.id";
  db.each(sql, {commit.repository_id.value, commit.sha}, [&](const sql::Row& row) {
    states.push_back({std::string(row.text(0)), std::string(row.text(1))});
  });
  return states;
}

}  // namespace esclusa::store
