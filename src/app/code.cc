#include "app/code.h"

#include <algorithm>

#include "app/commits.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/names.h"
#include "git/commits.h"
#include "git/difference.h"
#include "git/refs.h"
#include "store/accounts.h"
#include "store/branch_protections.h"

namespace esclusa::app {
namespace {

constexpr std::string_view branch_prefix = "refs/heads/";
constexpr std::string_view tag_prefix = "refs/tags/";

Result<git::Repository> open(const RepositoryAccess& access) {
  return git::Repository::open(access.repository);
}

/// Finds the accounts of the authors and committers of all these commits.
Result<void> find_accounts(const Context& context, std::span<core::Commit> commits) {
  std::vector<core::Signature*> people;
  for (core::Commit& commit : commits) {
    people.push_back(&commit.author);
    people.push_back(&commit.committer);
  }
  return app::find_accounts(context, people);
}

Result<std::vector<core::BranchProtection>> list_protections(const Context& context,
                                                             const RepositoryAccess& access) {
  return context.database.read(
      [&](Reader& db) { return store::list_branch_protections(db, access.repository.id); });
}

/// One page of the names below a prefix that point to commits.
Result<core::Listing<core::Branch>> list_commit_names(const git::Repository& git,
                                                      std::string_view prefix,
                                                      std::vector<std::string> names,
                                                      const core::Page& page) {
  core::Listing<core::Branch> listing;
  listing.total_count = static_cast<int64_t>(names.size());
  for (const std::string& name : page.cut(names)) {
    // A name may have been deleted since it was listed, and a tag may point to another kind of
    // object. A name whose commit is missing is left out and does not hide the others.
    const auto found = git.resolve(name);
    if (found && *found) listing.items.push_back({name.substr(prefix.size()), (*found)->sha});
  }
  return listing;
}

/// Resolves one side of a comparison; GitHub also accepts `owner:ref` and `owner:repository:ref`.
Result<std::optional<core::ResolvedRef>> resolve_side(const git::Repository& git,
                                                      const core::Repository& repository,
                                                      std::string_view side) {
  const auto parts = split(side, ':');
  const bool is_here =
      parts.size() <= 3 &&
      (parts.size() < 2 || equal_ignoring_case(parts[0], repository.owner.login)) &&
      (parts.size() < 3 || equal_ignoring_case(parts[1], repository.name));
  if (!is_here) return std::nullopt;
  return resolve_in_path(git, repository, std::string(parts.back()));
}

}  // namespace

Result<core::Listing<core::Branch>> list_branches(const Context& context,
                                                  const RepositoryAccess& access,
                                                  std::optional<bool> is_protected,
                                                  const core::Page& page) {
  const auto git = TRY(open(access));
  auto names = TRY(git::list_ref_names(git, branch_prefix));
  const core::ProtectedBranches protections(TRY(list_protections(context, access)));
  if (is_protected) {
    std::erase_if(names, [&](const std::string& name) {
      return protections.contains(name.substr(branch_prefix.size())) != *is_protected;
    });
  }
  auto listing = TRY(list_commit_names(git, branch_prefix, std::move(names), page));
  for (core::Branch& branch : listing.items) {
    branch.is_protected = protections.contains(branch.name);
  }
  return listing;
}

Result<BranchDetails> get_branch(const Context& context, const RepositoryAccess& access,
                                 const std::string& name) {
  const auto git = TRY(open(access));
  const auto found = TRY(git.resolve(std::string(branch_prefix) + name));
  if (!found) return fail(ErrorCode::not_found, "Branch not found", "branch_not_found");
  BranchDetails details{TRY(git::read_commit(git, found->sha))};
  TRY(find_accounts(context, {&details.commit, 1}));
  details.is_protected =
      core::ProtectedBranches(TRY(list_protections(context, access))).contains(name);
  return details;
}

Result<core::Listing<core::Branch>> list_tags(const RepositoryAccess& access,
                                              const core::Page& page) {
  const auto git = TRY(open(access));
  auto names = TRY(git::list_ref_names(git, tag_prefix));
  std::ranges::reverse(names);
  return list_commit_names(git, tag_prefix, std::move(names), page);
}

Result<core::History> list_commits(const Context& context, const RepositoryAccess& access,
                                   const HistoryQuery& query, const core::Page& page) {
  const auto git = TRY(open(access));
  const auto found =
      TRY(resolve_in_path(git, access.repository, query.ref.empty() ? "HEAD" : query.ref));
  if (!found && (query.ref.empty() || TRY(is_empty(git)))) return repository_empty();
  if (!found) return not_found();
  auto history = TRY(git::list_history(git, found->sha, {query.since, query.until}, page));
  TRY(find_accounts(context, history.items));
  return history;
}

namespace {

Result<std::string> find_sha(const git::Repository& git, const RepositoryAccess& access,
                             const std::string& ref) {
  if (const auto found = TRY(resolve_in_path(git, access.repository, ref))) return found->sha;
  if (TRY(is_empty(git))) return repository_empty();
  return fail(ErrorCode::invalid, "No commit found for SHA: " + ref, "commit_not_found");
}

}  // namespace

Result<std::string> get_commit_sha(const RepositoryAccess& access, const std::string& ref) {
  return find_sha(TRY(open(access)), access, ref);
}

Result<CommitDetails> get_commit(const Context& context, const RepositoryAccess& access,
                                 const std::string& ref, const core::Page& file_page) {
  const auto git = TRY(open(access));
  const std::string sha = TRY(find_sha(git, access, ref));
  CommitDetails details{TRY(git::read_commit(git, sha)), {}};
  const auto& parents = details.commit.parent_shas;
  details.difference = TRY(git::difference(git, parents.empty() ? "" : parents.front(), sha,
                                           {limits::diff_files, file_page}));
  TRY(find_accounts(context, {&details.commit, 1}));
  return details;
}

Result<std::vector<core::Branch>> list_branches_where_head(const Context& context,
                                                           const RepositoryAccess& access,
                                                           const std::string& ref) {
  const auto git = TRY(open(access));
  const std::string sha = TRY(find_sha(git, access, ref));
  auto branches = TRY(git::list_branches(git));
  std::erase_if(branches, [&](const core::Branch& branch) { return branch.sha != sha; });
  std::ranges::sort(branches, {}, &core::Branch::name);
  if (branches.size() > branches_where_head) branches.resize(branches_where_head);
  const core::ProtectedBranches protections(TRY(list_protections(context, access)));
  for (core::Branch& branch : branches) {
    branch.is_protected = protections.contains(branch.name);
  }
  return branches;
}

Result<core::Comparison> compare(const Context& context, const RepositoryAccess& access,
                                 const std::string& basehead,
                                 const std::optional<core::Page>& page) {
  const size_t dots = basehead.find("...");  // a ref never contains two dots in a row
  if (dots == basehead.npos) return not_found();
  const std::string base_text = basehead.substr(0, dots), head_text = basehead.substr(dots + 3);
  const auto git = TRY(open(access));
  const auto base = TRY(resolve_side(git, access.repository, base_text));
  const auto head = TRY(resolve_side(git, access.repository, head_text));
  if (!base || !head) return not_found();
  const auto divergence = TRY(git::diverge(git, base->sha, head->sha));
  if (!divergence) {
    return fail(ErrorCode::not_found,
                "No common ancestor between " + base_text + " and " + head_text + ".",
                "no_common_ancestor");
  }
  core::Comparison comparison;
  comparison.base = TRY(git::read_commit(git, base->sha));
  comparison.merge_base = TRY(git::read_commit(git, divergence->merge_base_sha));
  comparison.head_sha = head->sha;
  comparison.ahead_count = divergence->distance.ahead_count;
  comparison.behind_count = divergence->distance.behind_count;
  std::span<const std::string> shas = divergence->ahead_shas;
  shas = page ? page->cut(divergence->ahead_shas)
              : shas.last(std::min(shas.size(), limits::compared_commits));
  for (const std::string& sha : shas) {
    comparison.commits.push_back(TRY(git::read_commit(git, sha)));
  }
  if (!page || page->number == 1) {
    comparison.difference = TRY(
        git::difference(git, divergence->merge_base_sha, head->sha,
                        {limits::diff_page_files, {.number = 1, .size = limits::diff_page_files}}));
  }
  TRY(find_accounts(context, comparison.commits));
  TRY(find_accounts(context, {&comparison.base, 1}));
  TRY(find_accounts(context, {&comparison.merge_base, 1}));
  return comparison;
}

}  // namespace esclusa::app
