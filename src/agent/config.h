#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/crypto.h"
#include "base/error.h"
#include "client/api.h"

/// The agent's configuration, a TOML file. Relative paths in it are relative to the file's folder.
///
///   server = "http://127.0.0.1:8080"      # Esclusa, or https://api.github.com
///   ca_file = "ca.pem"                    # authorities to trust instead of the system's
///   token_file = "agent.token"            # an agent token (`esclusa agent token`), or one with
///                                         # the scope repo_deployment, which gets no secrets;
///                                         # or the variable ESCLUSA_AGENT_TOKEN[_FILE]
///   mode = "webhook"                      # or "pull": follow the server's feed, with no open
///                                         # port; the next two and the secret are not needed then
///   listen = "127.0.0.1:8081"             # port 0: the system chooses
///   public_url = "https://agent.example"  # where others reach it; default http://<listen>
///   work = "agent-work"                   # queue, runs, logs, copies of repositories
///   claim_time = "10m"                    # how long a run is this agent's if it falls silent
///   keep_runs = "90d"                     # reported runs and their logs; "forever"
///   keep_last_runs = 10                   # of each environment: these stay, however old
///   keep_checkouts = "30d"                # copies of repositories that no run has used so long
///   secret_file = "hook.secret"           # the secret of the webhook, for entries without one
///
///   [[deploy]]                            # the first entry that matches an event wins
///   repository = "demo/shop"
///   secret_file = "shop.secret"           # of the webhook of this repository
///   git = "/srv/git/shop.git"             # where to fetch from: a path or a URL
///   ssh_key = "shop.key"                  # for a git that is reached by SSH: the deploy key,
///   ssh_known_hosts = "known_hosts"       # and the only host keys that are believed
///   submodules = true                     # fetch them, from the host of `git` alone
///   submodule_urls = ["https://…/acme/"]  # and from what begins so, without the key
///   lfs = true                            # fetch the files of Git LFS
///   environment = "staging"               # "*": every one
///   task = "deploy"                       # "*": every one; "deploy" is the default
///   command = ["./deploy.sh", "/srv/www"] # an argument list, run in the checkout
///   target = "ssh://deploy@host:22"       # where to run it; absent: here
///   target_key = "host.key"               # with a target: as above
///   target_known_hosts = "known_hosts"
///   time_limit = "5m"                     # s, m or h; default 15m
///   environment_url = "https://staging.example"
///   secrets = ["DB_URL"]                  # of the environment, which the command gets as
///   variables = []                        # environment variables; absent: all, []: none
namespace esclusa::agent {

/// How to reach a host by SSH.
struct SshAccess {
  std::filesystem::path key;          ///< a private key, the only key that is offered
  std::filesystem::path known_hosts;  ///< a file in OpenSSH's form; all other hosts are refused
};

/// Another host, on which the command is run.
struct Target {
  std::string text;  ///< as written in the file
  std::string user;
  std::string host;
  uint16_t port = 22;
  SshAccess access = {};
};

/// One `[[deploy]]` entry: what to run for which deployments.
struct Rule {
  std::string repository = {};               ///< `owner/name`
  Secret secret = {};                        ///< of the webhook; empty in pull mode
  std::string git = {};                      ///< a URL, or an absolute path
  std::optional<SshAccess> git_access = {};  ///< set if git reaches it by SSH
  bool submodules = false;                   ///< whether submodules are fetched
  std::vector<std::string> submodule_urls = {};
  bool lfs = false;              ///< whether the files of Git LFS are fetched
  std::string environment = {};  ///< "*": any environment
  std::string task = "deploy";
  std::vector<std::string> command = {};
  std::optional<Target> target = {};  ///< none: the command runs on this machine
  std::chrono::seconds time_limit{0};
  std::string time_limit_text = {};  ///< as written in the file
  std::string environment_url = {};
  client::WantedNames secrets = {};    ///< in capitals
  client::WantedNames variables = {};  ///< in capitals
  /// Whether the entry names secrets or variables, so that its command cannot do without.
  bool needs_values() const {
    return (secrets && !secrets->empty()) || (variables && !variables->empty());
  }
};

/// How the agent learns of deployments.
enum class Mode { webhook, pull };

/// How long the agent's claims of deployments last, and how they are kept.
struct ClaimTimes {
  std::chrono::seconds claim{600};  ///< from a heartbeat to the end of a claim
  std::chrono::milliseconds heartbeat{30'000};
  std::chrono::milliseconds answer{10'000};  ///< for the server to answer a heartbeat
  /// How long before the end of a claim that cannot be kept the command is stopped: as long as it
  /// takes to end it. After the end, another deployment may start.
  std::chrono::milliseconds margin{11'000};

  /// With shorter times between, where the claim is short.
  static ClaimTimes of(std::chrono::seconds claim);
};

/// What stays in the work folder (agent/prune.h); nothing: forever.
struct Keep {
  std::optional<std::chrono::seconds> runs = std::chrono::days(90);
  int64_t last_runs = 10;  ///< of each environment of a repository
  std::optional<std::chrono::seconds> checkouts = std::chrono::days(30);
};

struct Config {
  Mode mode = Mode::webhook;
  std::string server;
  std::string ca_file;  ///< empty: the system's certificate authorities
  Secret token;
  std::string listen_host;
  uint16_t listen_port = 0;
  std::string public_url;  ///< without a trailing slash; empty: the address where it listens
  std::filesystem::path work;
  ClaimTimes claim_times = {};
  Keep keep = {};
  std::vector<Rule> rules;

  /// The server with the agent's token.
  client::Target target() const { return {.base_url = server, .token = token, .ca_file = ca_file}; }
  /// Whether there is an entry for the repository. Repositories and environments are compared
  /// case-insensitively, tasks exactly.
  bool has_repository(std::string_view repository) const;
  /// The first entry that matches; null if none does.
  const Rule* find_rule(std::string_view repository, std::string_view environment,
                        std::string_view task) const;
  /// Settings that are allowed but unwise, as messages for the agent's log.
  std::vector<std::string> warnings() const;
};

/// Reads and checks a configuration and the files that it names. `invalid` names the error, its
/// place, and a valid setting.
Result<Config> load_config(const std::filesystem::path& file);

}  // namespace esclusa::agent
