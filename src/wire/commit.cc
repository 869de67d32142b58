#include "wire/commit.h"

#include "base/text.h"
#include "wire/account.h"
#include "wire/node_id.h"

namespace esclusa::wire {
namespace {

std::string html_of(const core::Repository& repository, const Urls& urls) {
  return urls.web + "/" + Urls::path_of(repository);
}

std::string commit_url(const core::Repository& repository, const Urls& urls,
                       const std::string& sha) {
  return urls.repository(repository) + "/commits/" + sha;
}

std::string protection_url(const core::Repository& repository, const Urls& urls,
                           const std::string& branch) {
  return urls.repository(repository) + "/branches/" + percent_encode(branch, "/") + "/protection";
}

void write_person(JsonWriter& json, const char* name, const core::Signature& person) {
  json.key(name)
      .begin_object()
      .member("name", person.name)
      .member("email", person.email)
      .member("date", person.at)
      .end_object();
}

/// Writes the signature as not verified, because the server has no public keys. `signed_object` is
/// a commit or a tag.
void write_verification(JsonWriter& json, const auto& signed_object) {
  json.key("verification").begin_object().member("verified", false);
  if (signed_object.signature.empty()) {
    json.member("reason", "unsigned").member("signature", nullptr).member("payload", nullptr);
  } else {
    json.member("reason", "gpgverify_unavailable")
        .member("signature", signed_object.signature)
        .member("payload", signed_object.signed_text);
  }
  json.member("verified_at", nullptr).end_object();
}

void write_tree_of(JsonWriter& json, const core::Commit& commit,
                   const std::string& repository_url) {
  json.key("tree")
      .begin_object()
      .member("sha", commit.tree_sha)
      .member("url", repository_url + "/git/trees/" + commit.tree_sha)
      .end_object();
}

/// The members of a commit that git itself stores.
void write_inner(JsonWriter& json, const core::Commit& commit, const std::string& repository_url) {
  json.begin_object();
  write_person(json, "author", commit.author);
  write_person(json, "committer", commit.committer);
  json.member("message", commit.message);
  write_tree_of(json, commit, repository_url);
  json.member("url", repository_url + "/git/commits/" + commit.sha).member("comment_count", 0);
  write_verification(json, commit);
  json.end_object();
}

/// The object that a ref or a tag points to.
void write_object(JsonWriter& json, const std::string& type, const std::string& sha,
                  const std::string& repository_url) {
  json.key("object")
      .begin_object()
      .member("sha", sha)
      .member("type", type)
      .member("url", repository_url + "/git/" + type + "s/" + sha)
      .end_object();
}

void write_account_of(JsonWriter& json, const char* name, const core::Signature& person,
                      const Urls& urls) {
  json.key(name);
  if (person.account) {
    write_account(json, *person.account, urls);
  } else {
    json.value(nullptr);
  }
}

int64_t number(size_t count) { return static_cast<int64_t>(count); }

/// An array of GitHub's `diff-entry`.
void write_files(JsonWriter& json, const core::Difference& difference, const std::string& head_sha,
                 const core::Repository& repository, const Urls& urls) {
  const std::string html_url = html_of(repository, urls);
  json.key("files").begin_array();
  for (const core::FileChange& file : difference.items) {
    // The links of a removed file lead to the base commit.
    const bool removed = file.status == core::FileStatus::removed;
    const std::string& at = removed ? difference.base_sha : head_sha;
    const std::string path = percent_encode(file.path, "/");
    json.begin_object()
        .member("sha", file.sha)
        .member("filename", file.path)
        .member("status", core::to_name(file.status))
        .member("additions", number(file.addition_count))
        .member("deletions", number(file.deletion_count))
        .member("changes", number(file.addition_count + file.deletion_count))
        .member("blob_url", html_url + "/blob/" + at + "/" + path)
        .member("raw_url", html_url + "/raw/" + at + "/" + path)
        .member("contents_url", urls.repository(repository) + "/contents/" + path + "?ref=" + at);
    if (file.patch) json.member("patch", *file.patch);
    if (!file.previous_path.empty()) json.member("previous_filename", file.previous_path);
    json.end_object();
  }
  json.end_array();
}

void write_short_commit(JsonWriter& json, const std::string& sha,
                        const core::Repository& repository, const Urls& urls) {
  json.key("commit")
      .begin_object()
      .member("sha", sha)
      .member("url", commit_url(repository, urls, sha))
      .end_object();
}

std::string_view status_of(const core::Comparison& comparison) {
  if (comparison.ahead_count > 0) return comparison.behind_count > 0 ? "diverged" : "ahead";
  return comparison.behind_count > 0 ? "behind" : "identical";
}

/// The caller closes the object.
void begin_commit(JsonWriter& json, const core::Commit& commit, const core::Repository& repository,
                  const Urls& urls) {
  const std::string url = commit_url(repository, urls, commit.sha);
  const std::string html_url = html_of(repository, urls) + "/commit/";
  json.begin_object()
      .member("sha", commit.sha)
      .member("node_id", node_id("C", {repository.id.value}, commit.sha))
      .key("commit");
  write_inner(json, commit, urls.repository(repository));
  json.member("url", url)
      .member("html_url", html_url + commit.sha)
      .member("comments_url", url + "/comments");
  write_account_of(json, "author", commit.author, urls);
  write_account_of(json, "committer", commit.committer, urls);
  json.key("parents").begin_array();
  for (const std::string& sha : commit.parent_shas) {
    json.begin_object()
        .member("sha", sha)
        .member("url", commit_url(repository, urls, sha))
        .member("html_url", html_url + sha)
        .end_object();
  }
  json.end_array();
}

}  // namespace

void write_commit(JsonWriter& json, const core::Commit& commit, const core::Repository& repository,
                  const Urls& urls, const core::Difference* difference) {
  begin_commit(json, commit, repository, urls);
  if (difference) {
    json.key("stats")
        .begin_object()
        .member("total", number(difference->addition_count + difference->deletion_count))
        .member("additions", number(difference->addition_count))
        .member("deletions", number(difference->deletion_count))
        .end_object();
    write_files(json, *difference, commit.sha, repository, urls);
  }
  json.end_object();
}

void write_event_commit(JsonWriter& json, const core::Commit& commit,
                        const core::Repository& repository, const Urls& urls) {
  begin_commit(json, commit, repository, urls);
  json.end_object();
}

void write_branch(JsonWriter& json, const core::Branch& branch, const core::Repository& repository,
                  const Urls& urls) {
  json.begin_object().member("name", branch.name);
  write_short_commit(json, branch.sha, repository, urls);
  json.member("protected", branch.is_protected).end_object();
}

void write_full_branch(JsonWriter& json, const core::Branch& branch, const core::Commit& commit,
                       const core::Repository& repository, const Urls& urls) {
  const std::string path = percent_encode(branch.name, "/");
  const std::string url = urls.repository(repository) + "/branches/" + path;
  json.begin_object().member("name", branch.name).key("commit");
  write_commit(json, commit, repository, urls);
  json.key("_links")
      .begin_object()
      .member("self", url)
      .member("html", html_of(repository, urls) + "/tree/" + path)
      .end_object();
  json.member("protected", branch.is_protected)
      .key("protection")
      .begin_object()
      .member("enabled", branch.is_protected);
  json.key("required_status_checks").begin_object().member("enforcement_level", "off");
  json.key("contexts").begin_array().end_array();
  json.key("checks").begin_array().end_array();
  json.end_object().end_object();
  json.member("protection_url", protection_url(repository, urls, branch.name)).end_object();
}

void write_branch_protection(JsonWriter& json, const std::string& branch,
                             const core::Repository& repository, const Urls& urls) {
  json.begin_object()
      .member("url", protection_url(repository, urls, branch))
      .member("enabled", true)
      .end_object();
}

void write_tag(JsonWriter& json, const core::Branch& tag, const core::Repository& repository,
               const Urls& urls) {
  const std::string url = urls.repository(repository);
  const std::string full_name = "refs/tags/" + tag.name;
  const std::string path = percent_encode(full_name, "/");
  json.begin_object()
      .member("name", tag.name)
      .member("zipball_url", url + "/zipball/" + path)
      .member("tarball_url", url + "/tarball/" + path);
  write_short_commit(json, tag.sha, repository, urls);
  json.member("node_id", node_id("REF", {repository.id.value}, full_name)).end_object();
}

void write_git_ref(JsonWriter& json, const core::GitRef& ref, const core::Repository& repository,
                   const Urls& urls) {
  const std::string url = urls.repository(repository);
  json.begin_object()
      .member("ref", ref.full_name)
      .member("node_id", node_id("REF", {repository.id.value}, ref.full_name))
      .member("url", url + "/git/" + percent_encode(ref.full_name, "/"));
  write_object(json, ref.type, ref.sha, url);
  json.end_object();
}

void write_git_tag(JsonWriter& json, const core::Tag& tag, const core::Repository& repository,
                   const Urls& urls) {
  const std::string url = urls.repository(repository);
  json.begin_object()
      .member("node_id", node_id("TA", {repository.id.value}, tag.sha))
      .member("sha", tag.sha)
      .member("url", url + "/git/tags/" + tag.sha);
  write_person(json, "tagger", tag.tagger);
  write_object(json, tag.object_type, tag.object_sha, url);
  json.member("tag", tag.name).member("message", tag.message);
  write_verification(json, tag);
  json.end_object();
}

void write_git_commit(JsonWriter& json, const core::Commit& commit,
                      const core::Repository& repository, const Urls& urls) {
  const std::string url = urls.repository(repository);
  const std::string commits_url = url + "/git/commits/";
  const std::string html_url = html_of(repository, urls) + "/commit/";
  json.begin_object()
      .member("sha", commit.sha)
      .member("node_id", node_id("C", {repository.id.value}, commit.sha))
      .member("url", commits_url + commit.sha)
      .member("html_url", html_url + commit.sha);
  write_person(json, "author", commit.author);
  write_person(json, "committer", commit.committer);
  write_tree_of(json, commit, url);
  json.member("message", commit.message).key("parents").begin_array();
  for (const std::string& sha : commit.parent_shas) {
    json.begin_object()
        .member("sha", sha)
        .member("url", commits_url + sha)
        .member("html_url", html_url + sha)
        .end_object();
  }
  json.end_array();
  write_verification(json, commit);
  json.end_object();
}

void write_comparison(JsonWriter& json, const core::Comparison& comparison,
                      const std::string& basehead, const core::Repository& repository,
                      const Urls& urls) {
  const std::string path = "/compare/" + percent_encode(basehead, "/:");
  const std::string html_url = html_of(repository, urls) + path;
  const std::string& base_sha = comparison.base.sha;
  const std::string& head_sha = comparison.head_sha;
  const std::string owner = percent_encode(repository.owner.login) + ":";
  json.begin_object()
      .member("url", urls.repository(repository) + path)
      .member("html_url", html_url)
      .member("permalink_url",
              html_of(repository, urls) + "/compare/" + owner + base_sha + "..." + owner + head_sha)
      .member("diff_url", html_url + ".diff")
      .member("patch_url", html_url + ".patch")
      .key("base_commit");
  write_commit(json, comparison.base, repository, urls);
  json.key("merge_base_commit");
  write_commit(json, comparison.merge_base, repository, urls);
  json.member("status", status_of(comparison))
      .member("ahead_by", number(comparison.ahead_count))
      .member("behind_by", number(comparison.behind_count))
      .member("total_commits", number(comparison.ahead_count));
  json.key("commits").begin_array();
  for (const core::Commit& commit : comparison.commits) {
    write_commit(json, commit, repository, urls);
  }
  json.end_array();
  if (comparison.difference) {
    write_files(json, *comparison.difference, head_sha, repository, urls);
  }
  json.end_object();
}

}  // namespace esclusa::wire
