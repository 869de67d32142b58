#include "agent/checkout.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "agent/files.h"
#include "agent/ssh.h"
#include "base/check.h"
#include "base/log.h"
#include "base/process.h"
#include "base/text.h"
#include "core/ref.h"

namespace esclusa::agent {
namespace {
namespace fs = std::filesystem;

constexpr auto git_time = std::chrono::minutes(10);  // a large repository's first fetch
constexpr size_t output_bytes = 64 * 1024;

/// A value of a git configuration file.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

/// Our ref of a commit. It exists only once all that the commit needs is there, and tells later
/// fetches what need not be sent again.
std::string ref_of(const std::string& sha) { return "refs/deployments/" + sha; }

void replace_all(std::string& text, const std::string& what, std::string_view by) {
  if (what.empty()) return;
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
}

/// For GIT_SSH_COMMAND, which a shell reads.
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
  // For ssh they are a user's name, such as "git", which is in much of what git says.
  if (uses_ssh(url) && !credentials.contains(':')) return {};
  return std::string(credentials);
}

Checkout::Checkout(fs::path home, const std::atomic<bool>& cancel)
    : home_(std::move(home)), cancel_(cancel) {}

Result<void> Checkout::prepare(const std::vector<Rule>& rules) {
  std::string text =
      "[include]\n\tpath = " + quoted((home_ / ".gitconfig").string()) + "\n[safe]\n";
  // git refuses to read from folders of other users unless they are named. On the command line
  // this would not reach the git that reads there.
  for (const Rule& rule : rules) {
    if (!rule.git.starts_with('/')) continue;
    text += "\tdirectory = " + quoted(rule.git) + "\n";
    text += "\tdirectory = " + quoted(rule.git + "/.git") + "\n";
  }
  return write_durably(home_ / "git/config", text);
}

Result<Checkout::Output> Checkout::run_git(std::vector<std::string> arguments,
                                           const Rule* rule) const {
  ProcessSpec spec;
  spec.arguments = {
      "git", "--no-pager", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false",
      "-c",  "gc.auto=0",  "-c", "maintenance.auto=false",   "-c", "advice.detachedHead=false"};
  std::ranges::move(arguments, std::back_inserter(spec.arguments));
  const char* path = std::getenv("PATH");
  spec.environment = {std::string("PATH=") + (path ? path : "/usr/local/bin:/usr/bin:/bin"),
                      "HOME=" + home_.string(),
                      "LC_ALL=C",
                      "GIT_CONFIG_NOSYSTEM=1",
                      "GIT_CONFIG_GLOBAL=" + (home_ / "git/config").string(),
                      "GIT_TERMINAL_PROMPT=0",
                      "GIT_NO_REPLACE_OBJECTS=1",
                      "GIT_ALLOW_PROTOCOL=file:git:http:https:ssh",
                      "GIT_SSH_VARIANT=ssh",
                      "GIT_SSH_COMMAND=" + (rule != nullptr && rule->git_access
                                                ? ssh_command(*rule->git_access)
                                                : "false")};  // no other way is known
  spec.time_limit = git_time;
  spec.cancel = &cancel_;
  Output result;
  spec.on_output = [&](std::string_view text) {
    result.text += text.substr(0, output_bytes - std::min(output_bytes, result.text.size()));
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
      run_git({"--git-dir=" + mirror.string(), "rev-parse", "--verify", "--quiet", ref_of(sha)});
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
    return run_git(std::move(arguments), &rule);
  };
  const Output exact = TRY(fetch_refs({sha + ":" + ref_of(sha)}));
  if (exact.succeeded) return {};
  // Old servers give branches and tags only.
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
  const Output kept = TRY(run_git({git_dir, "update-ref", ref_of(sha), sha}));
  if (kept.succeeded) return {};
  log.append(exact.text);
  return fail(ErrorCode::unavailable, "The commit is not in the repository that the agent fetches");
}

Result<void> Checkout::check_out(const Rule& rule, const std::string& sha, const fs::path& mirror,
                                 const fs::path& target, RunLog& log) {
  ENSURE(core::is_full_sha(sha));
  {
    auto mutex = mutex_of(mirror);
    std::lock_guard lock(*mutex);
    std::error_code error;
    if (!fs::exists(mirror / "HEAD", error)) {
      TRY(make_folders(mirror));
      auto made = TRY(run_git({"init", "--quiet", "--bare", "--template=", mirror.string()}));
      if (!made.succeeded) {
        log.append(made.text);
        return fail(ErrorCode::unavailable, "git could not make a copy of the repository");
      }
    }
    if (!has_commit(mirror, sha)) TRY(fetch(rule, sha, mirror, log));
  }
  const std::string folder = target.string();
  for (std::vector<std::string> arguments : std::initializer_list<std::vector<std::string>>{
           {"clone", "--quiet", "--shared", "--no-checkout", "--no-tags",
            "--template=", "--end-of-options", mirror.string(), folder},
           {"-C", folder, "checkout", "--quiet", "--detach", sha}}) {
    const Output done = TRY(run_git(std::move(arguments)));
    if (done.succeeded) continue;
    log.append(done.text);
    return fail(ErrorCode::unavailable, "The commit could not be checked out");
  }
  const Output head = TRY(run_git({"-C", folder, "rev-parse", "--verify", "HEAD"}));
  if (!head.succeeded || trim(head.text) != sha) {
    return fail(ErrorCode::unavailable, "The checkout is not of the commit that was asked for");
  }
  return {};
}

std::shared_ptr<std::mutex> Checkout::mutex_of(const fs::path& mirror) {
  std::lock_guard lock(mutex_);
  auto& mutex = mirrors_[mirror];
  if (!mutex) mutex = std::make_shared<std::mutex>();
  return mutex;
}

}  // namespace esclusa::agent
