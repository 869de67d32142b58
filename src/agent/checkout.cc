#include "agent/checkout.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "agent/files.h"
#include "agent/lfs.h"
#include "agent/ssh.h"
#include "agent/submodules.h"
#include "base/check.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/process.h"
#include "base/text.h"
#include "core/ref.h"

namespace esclusa::agent {
namespace {
namespace fs = std::filesystem;

constexpr auto git_time = std::chrono::minutes(10);  // a large repository
constexpr size_t output_bytes = 64 * 1024;
constexpr std::string_view removed_suffix = ".removed";
constexpr int submodule_depth = 10;  // also ends a submodule that contains itself

/// Quotes a value for a git configuration file.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

/// The ref that the agent gives a commit. It is written only when all that the commit needs was
/// fetched, and it tells later fetches which objects are already here.
std::string ref_of(const std::string& sha) { return "refs/deployments/" + sha; }

void replace_all(std::string& text, const std::string& what, std::string_view by) {
  if (what.empty()) return;
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
}

/// The value of GIT_SSH_COMMAND, which a shell parses.
std::string ssh_command(const SshAccess& access) {
  std::string command = "ssh";
  for (const std::string& option : ssh_options(access)) command += " " + shell_quoted(option);
  return command;
}

}  // namespace

std::string credentials_in(std::string_view url) {
  const size_t begin = url.find("://");
  if (begin == std::string_view::npos) return {};
  std::string_view authority = url.substr(begin + 3);
  authority = authority.substr(0, authority.find('/'));
  const size_t at = authority.rfind('@');
  if (at == std::string_view::npos) return {};
  const std::string_view credentials = authority.substr(0, at);
  // In an SSH URL the part before `@` is only a user name, such as "git", and git's messages
  // contain that word often.
  if (uses_ssh(url) && !credentials.contains(':')) return {};
  return std::string(credentials);
}

Checkout::Checkout(fs::path home, const std::atomic<bool>& cancel)
    : home_(std::move(home)), cancel_(cancel) {}

Result<void> Checkout::prepare(const std::vector<Rule>& rules) {
  Lock lock(mutex_);
  for (const Rule& rule : rules) {
    if (rule.git.starts_with('/')) named_paths_.insert(rule.git);
  }
  return write_settings();
}

Result<void> Checkout::name_path(const std::string& git) {
  Lock lock(mutex_);
  for (const std::string& path : {git, git + ".git"}) {  // git looks there, too
    std::error_code error;
    if (!path.starts_with('/') || !fs::is_directory(path, error)) continue;
    if (!named_paths_.insert(path).second) continue;
    auto written = write_settings();
    if (written) continue;
    named_paths_.erase(path);
    return written;
  }
  return {};
}

Result<void> Checkout::write_settings() const {
  std::string text =
      "[include]\n\tpath = " + quoted((home_ / ".gitconfig").string()) + "\n[safe]\n";
  // On the command line it would not reach the git process that serves the local repository.
  for (const std::string& path : named_paths_) {
    text += "\tdirectory = " + quoted(path) + "\n";
    text += "\tdirectory = " + quoted(path + "/.git") + "\n";
  }
  return write_durably(home_ / "git/.config", text);
}

Result<Checkout::Output> Checkout::run_git(GitCall call) const {
  const Rule* rule = call.rule;
  ProcessSpec spec;
  spec.arguments = {
      "git", "--no-pager", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false",
      "-c",  "gc.auto=0",  "-c", "maintenance.auto=false",   "-c", "advice.detachedHead=false"};
  std::ranges::move(call.arguments, std::back_inserter(spec.arguments));
  spec.input = std::move(call.input);
  const char* path = std::getenv("PATH");
  spec.environment = {std::string("PATH=") + (path ? path : "/usr/local/bin:/usr/bin:/bin"),
                      "HOME=" + home_.string(),
                      "LC_ALL=C",
                      "GIT_CONFIG_NOSYSTEM=1",
                      "GIT_CONFIG_GLOBAL=" + (home_ / "git/.config").string(),
                      "GIT_TERMINAL_PROMPT=0",
                      "GIT_NO_REPLACE_OBJECTS=1",
                      "GIT_ALLOW_PROTOCOL=file:git:http:https:ssh",
                      "GIT_SSH_VARIANT=ssh",
                      "GIT_SSH_COMMAND=" + (rule != nullptr && rule->git_access
                                                ? ssh_command(*rule->git_access)
                                                : "false")};  // the entry configures no SSH
  spec.time_limit = git_time;
  spec.cancel = &cancel_;
  Output result;
  spec.on_error_output = [&](std::string_view text) {
    result.text += text.substr(0, output_bytes - std::min(output_bytes, result.text.size()));
  };
  spec.on_output = [&](std::string_view text) {
    if (call.keep_answer) result.answer += text;
    if (!call.keep_answer) spec.on_error_output(text);
  };
  const ProcessOutcome outcome = TRY(run_process(spec));
  if (outcome.cancelled) return fail(ErrorCode::unavailable, "git was ended");
  if (outcome.timed_out) return fail(ErrorCode::unavailable, "git took more than 10m");
  result.succeeded = outcome.succeeded();
  if (rule != nullptr) replace_all(result.text, credentials_in(rule->git), "***");
  return result;
}

bool Checkout::has_commit(const fs::path& mirror, const std::string& sha) const {
  auto found =
      run_git({{"--git-dir=" + mirror.string(), "rev-parse", "--verify", "--quiet", ref_of(sha)}});
  return found && found->succeeded;
}

Result<void> Checkout::fetch(const Rule& rule, const std::string& sha, const fs::path& mirror,
                             RunLog& log) const {
  const std::string git_dir = "--git-dir=" + mirror.string();
  auto fetch_refs = [&](std::vector<std::string> refs) {
    std::vector<std::string> arguments = {git_dir,
                                          "fetch",
                                          "--quiet",
                                          "--no-tags",
                                          "--force",
                                          "--no-write-fetch-head",
                                          "--end-of-options",
                                          rule.git};
    std::ranges::move(refs, std::back_inserter(arguments));
    return run_git({std::move(arguments), &rule});
  };
  const Output exact = TRY(fetch_refs({sha + ":" + ref_of(sha)}));
  if (exact.succeeded) return {};
  // Old servers serve only branches and tags.
  const Output all =
      TRY(fetch_refs({"+refs/heads/*:refs/fetched/heads/*", "+refs/tags/*:refs/fetched/tags/*"}));
  if (!all.succeeded) {
    log.append(all.text);
    if (rule.git_access) {
      const std::string advice =
          ssh_advice(all.text, *rule.git_access,
                     "Its public half must be a deploy key of " + rule.repository +
                         " that has not expired: `esclusa key list`, `esclusa key add`.");
      if (!advice.empty()) log.say(advice);
    }
    return fail(ErrorCode::unavailable, "The repository could not be fetched");
  }
  const Output kept = TRY(run_git({{git_dir, "update-ref", ref_of(sha), sha}}));
  if (kept.succeeded) return {};
  log.append(exact.text);
  return fail(ErrorCode::unavailable, "The commit is not in the repository that the agent fetches");
}

Result<void> Checkout::fetch_into_mirror(const Source& source, RunLog& log) {
  const fs::path& mirror = source.mirror;
  auto mutex = mutex_of(mirror);
  Lock lock(*mutex);
  std::error_code error;
  if (!fs::exists(mirror / "HEAD", error)) {
    TRY(make_folders(mirror));
    auto made = TRY(run_git({{"init", "--quiet", "--bare", "--template=", mirror.string()}}));
    if (!made.succeeded) {
      log.append(made.text);
      return fail(ErrorCode::unavailable, "git could not make a copy of the repository");
    }
  }
  // That it is used is seen by its time: a copy that nobody uses is removed (agent/prune.h).
  fs::last_write_time(mirror, fs::file_time_type::clock::now(), error);
  if (!has_commit(mirror, source.sha)) TRY(fetch(source.rule, source.sha, mirror, log));
  // Also for a commit that was fetched before, because tags may be created or moved later.
  const Output tags = TRY(run_git(
      {{"--git-dir=" + mirror.string(), "fetch", "--quiet", "--no-tags", "--force", "--prune",
        "--no-write-fetch-head", "--end-of-options", source.rule.git, "+refs/tags/*:refs/tags/*"},
       &source.rule}));
  if (!tags.succeeded) {
    log.append(tags.text);
    log.say("The tags could not be fetched; those of an earlier run are used.");
  }
  return {};
}

bool Checkout::is_rest(const fs::path& folder) {
  const std::string name = folder.filename().string();
  return name.starts_with('.') && name.ends_with(removed_suffix);
}

Result<bool> Checkout::remove_copy(const fs::path& mirror, const std::function<bool()>& may_go) {
  auto mutex = mutex_of(mirror);
  const fs::path aside =
      mirror.parent_path() / ("." + mirror.filename().string() + std::string(removed_suffix));
  Lock lock(*mutex);
  if (!may_go()) return false;
  // First another name, so that a crash leaves no copy with some of its files.
  std::error_code error;
  fs::remove_all(aside, error);
  if (!error) fs::rename(mirror, aside, error);
  if (!error) fs::remove_all(aside, error);
  if (error) {
    return fail(ErrorCode::unavailable,
                "cannot remove " + mirror.string() + ": " + error.message());
  }
  return true;
}

Result<void> Checkout::check_out(const Rule& rule, const std::string& sha, const fs::path& mirror,
                                 const fs::path& target, RunLog& log) {
  return check_out(Source{rule, rule, sha, mirror, target}, log);
}

Result<void> Checkout::check_out(const Source& source, RunLog& log) {
  ENSURE(core::is_full_sha(source.sha));
  TRY(fetch_into_mirror(source, log));
  const std::string folder = source.folder.string();
  for (std::vector<std::string> arguments : std::initializer_list<std::vector<std::string>>{
           {"clone", "--quiet", "--shared", "--no-checkout", "--template=", "--end-of-options",
            source.mirror.string(), folder},
           {"-C", folder, "checkout", "--quiet", "--detach", source.sha}}) {
    const Output done = TRY(run_git({std::move(arguments)}));
    if (done.succeeded) continue;
    log.append(done.text);
    return fail(ErrorCode::unavailable, "The commit could not be checked out");
  }
  const Output head = TRY(run_git({{"-C", folder, "rev-parse", "--verify", "HEAD"}}));
  if (!head.succeeded || trim(head.text) != source.sha) {
    return fail(ErrorCode::unavailable, "The checkout is not of the commit that was asked for");
  }
  TRY(add_lfs_files(source, log));
  return add_submodules(source, log);
}

fs::path Checkout::submodule_mirror(const Rule& entry, const std::string& git) const {
  const std::string key = entry.git_access ? entry.git_access->key.string() : "";
  const std::string name = join(std::vector{entry.repository, key, git}, "\n");
  return home_ / "git/.submodules" / (hex(sha256(name)) + ".git");
}

Result<void> Checkout::add_submodules(const Source& source, RunLog& log) {
  const std::string folder = source.folder.string();
  const Output listing =
      TRY(run_git({.arguments = {"-C", folder, "ls-files", "--stage", "-z"}, .keep_answer = true}));
  if (!listing.succeeded) {
    log.append(listing.text);
    return fail(ErrorCode::unavailable, "The checkout cannot be listed");
  }
  const std::vector<Gitlink> links = read_gitlinks(listing.answer);
  if (links.empty()) return {};
  if (!source.entry.submodules) {
    log.say("The commit has submodules, the first at " + links.front().path +
            ". The [[deploy]] entry has no `submodules = true`, so they are not fetched.");
    return fail(ErrorCode::invalid, "The commit has submodules, which the entry does not fetch");
  }
  if (source.depth == submodule_depth) {
    return fail(ErrorCode::invalid, "Submodules are nested too deeply");
  }
  // Read it from the commit, because in the checkout it may be a symbolic link.
  const Output settings =
      TRY(run_git({.arguments = {"-C", folder, "config", "--blob", "HEAD:.gitmodules", "-z",
                                 "--get-regexp", R"(^submodule\..*\.(path|url)$)"},
                   .keep_answer = true}));
  for (const Gitlink& link : links) {
    const auto found =
        find_source(source.entry, source.rule.git, find_url(settings.answer, link.path));
    if (!found) {
      log.say(found.error().message);
      return fail(ErrorCode::invalid, "A submodule is not fetched; the log says which and why");
    }
    Rule rule = source.entry;
    rule.git = found->git;
    if (!found->is_at_entry) rule.git_access.reset();
    log.say("Submodule " + link.path);
    TRY(name_path(rule.git));
    TRY(check_out(Source{rule, source.entry, link.sha, submodule_mirror(source.entry, rule.git),
                         source.folder / link.path, source.depth + 1},
                  log));
  }
  return {};
}

Result<std::vector<std::string>> Checkout::list_pointers(const fs::path& folder,
                                                         RunLog& log) const {
  const std::vector<std::string> pointers = TRY(find_pointers(folder));
  if (pointers.empty()) return pointers;
  const Output attributes =
      TRY(run_git({.arguments = {"-C", folder.string(), "check-attr", "-z", "--stdin", "filter"},
                   .input = join(pointers, std::string_view("\0", 1)),
                   .keep_answer = true}));
  if (attributes.succeeded) return with_lfs_filter(attributes.answer);
  log.append(attributes.text);
  return fail(ErrorCode::unavailable, "The files in Git LFS cannot be told from others");
}

Result<void> Checkout::add_lfs_files(const Source& source, RunLog& log) const {
  auto pointers = TRY(list_pointers(source.folder, log));
  if (pointers.empty()) return {};
  if (!source.entry.lfs) {
    log.say("The commit has files in Git LFS, the first is " + pointers.front() +
            ". The [[deploy]] entry has no `lfs = true`, so they are not fetched.");
    return fail(ErrorCode::invalid,
                "The commit has files in Git LFS, which the entry does not fetch");
  }
  // Sets no lfs.storage that later runs could share: for a local path, git-lfs would take it for
  // the storage of the remote.
  const Output done =
      TRY(run_git({{"-C", source.folder.string(), "-c", "lfs.url=" + lfs_url(source.rule.git), "-c",
                    "filter.lfs.required=true", "-c", "filter.lfs.clean=git-lfs clean -- %f", "-c",
                    "filter.lfs.smudge=git-lfs smudge -- %f", "-c",
                    "filter.lfs.process=git-lfs filter-process", "lfs", "pull"},
                   &source.rule}));
  if (done.succeeded) pointers = TRY(list_pointers(source.folder, log));
  if (done.succeeded && pointers.empty()) return {};
  log.append(done.text);
  if (done.text.contains("is not a git command")) {
    log.say("`lfs = true` needs the program git-lfs here.");
  }
  return fail(ErrorCode::unavailable, "The files in Git LFS could not be fetched");
}

std::shared_ptr<Mutex> Checkout::mutex_of(const fs::path& mirror) {
  Lock lock(mutex_);
  auto& mutex = mirrors_[mirror];
  if (!mutex) mutex = std::make_shared<Mutex>();
  return mutex;
}

}  // namespace esclusa::agent
