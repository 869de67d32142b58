#include "app/live.h"

#include <functional>
#include <utility>

#include "app/change.h"
#include "app/seen_repositories.h"
#include "base/limits.h"
#include "core/names.h"
#include "core/operations/deployments.h"
#include "store/live.h"
#include "store/repositories.h"
#include "wire/audit_detail.h"

namespace esclusa::app {
namespace {

/// Sorts after each task. No task has this code point, which is no character.
constexpr std::string_view after_all_tasks = "\U0010FFFF";

bool matches(const core::LiveFilter& filter, const store::LiveRow& row) {
  return (filter.environment.empty() ||
          core::fold_case(row.environment) == core::fold_case(filter.environment)) &&
         (filter.task.empty() || row.position.task == filter.task);
}

/// The page that these rows give. `find_repository` gives null for one that the actor does not see.
LivePage make_page(Reader& db, const std::vector<store::LiveRow>& rows,
                   const core::LiveFilter& filter, int count,
                   const std::function<const core::Repository*(RepositoryId)>& find_repository) {
  LivePage page;
  for (const store::LiveRow& row : rows) {
    if (std::cmp_equal(page.rows.size(), count)) return page;
    const core::Repository* repository = find_repository(row.repository_id);
    if (repository == nullptr) {
      // The task is nobody's business who does not see the repository: go on after all its tasks.
      page.next = {row.position.environment_id, std::string(after_all_tasks)};
      continue;
    }
    page.next = row.position;
    if (!matches(filter, row)) continue;
    auto live = store::find_live(db, row.position);
    if (!live || (core::is_destroyed(*live) && !filter.with_destroyed)) continue;
    page.rows.push_back({*repository, *std::move(live)});
  }
  if (rows.size() < limits::live_scanned) page.next.reset();
  return page;
}

}  // namespace

LivePage list_live(Reader& db, const RepositoryAccess& access, const core::LiveFilter& filter,
                   const core::LivePosition& after, int count) {
  std::vector<store::LiveRow> rows;
  if (filter.environment.empty()) {
    rows = store::list_live(db, access.repository.id, after, limits::live_scanned);
  } else if (const auto name =
                 store::find_environment_name(db, access.repository.id, filter.environment)) {
    rows = store::list_live(db, name->id, after, limits::live_scanned);
  }
  return make_page(db, rows, filter, count, [&](RepositoryId) { return &access.repository; });
}

LivePage list_all_live(Reader& db, const core::Actor& actor, const core::LiveFilter& filter,
                       const core::LivePosition& after, int count) {
  SeenRepositories repositories(db, actor);
  const auto rows = store::list_live(db, after, limits::live_scanned);
  return make_page(db, rows, filter, count, [&](RepositoryId id) -> const core::Repository* {
    const auto* seen = repositories.find(id);
    const bool may_see =
        seen != nullptr &&
        core::check_access(actor, seen->repository, seen->granted, core::operations::list_live);
    return may_see ? &seen->repository : nullptr;
  });
}

Result<int64_t> repair_live(const Context& context, const core::Actor& actor) {
  int64_t wrong = 0;
  std::optional<core::LivePosition> after = core::LivePosition{};
  while (after) {
    const auto repair =
        TRY(change(context, actor, [&](Change& change) -> Result<store::LiveRepair> {
          auto done = store::repair_live(change.rows, *after, limits::live_repaired);
          if (done.wrong == 0) {
            change.skip_audit();
          } else {
            change.audit({"live.repair", std::nullopt, done.last->environment_id,
                          wire::audit_detail({{"wrong", done.wrong}})});
          }
          return done;
        }));
    wrong += repair.wrong;
    after = repair.last;
  }
  return wrong;
}

}  // namespace esclusa::app
