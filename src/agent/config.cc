#include "agent/config.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <map>
#include <set>

#include "agent/ssh_config.h"
#include "agent/toml_table.h"
#include "agent/values.h"
#include "base/limits.h"
#include "base/small_file.h"
#include "base/text.h"
#include "client/api.h"
#include "core/names.h"
#include "http/outbound.h"

namespace esclusa::agent {
namespace {
namespace fs = std::filesystem;

/// What `read` gives of a file of the settings, which must not hold up a reload.
template <class Read>
Result<std::string> read_setting(const fs::path& file, Read read) {
  auto text = read(file);
  if (text) return text;
  return fail(ErrorCode::unavailable, "cannot read " + file.string() + ": " + text.error().message);
}

Result<std::string> read_small(const fs::path& file) {
  constexpr size_t bytes_max = size_t{1} << 20;
  return read_setting(file, [](const fs::path& path) { return read_small_file(path, bytes_max); });
}

/// Reads a file that holds one secret, without the trailing newline that editors add.
Result<Secret> read_secret(const TomlTable& table, const std::string& key, const fs::path& file) {
  auto text = read_small(file);
  if (!text) return table.error("`" + key + "`: " + text.error().message);
  while (text->ends_with('\n') || text->ends_with('\r')) text->pop_back();
  if (text->empty()) return table.error("`" + key + "`: " + file.string() + " is empty");
  if (has_control_characters(*text)) {
    return table.error("`" + key + "`: " + file.string() + " must hold one line and no more");
  }
  return Secret(std::move(*text));
}

/// Reads the token: from a variable, from the file that another variable names, or from the file of
/// `token_file`.
Result<Secret> read_token(TomlTable& table, const fs::path& folder) {
  constexpr const char* variable = "ESCLUSA_AGENT_TOKEN";
  constexpr const char* file_variable = "ESCLUSA_AGENT_TOKEN_FILE";
  const char* token = std::getenv(variable);
  const char* file = std::getenv(file_variable);
  if (token != nullptr && file != nullptr) {
    return fail(ErrorCode::invalid, std::string(variable) + " and " + file_variable +
                                        " are both set: unset one of them");
  }
  const auto named = TRY(table.optional_string("token_file"));
  if (token != nullptr) {
    if (*token == '\0' || has_control_characters(token)) {
      return fail(ErrorCode::invalid, std::string(variable) + " should be one token");
    }
    return Secret(token);
  }
  if (file != nullptr) return read_secret(table, file_variable, file);
  if (!named) TRY(table.required_string("token_file", "\"agent.token\""));
  return read_secret(table, "token_file", folder / *named);
}

/// Checks a URL, and removes trailing slashes.
Result<std::string> checked_url(const TomlTable& table, const std::string& key, std::string text) {
  auto url = http::parse_url(text);
  if (!url || url->has_credentials || !url->query.empty() || text.contains('#')) {
    return table.error("`" + key + "` must be a plain http or https URL, and not " + text);
  }
  while (text.ends_with('/')) text.pop_back();
  return text;
}

/// Reads the path of a PEM file; empty if there is none. The file is checked now, because libcurl
/// would report an error only at the first request.
Result<std::string> read_ca_file(TomlTable& table, const fs::path& folder) {
  auto name = TRY(table.optional_string("ca_file"));
  if (!name) return "";
  const fs::path file = folder / *name;
  auto text = read_small(file);
  if (!text) return table.error("`ca_file`: " + text.error().message);
  if (!text->contains("-----BEGIN CERTIFICATE-----")) {
    return table.error("`ca_file`: there is no PEM certificate in " + file.string());
  }
  return file.string();
}

/// `host:port` or `[address]:port`.
Result<void> read_listen(const TomlTable& table, const std::string& text, Config& config) {
  const size_t colon = text.rfind(':');
  std::string_view host(text.data(), colon == std::string::npos ? 0 : colon);
  const std::string_view port(text.data() + host.size(), text.size() - host.size());
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.contains(':')) {
    host = {};
  }
  auto [end, error] =
      std::from_chars(port.data() + 1, port.data() + port.size(), config.listen_port);
  if (host.empty() || port.size() < 2 || error != std::errc{} || end != port.data() + port.size()) {
    return table.error("`listen` must be HOST:PORT, such as 127.0.0.1:8081, and not " + text);
  }
  config.listen_host = host;
  return {};
}

/// Reads how long claims last; the server accepts from 10 s to an hour.
Result<ClaimTimes> read_claim_times(TomlTable& table) {
  const std::string text = TRY(table.string_or("claim_time", "10m"));
  const auto time = parse_duration(text);
  if (!time || *time < std::chrono::seconds(10) || *time > std::chrono::hours(1)) {
    return table.error("`claim_time`: write 90s, 10m or 1h (10s to 1h), and not \"" + text + "\"");
  }
  return ClaimTimes::of(*time);
}

/// A time of `keep_…`; nothing: forever.
Result<std::optional<std::chrono::seconds>> read_kept_time(TomlTable& table, const std::string& key,
                                                           const std::string& usual) {
  const std::string text = TRY(table.string_or(key, usual));
  if (text == "forever") return std::nullopt;
  const auto time = parse_duration(text);
  if (!time || *time < std::chrono::days(1)) {
    return table.error("`" + key + "`: write 30d (at least 1d) or forever, and not \"" + text +
                       "\"");
  }
  return time;
}

/// Reads what stays in the work folder.
Result<Keep> read_keep(TomlTable& table) {
  Keep keep;
  keep.runs = TRY(read_kept_time(table, "keep_runs", "90d"));
  keep.checkouts = TRY(read_kept_time(table, "keep_checkouts", "30d"));
  keep.last_runs = TRY(table.integer_or("keep_last_runs", keep.last_runs));
  if (keep.last_runs < 1) {
    return table.error("`keep_last_runs` must be at least 1: the last run of an environment stays");
  }
  return keep;
}

/// Reads how the agent learns of deployments. Settings for webhooks may be present in pull mode,
/// too, so that switching the mode needs no other change. `shared` becomes the secret of entries
/// without their own.
Result<void> read_way_in(TomlTable& table, const fs::path& folder, Config& config, Secret& shared) {
  const std::string mode = TRY(table.string_or("mode", "webhook"));
  if (mode != "webhook" && mode != "pull") {
    return table.error("`mode` is \"webhook\" or \"pull\", and not \"" + mode + "\"");
  }
  config.mode = mode == "pull" ? Mode::pull : Mode::webhook;
  const std::string listen = TRY(table.string_or("listen", "127.0.0.1:0"));
  const auto public_url = TRY(table.optional_string("public_url"));
  const auto secret_file = TRY(table.optional_string("secret_file"));
  if (config.mode == Mode::pull) return {};
  TRY(read_listen(table, listen, config));
  if (public_url) config.public_url = TRY(checked_url(table, "public_url", *public_url));
  if (secret_file) shared = TRY(read_secret(table, "secret_file", folder / *secret_file));
  return {};
}

/// Reads the secret of an entry's webhook.
Result<Secret> read_rule_secret(TomlTable& table, const fs::path& folder, Mode mode,
                                const Secret& shared) {
  const auto file = TRY(table.optional_string("secret_file"));
  if (mode == Mode::pull) return Secret();
  if (file) return read_secret(table, "secret_file", folder / *file);
  if (!shared.empty()) return shared;
  return table.error(
      "`secret_file` is missing; add, for example: secret_file = \"hook.secret\", with the "
      "secret of this repository's webhook in that file");
}

/// Whether git treats the text as a URL (`scheme://…`, `host:path`), not as a path.
bool is_git_url(const std::string& text) {
  const size_t colon = text.find(':');
  return colon != std::string::npos && text.find('/') > colon;
}

/// Reads what is fetched besides the commit.
Result<void> read_extras(TomlTable& table, Rule& rule) {
  rule.submodules = TRY(table.boolean_or("submodules", false));
  rule.submodule_urls =
      TRY(table.optional_strings("submodule_urls", R"(["https://github.com/acme/"])"));
  for (const std::string& url : rule.submodule_urls) {
    const auto parsed = http::parse_url(url);
    if (parsed && !parsed->has_credentials && url.ends_with('/')) continue;
    return table.error(
        "`submodule_urls`: write http or https URLs with a slash at the end, and not " + url);
  }
  rule.lfs = TRY(table.boolean_or("lfs", false));
  return {};
}

/// Reads the conditions for which an entry applies.
Result<void> read_match(TomlTable& table, Rule& rule) {
  rule.repository = TRY(table.required_string("repository", "\"owner/name\""));
  const std::string_view owner(rule.repository.data(),
                               std::min(rule.repository.find('/'), rule.repository.size()));
  const bool plain = std::ranges::all_of(owner, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '[' || c == ']';
  });
  if (!client::repository_path(rule.repository) || !plain) {
    return table.error("`repository` must be OWNER/NAME, and not " + rule.repository);
  }
  const auto environment = TRY(table.optional_string("environment"));
  if (!environment) {
    return table.error(
        "`environment` is missing. Name the one that this entry is for: environment = "
        "\"staging\". For every environment, add: environment = \"*\"");
  }
  rule.environment = *environment;
  rule.task = TRY(table.string_or("task", "deploy"));
  return {};
}

/// Reads the names of secrets or variables that a command is to get.
Result<client::WantedNames> read_names(TomlTable& table, const std::string& key) {
  auto names = TRY(table.optional_list(key));
  if (!names) return names;
  std::set<std::string> seen;
  for (std::string& name : *names) {
    if (const std::string why = why_no_variable(name); !why.empty()) {
      return table.error("`" + key + "`: " + why);
    }
    name = variable_name(name);
    if (!seen.insert(name).second) return table.error("`" + key + "` has " + name + " twice");
  }
  return names;
}

/// Reads what the command gets besides the data of the deployment.
Result<void> read_values(TomlTable& table, Rule& rule) {
  rule.secrets = TRY(read_names(table, "secrets"));
  rule.variables = TRY(read_names(table, "variables"));
  for (const std::string& name : rule.secrets.value_or(std::vector<std::string>())) {
    if (rule.variables && std::ranges::find(*rule.variables, name) != rule.variables->end()) {
      return table.error("`secrets` and `variables` both have " + name +
                         "; the command can get one of them only");
    }
  }
  return {};
}

Result<Rule> read_rule(TomlTable table, const fs::path& folder, Mode mode, const Secret& shared) {
  Rule rule;
  TRY(read_match(table, rule));
  rule.secret = TRY(read_rule_secret(table, folder, mode, shared));
  rule.git = TRY(table.required_string("git", "\"/srv/git/name.git\""));
  if (rule.git.starts_with('-')) return table.error("`git` must not begin with a hyphen");
  if (!is_git_url(rule.git)) rule.git = (folder / rule.git).lexically_normal().string();
  rule.git_access = TRY(read_git_access(table, rule.git, folder));
  TRY(read_extras(table, rule));
  rule.command = TRY(table.required_strings("command", R"(["./deploy.sh", "staging"])"));
  rule.target = TRY(read_target(table, folder));
  if (rule.target && rule.command.front().starts_with('-')) {
    return table.error("`command` must not begin with a hyphen where there is a `target`");
  }
  rule.time_limit_text = TRY(table.string_or(
      "time_limit", std::to_string(std::chrono::minutes(limits::run_time_default).count()) + "m"));
  constexpr auto longest = std::chrono::hours(24 * 7);
  auto limit = parse_duration(rule.time_limit_text);
  if (!limit || *limit > longest) {
    return table.error("`time_limit`: write 90s, 5m or 1h (at most a week), and not \"" +
                       rule.time_limit_text + "\"");
  }
  rule.time_limit = *limit;
  rule.environment_url = TRY(table.string_or("environment_url", ""));
  if (!core::check_link(rule.environment_url, "DeploymentStatus", "environment_url")) {
    return table.error("`environment_url` must be an http or https URL");
  }
  TRY(read_values(table, rule));
  TRY(table.check_no_others());
  return rule;
}

}  // namespace

ClaimTimes ClaimTimes::of(std::chrono::seconds claim) {
  ClaimTimes times;
  const auto quarter = std::chrono::milliseconds(claim) / 4;
  times.claim = claim;
  times.heartbeat = std::min(times.heartbeat, quarter);
  times.answer = std::min(times.answer, quarter);
  times.margin = std::min(times.margin, quarter);
  return times;
}

bool Config::has_repository(std::string_view repository) const {
  return std::ranges::any_of(rules, [&](const Rule& rule) {
    return core::fold_case(rule.repository) == core::fold_case(repository);
  });
}

std::vector<std::string> Config::warnings() const {
  std::map<std::string_view, std::set<std::string>> repositories;  // repositories by secret
  for (const Rule& rule : rules) {
    if (rule.secret.empty()) continue;
    repositories[rule.secret.reveal()].insert(core::fold_case(rule.repository));
  }
  std::vector<std::string> found;
  for (const auto& [secret, names] : repositories) {
    if (names.size() < 2) continue;
    found.push_back(
        "one webhook secret is shared by " +
        join(std::vector<std::string>(names.begin(), names.end()), ", ") +
        ": whoever has it can send events about each of them. Unless it is the secret of an "
        "organization's hook, give each [[deploy]] entry a `secret_file` of its own");
  }
  return found;
}

const Rule* Config::find_rule(std::string_view repository, std::string_view environment,
                              std::string_view task) const {
  auto found = std::ranges::find_if(rules, [&](const Rule& rule) {
    return core::fold_case(rule.repository) == core::fold_case(repository) &&
           (rule.environment == "*" ||
            core::fold_case(rule.environment) == core::fold_case(environment)) &&
           (rule.task == "*" || rule.task == task);
  });
  return found == rules.end() ? nullptr : &*found;
}

Result<Config> load_config(const fs::path& file) {
  const std::string place = file.filename().string() + ": ";
  const std::string text = TRY(read_setting(file, read_toml_text));
  toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    return fail(ErrorCode::invalid,
                place + "line " + std::to_string(parsed.error().source().begin.line) + ": " +
                    std::string(parsed.error().description()),
                "invalid_configuration");
  }
  TomlTable table(parsed.table(), place);
  std::error_code error;
  const fs::path folder = fs::absolute(file, error).parent_path();
  Config config;
  config.server = TRY(table.required_string("server", "\"http://127.0.0.1:8080\""));
  config.server = TRY(checked_url(table, "server", config.server));
  config.ca_file = TRY(read_ca_file(table, folder));
  config.token = TRY(read_token(table, folder));
  Secret shared;
  TRY(read_way_in(table, folder, config, shared));
  config.work = folder / TRY(table.required_string("work", "\"agent-work\""));
  config.work = config.work.lexically_normal();
  config.claim_times = TRY(read_claim_times(table));
  config.keep = TRY(read_keep(table));
  for (const toml::table* entry : TRY(table.tables("deploy"))) {
    const std::string number = std::to_string(config.rules.size() + 1);
    config.rules.push_back(
        TRY(read_rule(TomlTable(*entry, place + "[[deploy]] number " + number + ": "), folder,
                      config.mode, shared)));
  }
  TRY(table.check_no_others());
  if (config.rules.empty()) {
    return table.error("there is no [[deploy]] entry, so there is nothing to do; add one");
  }
  return config;
}

}  // namespace esclusa::agent
