#include "api/route_tables.h"

#include "api/code.h"
#include "api/git_data.h"
#include "api/repositories.h"

/// Routes of repositories and their code.
namespace esclusa::api {
namespace {

using core::Role;

// clang-format off
const Route table[] = {
    {"GET", REPOSITORY, Audience::repository, {Role::read, code_scopes}, "repo",
     Waits::yes, "repos/repos#get-a-repository", get_repository},
    {"PATCH", REPOSITORY, Audience::repository, {Role::admin, code_scopes}, "",
     Waits::yes, "repos/repos#update-a-repository", update_repository},
    {"GET", REPOSITORY "/forks", Audience::repository, {Role::read, code_scopes}, "repo",
     Waits::no, "repos/forks#list-forks", list_nothing_of_repository},
    {"GET", REPOSITORY "/stargazers", Audience::repository, {Role::read, code_scopes}, "repo",
     Waits::no, "activity/starring#list-stargazers", list_nothing_of_repository},
    {"GET", REPOSITORY "/subscribers", Audience::repository, {Role::read, code_scopes}, "repo",
     Waits::no, "activity/watching#list-watchers", list_nothing_of_repository},
    {"GET", REPOSITORY "/languages", Audience::repository, {Role::read, code_scopes}, "repo",
     Waits::no, "repos/repos#list-repository-languages", list_languages},

    {"GET", REPOSITORY "/branches", Audience::repository, {Role::read, code_scopes}, "repo",
     Waits::yes, "branches/branches#list-branches", list_branches},
    {"GET", REPOSITORY "/branches/{branch...}/protection", Audience::repository,
     {Role::admin, code_scopes}, "repo", Waits::yes,
     "branches/branch-protection#get-branch-protection", get_branch_protection},
    {"GET", REPOSITORY "/branches/{branch...}", Audience::repository, {Role::read, code_scopes},
     "repo", Waits::yes, "branches/branches#get-a-branch", get_branch},
    {"GET", REPOSITORY "/tags", Audience::repository, {Role::read, code_scopes}, "repo",
     Waits::yes, "repos/repos#list-repository-tags", list_tags},
    {"GET", REPOSITORY "/git/ref/{ref...}", Audience::repository, {Role::read, code_scopes},
     "repo", Waits::yes, "git/refs#get-a-reference", get_git_ref},
    // An older API that many clients still call; as on GitHub, our answers link to it.
    {"GET", REPOSITORY "/git/refs", Audience::repository, {Role::read, code_scopes}, "repo",
     Waits::yes, "git/refs#list-matching-references", list_git_refs},
    {"GET", REPOSITORY "/git/refs/{ref...?}", Audience::repository, {Role::read, code_scopes},
     "repo", Waits::yes, "git/refs#get-a-reference", find_git_refs},
    {"GET", REPOSITORY "/git/matching-refs/{ref...?}", Audience::repository,
     {Role::read, code_scopes}, "repo", Waits::yes, "git/refs#list-matching-references",
     list_matching_git_refs},
    {"GET", REPOSITORY "/git/tags/{tag_sha}", Audience::repository, {Role::read, code_scopes},
     "repo", Waits::yes, "git/tags#get-a-tag", get_git_tag},
    {"GET", REPOSITORY "/git/commits/{commit_sha}", Audience::repository,
     {Role::read, code_scopes}, "repo", Waits::yes, "git/commits#get-a-commit-object",
     get_git_commit},
    {"GET", REPOSITORY "/git/trees/{tree_sha...}", Audience::repository,
     {Role::read, code_scopes}, "repo", Waits::yes, "git/trees#get-a-tree", get_git_tree},
    {"GET", REPOSITORY "/git/blobs/{file_sha}", Audience::repository, {Role::read, code_scopes},
     "repo", Waits::yes, "git/blobs#get-a-blob", get_git_blob},
    {"GET", REPOSITORY "/contents", Audience::repository, {Role::read, code_scopes}, "repo",
     Waits::yes, "repos/contents#get-repository-content", get_root_contents},
    {"GET", REPOSITORY "/contents/{path...?}", Audience::repository, {Role::read, code_scopes},
     "repo", Waits::yes, "repos/contents#get-repository-content", get_contents},
    {"GET", REPOSITORY "/compare/{basehead...}", Audience::repository, {Role::read, code_scopes},
     "repo", Waits::yes, "commits/commits#compare-two-commits", compare_commits},
    {"GET", REPOSITORY "/commits", Audience::repository, {Role::read, code_scopes}, "repo",
     Waits::yes, "commits/commits#list-commits", list_commits},
    {"GET", REPOSITORY "/commits/{ref...}/branches-where-head", Audience::repository,
     {Role::read, code_scopes}, "repo", Waits::yes,
     "commits/commits#list-branches-for-head-commit", list_branches_where_head},
    {"GET", REPOSITORY "/commits/{ref...}/pulls", Audience::repository, {Role::read, code_scopes},
     "repo", Waits::yes, "commits/commits#list-pull-requests-associated-with-a-commit",
     list_pulls_of_commit},
    {"GET", REPOSITORY "/commits/{ref...}/comments", Audience::repository,
     {Role::read, code_scopes}, "repo", Waits::yes, "commits/comments#list-commit-comments",
     list_comments_of_commit},
    // After all routes below a commit, because this one takes all remaining segments.
    {"GET", REPOSITORY "/commits/{ref...}", Audience::repository, {Role::read, code_scopes},
     "repo", Waits::yes, "commits/commits#get-a-commit", get_commit},
};
// clang-format on

}  // namespace

std::span<const Route> routes_of_code() { return table; }

}  // namespace esclusa::api
