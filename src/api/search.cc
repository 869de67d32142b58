#include <algorithm>

#include "api/pagination.h"
#include "api/route_tables.h"
#include "app/accounts.h"
#include "app/repository_lists.h"
#include "core/name_search.h"
#include "core/operations/server.h"
#include "wire/account.h"
#include "wire/list.h"
#include "wire/repository.h"

/// Search. Repositories and accounts are searched by name; nothing else is.
namespace esclusa::api {
namespace {

constexpr size_t query_characters = 256;     // as on GitHub
constexpr int64_t available_results = 1000;  // as on GitHub

/// `q`, which is required.
Result<std::string> query_of(const Call& call) {
  std::string query = call.query_value("q");
  if (query.empty()) return fail_validation({"Search", "q", "missing", ""}, "missing_field");
  if (query.size() > query_characters) {
    return fail_validation({"Search", "q", "invalid", "The search is longer than 256 characters."},
                           "too_long");
  }
  return query;
}

Result<core::Page> page_of(const Call& call) {
  const core::Page page = parse_page(call);
  if (page.offset() < available_results) return page;
  return fail(ErrorCode::invalid, "Only the first 1000 search results are available",
              "invalid_request");
}

template <class T, class Write>
http::Response results(const Call& call, const core::Page& page, const core::Listing<T>& listing,
                       Write write, bool is_incomplete = false) {
  JsonWriter json;
  wire::write_search_results(json, listing.total_count, is_incomplete, listing.items, write);
  return with_link(json_response(200, std::move(json)), call, page,
                   std::min(listing.total_count, available_results));
}

Result<http::Response> search_repositories(const Call& call, app::Reader& db) {
  core::RepositoryFilter filter;
  filter.search = core::parse_name_search(TRY(query_of(call)));
  const core::Page page = TRY(page_of(call));
  if (call.query_value("sort") == "updated") {
    filter.sort = core::RepositorySort::updated;
    const bool ascending = call.query_value("order") == "asc";
    filter.direction = ascending ? core::SortDirection::asc : core::SortDirection::desc;
  }
  const auto listing = TRY(app::list_repositories(db, call.actor, filter, page));
  return results(call, page, listing, [&](auto& json, const app::ViewedRepository& one) {
    wire::write_found_repository(json, one.repository, one.role, call.urls, call.version);
  });
}

Result<http::Response> search_accounts(const Call& call, app::Reader& db) {
  const auto search = core::parse_name_search(TRY(query_of(call)));
  const core::Page page = TRY(page_of(call));
  const auto listing = app::search_accounts(db, search, page);
  return results(call, page, listing, [&](auto& json, const core::Account& account) {
    wire::begin_account(json, account, call.urls);
    json.member("score", 1).end_object();
  });
}

http::Response no_results(const Call& call, bool is_incomplete) {
  return results(call, {}, core::Listing<int>{}, [](auto&, int) {}, is_incomplete);
}

/// There is none of what is searched.
Result<http::Response> search_nothing(const Call& call) {
  TRY(query_of(call));
  return no_results(call, false);
}

/// There may be results, but we do not search for them.
Result<http::Response> search_not(const Call& call) {
  TRY(query_of(call));
  return no_results(call, true);
}

// clang-format off
const Route table[] = {
    {"GET", "/search/repositories", &operations::search_repositories, "", Lane::rows,
     "search/search#search-repositories", search_repositories},
    {"GET", "/search/users", &operations::search_accounts, "", Lane::rows,
     "search/search#search-users", search_accounts},
    {"GET", "/search/issues", &operations::search_nothing, "", Lane::loop,
     "search/search#search-issues-and-pull-requests", search_nothing},
    {"GET", "/search/labels", &operations::search_nothing, "", Lane::loop,
     "search/search#search-labels", search_nothing},
    {"GET", "/search/topics", &operations::search_nothing, "", Lane::loop,
     "search/search#search-topics", search_nothing},
    {"GET", "/search/commits", &operations::search_nothing, "", Lane::loop,
     "search/search#search-commits", search_not},
    {"GET", "/search/code", &operations::search_nothing, "", Lane::loop,
     "search/search#search-code", search_not},
};
// clang-format on

}  // namespace

std::span<const Route> search_routes() { return table; }

}  // namespace esclusa::api
