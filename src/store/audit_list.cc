#include "store/audit_list.h"

#include <algorithm>
#include <string>
#include <variant>
#include <vector>

#include "base/text.h"
#include "core/names.h"
#include "store/accounts.h"
#include "store/columns.h"
#include "store/conditions.h"

namespace esclusa::store {
namespace {

using Value = std::variant<int64_t, std::string>;

sql::Parameter parameter_of(const Value& value) {
  if (const auto* number = std::get_if<int64_t>(&value)) return *number;
  return std::get<std::string>(value);
}

/// What a filter allows in one column, which has an index with the id.
struct Choice {
  std::string column;
  std::vector<Value> values;
};

/// The ids between which the rows of a page are.
struct Window {
  int64_t oldest = 1;
  int64_t newest = 0;
  bool is_empty() const { return newest < oldest; }
};

/// All actions that the log has and that begin so: a search for each, since they are few names.
std::vector<Value> actions_that_begin(sql::Reader& db, std::string_view prefix) {
  std::vector<Value> actions;
  db.each(
      "with recursive known (action) as (select min(action) from audit union all "
      "select (select min(a.action) from audit a where a.action > known.action) from known "
      "where known.action is not null) select action from known where action is not null",
      {}, [&](const sql::Row& row) {
        if (row.text(0).starts_with(prefix)) actions.emplace_back(std::string(row.text(0)));
      });
  return actions;
}

Result<Choice> choose_author(sql::Reader& db, const std::string& text) {
  const auto author = TRY(core::parse_audit_author(text));
  switch (author.kind) {
    case core::AuditAuthor::Kind::agent_token:
      return Choice{"agent_token_id", {author.agent_token_id}};
    case core::AuditAuthor::Kind::system_user: return Choice{"system_user", {author.name}};
    case core::AuditAuthor::Kind::account: break;
  }
  const auto account = find_account(db, author.name);
  if (!account) {
    return fail(ErrorCode::invalid, "There is no account \"" + printable(author.name) + "\"",
                "unknown_account");
  }
  return Choice{"actor_id", {account->id.value}};
}

/// The repositories that have the name now, or had it when they were removed.
Result<Choice> choose_repository(sql::Reader& db, const std::string& name) {
  const size_t slash = name.find('/');
  Choice choice{"repository_id", {}};
  if (slash != name.npos) {
    const std::string key = core::fold_case(name.substr(slash + 1));
    db.each(
        "select r.id, r.name from repository r join account o on o.id = r.owner_id "
        "where o.login_key = $1",
        {core::fold_case(name.substr(0, slash))}, [&](const sql::Row& row) {
          if (core::fold_case(row.text(1)) == key) choice.values.emplace_back(row.integer(0));
        });
  }
  if (!choice.values.empty()) return choice;
  return fail(ErrorCode::invalid, "There is and was no repository \"" + printable(name) + "\"",
              "unknown_repository");
}

/// The first id whose row is of that time or later, by halving; one after the last if none is.
int64_t first_id_since(sql::Reader& db, Timestamp time, int64_t newest) {
  int64_t low = 1, high = newest + 1;
  while (low < high) {
    const int64_t middle = low + (high - low) / 2;
    const auto row =
        db.one("select id, at from audit where id >= $1 order by id limit 1", {middle},
               [](const sql::Row& found) { return std::pair(found.integer(0), found.integer(1)); });
    if (!row || row->second >= to_micros(time)) {
      high = middle;
    } else {
      low = row->first + 1;
    }
  }
  return low;
}

int64_t newest_id(sql::Reader& db) { return db.number("select coalesce(max(id), 0) from audit"); }

Window window_of(sql::Reader& db, const core::AuditQuery& query) {
  Window window{1, newest_id(db)};
  if (query.at.from || query.at.until) {
    const int64_t newest = window.newest;
    if (query.at.until) window.newest = first_id_since(db, *query.at.until, newest) - 1;
    if (query.at.from) window.oldest = first_id_since(db, *query.at.from, newest);
  }
  if (query.from) window.newest = std::min(window.newest, query.from->value);
  return window;
}

constexpr std::string_view columns =
    "a.id, a.at, a.action, a.actor_id, c.login, c.kind, a.actor_token_id, t.name, "
    "a.deploy_key_id, k.title, a.agent_token_id, g.name, p.slug, a.system_user, a.repository_id, "
    "o.login, r.name, r.removed_at, a.target_id, a.request_id, a.detail";
constexpr std::string_view tables =
    " from audit a left join account c on c.id = a.actor_id "
    "left join token t on t.id = a.actor_token_id "
    "left join deploy_key k on k.id = a.deploy_key_id "
    "left join agent_token g on g.id = a.agent_token_id "
    "left join app p on p.bot_id = a.actor_id "
    "left join repository r on r.id = a.repository_id left join account o on o.id = r.owner_id ";

std::optional<core::AuditRow::Named> read_named(const sql::Row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return core::AuditRow::Named{row.integer(column), row.optional_text(column + 1)};
}

core::AuditRow read_audit(const sql::Row& row) {
  core::AuditRow audit;
  audit.id = {row.integer(0)};
  audit.at = from_micros(row.integer(1));
  audit.action = row.text(2);
  audit.actor = read_named(row, 3);
  if (!row.is_null(5)) audit.actor_kind = read_enum<core::AccountKind>(row, 5);
  audit.token = read_named(row, 6);
  audit.deploy_key = read_named(row, 8);
  audit.agent = read_named(row, 10);
  audit.app = row.optional_text(12);
  audit.system_user = row.optional_text(13);
  if (const auto id = row.optional_integer(14)) {
    audit.repository = core::AuditRow::Named{*id, std::nullopt};
    if (!row.is_null(16)) {
      audit.repository->name = std::string(row.text(15)) + "/" + std::string(row.text(16));
    }
    audit.is_repository_removed = !row.is_null(17);
  }
  audit.target_id = row.optional_integer(18).value_or(0);
  audit.request_id = row.text(19);
  audit.detail = row.text(20);
  return audit;
}

/// A page of the log.
class Query {
 public:
  Query(sql::Reader& db, const core::AuditQuery& query, Window window, std::vector<Choice> choices)
      : db_(db), query_(query), window_(window), choices_(std::move(choices)) {
    if (choices_.size() > 1) put_rarest_first();
  }

  core::AuditPage page() {
    core::AuditPage page;
    if (choices_.empty()) {
      follow(nullptr, page);
    } else {
      for (const Value& value : choices_[0].values) follow(&value, page);
    }
    // What is below a place where one value was no longer followed, is for the next page.
    std::ranges::sort(page.items, std::ranges::greater(), &core::AuditRow::id);
    std::erase_if(page.items, [&](const auto& row) { return row.id.value < stop_; });
    if (page.items.size() > static_cast<size_t>(query_.size)) {
      page.next = page.items[static_cast<size_t>(query_.size)].id;
      page.items.resize(static_cast<size_t>(query_.size));
    } else if (stop_ > window_.oldest) {
      page.next = core::AuditId{stop_ - 1};
    }
    return page;
  }

 private:
  /// At most as many rows are counted as one page looks at.
  int64_t count(const Choice& choice) {
    int64_t total = 0;
    for (const Value& value : choice.values) {
      if (total >= audit_rows_looked_at) break;
      total +=
          db_.number("select count(*) from (select 1 from audit a where a." + choice.column +
                         " = $1 and a.id between $2 and $3 limit $4) few",
                     {parameter_of(value), window_.oldest, window_.newest, audit_rows_looked_at});
    }
    return total;
  }

  void put_rarest_first() {
    std::vector<std::pair<int64_t, size_t>> counts;
    for (size_t i = 0; i < choices_.size(); ++i) counts.emplace_back(count(choices_[i]), i);
    std::swap(choices_[0], choices_[std::ranges::min(counts).second]);
  }

  bool has_more_filters() const {
    return choices_.size() > 1 || query_.target_id || query_.at.from || query_.at.until;
  }

  /// The conditions of the rows that are followed, which an index answers. `oldest` is in the only
  /// lower bound: of two, SQLite would use one and test the other in each row.
  Conditions followed(const Value* value, int64_t oldest) const {
    if (value == nullptr) return {"a.id between $1 and $2", {oldest, window_.newest}};
    return {"a." + choices_[0].column + " = $1 and a.id between $2 and $3",
            {parameter_of(*value), oldest, window_.newest}};
  }

  /// The oldest id that this page looks at among the rows that it follows.
  int64_t stop_of(const Value* value) {
    if (!has_more_filters()) return window_.oldest;
    const auto last = followed(value, window_.oldest)
                          .rows(
                              db_,
                              [](const std::string& condition) {
                                return "select a.id from audit a " + condition;
                              },
                              "a.id desc", 1, audit_rows_looked_at - 1,
                              [](const sql::Row& row) { return row.integer(0); });
    return last.empty() ? window_.oldest : last[0];
  }

  /// The other filters, so written that no index is used for them.
  void add_others(Conditions& where) const {
    for (const Choice& choice : choices_) {
      if (&choice == choices_.data()) continue;
      const bool is_number = std::holds_alternative<int64_t>(choice.values[0]);
      std::vector<std::string> places;
      for (const Value& value : choice.values) places.push_back(where.bind(parameter_of(value)));
      where.add("a." + choice.column + (is_number ? " + 0" : " || ''") + " in (" +
                join(places, ", ") + ")");
    }
    if (query_.target_id) where.add("a.target_id = ?", *query_.target_id);
    if (query_.at.from) where.add("a.at >= ?", to_micros(*query_.at.from));
    if (query_.at.until) where.add("a.at < ?", to_micros(*query_.at.until));
  }

  void follow(const Value* value, core::AuditPage& page) {
    const int64_t stop = stop_of(value);
    stop_ = std::max(stop_, stop);
    Conditions where = followed(value, stop);
    add_others(where);
    auto rows = where.rows(
        db_,
        [](const std::string& condition) {
          return "select " + std::string(columns) + std::string(tables) + condition;
        },
        "a.id desc", query_.size + 1, 0, read_audit);
    std::ranges::move(rows, std::back_inserter(page.items));
  }

  sql::Reader& db_;
  const core::AuditQuery& query_;
  const Window window_;
  std::vector<Choice> choices_;  ///< the first one is followed
  int64_t stop_ = window_.oldest;
};

}  // namespace

Result<core::AuditPage> list_audit(sql::Reader& db, const core::AuditQuery& query,
                                   std::optional<RepositoryId> repository) {
  TRY(core::check_action_filter(query.action));
  std::vector<Choice> choices;
  if (repository) choices.push_back({"repository_id", {repository->value}});
  if (!query.repository.empty()) choices.push_back(TRY(choose_repository(db, query.repository)));
  if (!query.by.empty()) choices.push_back(TRY(choose_author(db, query.by)));
  if (core::is_action_prefix(query.action)) {
    choices.push_back({"action", actions_that_begin(db, query.action)});
    if (choices.back().values.empty()) return core::AuditPage{};
  } else if (!query.action.empty()) {
    choices.push_back({"action", {query.action}});
  }
  const Window window = window_of(db, query);
  if (window.is_empty()) return core::AuditPage{};
  return Query(db, query, window, std::move(choices)).page();
}

}  // namespace esclusa::store
