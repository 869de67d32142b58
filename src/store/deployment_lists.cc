#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "core/names.h"
#include "store/columns.h"
#include "store/conditions.h"
#include "store/deployment_blocks.h"
#include "store/deployment_rows.h"
#include "store/deployments.h"

namespace esclusa::store {
namespace {

/// A value that the deployments of a list have in common.
struct Choice {
  std::string filter;  ///< as in `deployment_block_count`, or `sha`
  std::string column;
  std::string text;
  std::optional<int64_t> id = {};  ///< what the column has, if it is no text
  int64_t count = -1;              ///< in the blocks

  sql::Parameter parameter() const { return id ? sql::Parameter(*id) : sql::Parameter(text); }
  bool is_counted() const { return filter != "sha"; }
};

std::optional<int64_t> find_id(sql::Reader& db, std::string_view sql,
                               std::initializer_list<sql::Parameter> parameters) {
  return db.one(sql, parameters, [](const sql::Row& row) { return row.integer(0); });
}

/// A list of deployments of a repository.
class Query {
 public:
  Query(sql::Reader& db, RepositoryId repository, const core::DeploymentFilter& filter)
      : db_(db), repository_(repository), created_(filter.created) {
    add_text("sha", filter.sha);
    add_text("ref", filter.ref);
    add_text("task", filter.task);
    if (filter.state) add_text("state", std::string(core::to_name(*filter.state)));
    if (!filter.environment.empty()) {
      add_id(
          "environment",
          find_id(db, "select id from environment_name where repository_id = $1 and name_key = $2",
                  {repository.value, core::fold_case(filter.environment)}));
    }
    if (!filter.creator.empty()) {
      add_id("creator", find_id(db, "select id from account where login_key = $1",
                                {core::fold_case(filter.creator)}));
    }
    put_rarest_first();
  }

  core::Listing<core::Deployment> page(const core::Page& page) {
    if (is_empty_) return {};
    const bool is_counted = choices_.empty() || (choices_.size() == 1 && choices_[0].is_counted());
    if (!is_counted) {
      return {.items = items(conditions(), page.size, page.offset()),
              .total_count = conditions().count(db_, "deployment d")};
    }
    const bool is_whole = !created_.from && !created_.until;
    if (is_whole && page.offset() < block_size) return first_page(page);
    return deep_page(page);
  }

 private:
  void add_text(const std::string& filter, const std::string& value) {
    if (!value.empty()) choices_.push_back({filter, filter, value});
  }
  void add_id(const std::string& filter, std::optional<int64_t> id) {
    if (!id) is_empty_ = true;
    if (id) choices_.push_back({filter, filter + "_id", std::to_string(*id), *id});
  }

  /// The rows of several filters are read in the index of the one that the fewest rows have.
  void put_rarest_first() {
    if (choices_.size() < 2) return;
    for (Choice& choice : choices_) {
      if (!choice.is_counted()) continue;  // a commit is deployed a few times
      choice.count = db_.number(
          "select cast(coalesce(sum(deployment_count), 0) as bigint) from deployment_block_count "
          "where repository_id = $1 and filter = $2 and value = $3 and shift = 16",
          {repository_.value, choice.filter, choice.text});
    }
    std::ranges::sort(choices_, {}, &Choice::count);
  }

  /// The conditions use the index of the first choice, and no other: without statistics the engine
  /// would choose any.
  Conditions conditions() const {
    const bool has_environment = !choices_.empty() && choices_[0].filter == "environment";
    Conditions where = has_environment ? Conditions("d.environment_id = $1", {*choices_[0].id})
                                       : Conditions("d.repository_id = $1", {repository_.value});
    for (const Choice& choice : choices_) {
      if (&choice == choices_.data()) {
        if (!has_environment) where.add("d." + choice.column + " = ?", choice.parameter());
      } else {
        where.add("d." + choice.column + (choice.id ? " + 0" : " || ''") + " = ?",
                  choice.parameter());
      }
    }
    if (created_.from) where.add("d.created_at >= ?", to_micros(*created_.from));
    if (created_.until) where.add("d.created_at < ?", to_micros(*created_.until));
    return where;
  }

  std::string_view counted_filter() const {
    return choices_.empty() ? std::string_view("all") : std::string_view(choices_[0].filter);
  }
  std::string_view counted_value() const {
    return choices_.empty() ? std::string_view() : std::string_view(choices_[0].text);
  }

  /// A page near the newest deployment.
  core::Listing<core::Deployment> first_page(const core::Page& page) {
    core::Listing<core::Deployment> listing;
    Conditions total = conditions();
    const std::string condition = total.text();
    const std::string repository = total.bind(repository_.value);
    const std::string value = total.bind(counted_value());
    listing.total_count =
        total.number(db_, count_in_blocks(condition, repository, counted_filter(), value));
    listing.items = items(conditions(), page.size, page.offset());
    return listing;
  }

  core::Listing<core::Deployment> deep_page(const core::Page& page) {
    const CountedList list{repository_, counted_filter(), counted_value(), created_,
                           [&](int64_t first_id, int64_t last_id) {
                             Conditions where = conditions();
                             where.add("d.id >= ?", first_id);
                             where.add("d.id <= ?", last_id);
                             return where.count(db_, "deployment d");
                           }};
    const PagePlace place = find_page(db_, list, page.offset());
    core::Listing<core::Deployment> listing;
    listing.total_count = place.total_count;
    if (place.newest_id == 0) return listing;
    Conditions where = conditions();
    where.add("d.id <= ?", place.newest_id);
    where.add("d.id >= ?", place.oldest_id);
    listing.items = items(std::move(where), page.size, place.offset);
    return listing;
  }

  /// `size` deployments after the first `offset` ones. The offset is counted in the index alone: of
  /// what is passed over, no row is read, and no account and no environment.
  std::vector<core::Deployment> items(Conditions where, int64_t size, int64_t offset) const {
    const auto select = [](const std::string& rest) {
      return select_deployments("where d.id in (select d.id from deployment d " + rest +
                                ") order by d.id desc");
    };
    return where.rows(db_, select, "d.id desc", size, offset, deployment_reader(db_));
  }

  sql::Reader& db_;
  const RepositoryId repository_;
  const core::TimeRange created_;
  std::vector<Choice> choices_;
  bool is_empty_ = false;  ///< no deployment can have what is asked for
};

}  // namespace

core::Listing<core::Deployment> list_deployments(sql::Reader& db, RepositoryId repository,
                                                 const core::DeploymentFilter& filter,
                                                 const core::Page& page) {
  return Query(db, repository, filter).page(page);
}

}  // namespace esclusa::store
