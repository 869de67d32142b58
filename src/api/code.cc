#include "app/code.h"
#include "api/filters.h"
#include "api/media_type.h"
#include "api/pagination.h"
#include "api/route_tables.h"
#include "app/commits.h"
#include "app/contents.h"
#include "app/default_branch.h"
#include "base/limits.h"
#include "core/operations/code.h"
#include "wire/commit.h"
#include "wire/contents.h"
#include "wire/list.h"

/// Reads a repository's code: branches, tags, commits, files.
namespace esclusa::api {
namespace {

/// Refuses requests for patches: the client would mistake the JSON answer for a patch.
Result<void> refuse_patches(const Call& call) {
  for (const char* form : {"diff", "patch"}) {
    if (!accepts(call.request.headers, form)) continue;
    return fail(ErrorCode::invalid,
                "Unsupported 'Accept' header: 'application/vnd.github." + std::string(form) +
                    "'. Must accept 'application/json'.",
                "unsupported_media_type");
  }
  return {};
}

/// Refuses the filters of GitHub's commit lists that would make us read the whole history.
Result<void> refuse_filters(const Call& call) {
  for (const char* name : {"path", "author", "committer"}) {
    if (call.query_value(name).empty()) continue;
    return fail_request("\"" + std::string(name) + "\" is not supported.", "filter_not_supported");
  }
  return {};
}

Result<http::Response> list_branches(const Call& call) {
  const core::Page page = parse_page(call);
  const std::string filter = call.query_value("protected");
  std::optional<bool> is_protected;
  if (filter == "true" || filter == "false") is_protected = filter == "true";
  const auto listing = TRY(app::list_branches(call.context, call.access(), is_protected, page));
  return list_response(call, page, listing, [&](auto& json, const core::Branch& branch) {
    wire::write_branch(json, branch, call.repository(), call.urls);
  });
}

Result<http::Response> get_branch(const Call& call) {
  const std::string& name = call.parameter("branch");
  const auto branch = TRY(app::get_branch(call.context, call.access(), name));
  const core::Branch named{name, branch.commit.sha, branch.is_protected};
  JsonWriter json;
  wire::write_full_branch(json, named, branch.commit, call.repository(), call.urls);
  return json_response(200, std::move(json));
}

Result<http::Response> get_branch_protection(const Call& call) {
  const std::string& name = call.parameter("branch");
  const auto branch = TRY(app::get_branch(call.context, call.access(), name));
  if (!branch.is_protected) {
    return fail(ErrorCode::not_found, "Branch not protected", "branch_not_protected");
  }
  JsonWriter json;
  wire::write_branch_protection(json, name, call.repository(), call.urls);
  return json_response(200, std::move(json));
}

Result<http::Response> list_tags(const Call& call) {
  const core::Page page = parse_page(call);
  auto listing = TRY(app::list_tags(call.access(), page));
  return list_response(call, page, listing, [&](auto& json, const core::Branch& tag) {
    wire::write_tag(json, tag, call.repository(), call.urls);
  });
}

Result<http::Response> list_commits(const Call& call) {
  TRY(refuse_filters(call));
  const core::Page page = parse_page(call);
  const app::HistoryQuery query{call.query_value("sha"), TRY(time_filter(call, "since")),
                                TRY(time_filter(call, "until"))};
  const auto history = TRY(app::list_commits(call.context, call.access(), query, page));
  JsonWriter json;
  wire::write_list(json, history.items, [&](JsonWriter& to, const core::Commit& commit) {
    wire::write_commit(to, commit, call.repository(), call.urls);
  });
  return with_link(json_response(200, std::move(json)), call, page, history.total_count,
                   history.counted_all ? Total::exact : Total::at_least);
}

Result<http::Response> get_commit(const Call& call) {
  const std::string& ref = call.parameter("ref");
  if (accepts(call.request.headers, "sha")) {
    return http::Response{200,
                          {{"Content-Type", "application/vnd.github.sha; charset=utf-8"}},
                          TRY(app::get_commit_sha(call.access(), ref))};
  }
  TRY(refuse_patches(call));
  core::Page page = parse_page(call);
  if (call.query_value("per_page").empty()) page.size = limits::diff_page_files;
  const auto details = TRY(app::get_commit(call.context, call.access(), ref, page));
  JsonWriter json;
  wire::write_commit(json, details.commit, call.repository(), call.urls, &details.difference);
  return with_link(json_response(200, std::move(json)), call, page, details.difference.total_count);
}

Result<http::Response> list_branches_where_head(const Call& call) {
  const auto branches =
      TRY(app::list_branches_where_head(call.context, call.access(), call.parameter("ref")));
  JsonWriter json;
  wire::write_list(json, branches, [&](JsonWriter& to, const core::Branch& branch) {
    wire::write_branch(to, branch, call.repository(), call.urls);
  });
  return json_response(200, std::move(json));
}

/// An empty list, if the commit exists: Esclusa has neither pull requests nor commit comments.
Result<http::Response> list_pulls_of_commit(const Call& call) {
  TRY(app::get_commit_sha(call.access(), call.parameter("ref")));
  return empty_list();
}

Result<http::Response> list_comments_of_commit(const Call& call) {
  TRY(app::find_commit(call.access(), call.parameter("ref")));
  return empty_list();
}

Result<http::Response> contents_at(const Call& call, const std::string& path) {
  const std::string ref = call.query_value("ref");
  auto contents = TRY(app::get_contents(call.access(), path, ref));
  if (contents.entry.type == "blob" && accepts(call.request.headers, "raw")) {
    return raw_response(std::move(contents.text));
  }
  const wire::ContentsPlace place{
      call.repository(), call.urls,
      ref.empty() ? app::follow_head(call.context, call.repository()).default_branch : ref};
  JsonWriter json;
  if (contents.entry.type == "tree") {
    wire::write_directory(json, contents.children, place);
  } else {
    wire::write_content(json, contents.entry, contents.text, place);
  }
  return json_response(200, std::move(json));
}

Result<http::Response> get_root_contents(const Call& call) { return contents_at(call, ""); }

Result<http::Response> get_contents(const Call& call) {
  std::string path = call.parameter("path");
  if (path.ends_with('/')) path.pop_back();
  return contents_at(call, path);
}

Result<http::Response> compare_commits(const Call& call) {
  TRY(refuse_patches(call));
  const std::string& basehead = call.parameter("basehead");
  std::optional<core::Page> page;
  if (asks_for_page(call)) page = parse_page(call);
  const auto comparison = TRY(app::compare(call.context, call.access(), basehead, page));
  JsonWriter json;
  wire::write_comparison(json, comparison, basehead, call.repository(), call.urls);
  http::Response response = json_response(200, std::move(json));
  if (!page) return response;
  return with_link(std::move(response), call, *page, static_cast<int64_t>(comparison.ahead_count));
}

// clang-format off
const Route table[] = {
    {"GET", REPOSITORY "/branches", &operations::list_branches, "repo", Lane::history,
     "branches/branches#list-branches", list_branches},
    {"GET", REPOSITORY "/branches/{branch...}/protection", &operations::get_branch_protection,
     "repo", Lane::git, "branches/branch-protection#get-branch-protection", get_branch_protection},
    {"GET", REPOSITORY "/branches/{branch...}", &operations::get_branch, "repo", Lane::git,
     "branches/branches#get-a-branch", get_branch},
    {"GET", REPOSITORY "/tags", &operations::list_tags, "repo", Lane::history,
     "repos/repos#list-repository-tags", list_tags},
    {"GET", REPOSITORY "/contents", &operations::get_root_contents, "repo", Lane::git,
     "repos/contents#get-repository-content", get_root_contents},
    {"GET", REPOSITORY "/contents/{path...?}", &operations::get_contents, "repo", Lane::git,
     "repos/contents#get-repository-content", get_contents},
    {"GET", REPOSITORY "/compare/{basehead...}", &operations::compare_commits, "repo",
     Lane::history, "commits/commits#compare-two-commits", compare_commits},
    {"GET", REPOSITORY "/commits", &operations::list_commits, "repo", Lane::history,
     "commits/commits#list-commits", list_commits},
    {"GET", REPOSITORY "/commits/{ref...}/branches-where-head",
     &operations::list_branches_where_head, "repo", Lane::history,
     "commits/commits#list-branches-for-head-commit", list_branches_where_head},
    {"GET", REPOSITORY "/commits/{ref...}/pulls", &operations::list_pulls_of_commit, "repo",
     Lane::git, "commits/commits#list-pull-requests-associated-with-a-commit",
     list_pulls_of_commit},
    {"GET", REPOSITORY "/commits/{ref...}/comments", &operations::list_comments_of_commit, "repo",
     Lane::git, "commits/comments#list-commit-comments", list_comments_of_commit},
    // After all routes below a commit, because this one takes all remaining segments.
    {"GET", REPOSITORY "/commits/{ref...}", &operations::get_commit, "repo", Lane::history,
     "commits/commits#get-a-commit", get_commit},
};
// clang-format on

}  // namespace

std::span<const Route> code_routes() { return table; }

}  // namespace esclusa::api
