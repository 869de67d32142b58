#include "agent/values.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "agent/agent_log.h"
#include "agent/ssh.h"
#include "base/crypto.h"
#include "base/text.h"

namespace esclusa::agent {
namespace {

/// Read by shells, by the dynamic linker, by interpreters and by build tools before they do what
/// they are told to. A list of these is never complete: an entry's `variables` names what it takes.
constexpr auto refused_names = std::to_array<std::string_view>({
    // the agent, and shells
    "PATH",
    "HOME",
    "LANG",
    "IFS",
    "BASH_ENV",
    "ENV",
    "SHELLOPTS",
    "BASHOPTS",
    "CDPATH",
    "ZDOTDIR",
    "PS4",
    "PROMPT_COMMAND",
    // names that shells reserve: they cannot be set, or mean something else
    "OPTIND",
    "OPTARG",
    "OPTERR",
    "UID",
    "EUID",
    "GID",
    "EGID",
    "PPID",
    "RANDOM",
    "SECONDS",
    "LINENO",
    "PWD",
    "OLDPWD",
    "SHELL",
    "SHLVL",
    "FUNCNAME",
    "GROUPS",
    "DIRSTACK",
    "POSIXLY_CORRECT",
    // libraries and interpreters
    "GCONV_PATH",
    "GLIBC_TUNABLES",
    "NODE_OPTIONS",
    "NODE_PATH",
    "RUBYOPT",
    "RUBYLIB",
    "PERLLIB",
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "_JAVA_OPTIONS",
    "DOTNET_STARTUP_HOOKS",
    // build tools and package managers
    "MAKEFLAGS",
    "GNUMAKEFLAGS",
    "MAKEFILES",
    "GOFLAGS",
    "RUSTC_WRAPPER",
    "BUNDLE_GEMFILE",
    // whom programs trust, and which configuration they read
    "OPENSSL_CONF",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "CURL_HOME",
});
constexpr auto refused_beginnings = std::to_array<std::string_view>(
    {"LD_", "GIT_", "PYTHON", "PERL5", "LUA_INIT", "NPM_CONFIG_", "GEM_", "BASH_", "ESCLUSA_"});
constexpr std::string_view refused_end = "_PROXY";

bool is_name(std::string_view name) {
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) == 0 &&
         std::ranges::all_of(name, [](char c) {
           return c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                  (c >= 'a' && c <= 'z');
         });
}

}  // namespace

std::string variable_name(std::string_view name) {
  std::string upper(name);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return upper;
}

std::string why_no_variable(std::string_view name) {
  if (!is_name(name)) {
    return "\"" + printable(name) +
           "\" is no name: it must have letters, digits and underscores only, and not begin with a "
           "digit";
  }
  const std::string upper = variable_name(name);
  const bool is_refused =
      upper.ends_with(refused_end) ||
      std::ranges::find(refused_names, upper) != refused_names.end() ||
      std::ranges::any_of(refused_beginnings, [&](auto begin) { return upper.starts_with(begin); });
  if (!is_refused) return "";
  return upper +
         " would change which programs are started, what they load or whom they trust; give it "
         "another name";
}

Result<void> check_values(const client::GivenValues& values) {
  std::set<std::string> seen;
  for (const auto* some : {&values.secrets, &values.variables}) {
    for (const auto& [name, value] : *some) {
      if (const std::string why = why_no_variable(name); !why.empty()) {
        return fail(ErrorCode::invalid, "Not run: " + why);
      }
      if (value.contains('\0')) {
        return fail(ErrorCode::invalid,
                    "Not run: the value of " + name + " has a NUL, which no variable can have");
      }
      if (!seen.insert(name).second) {
        return fail(ErrorCode::invalid, "Not run: " + name +
                                            " is a secret and a variable; name it in the entry's "
                                            "`secrets` or in its `variables` only");
      }
    }
  }
  return {};
}

std::string why_not_given(const Error& refusal, const std::string& repository,
                          const std::string& environment) {
  if (refusal.reason_code == "agent_token_required") {
    return "Not run: its entry names secrets or variables, which the server gives to an agent "
           "token "
           "only (`esclusa agent token`)";
  }
  const bool is_secret = refusal.reason_code == "secret_not_found";
  if (!is_secret && refusal.reason_code != "variable_not_found") {
    return "Not run: the server gives no secrets: " + message_of(refusal);
  }
  const std::string kind = is_secret ? "secret" : "variable";
  // The server's sentence ends with the name.
  std::string_view name = refusal.message;
  if (name.ends_with('.')) name.remove_suffix(1);
  name.remove_prefix(name.rfind(' ') + 1);
  if (!is_name(name)) name = "NAME";
  const bool is_plain = percent_encode(environment) == environment;
  return "Not run: " + environment + " has no " + kind + " " + std::string(name) +
         ". Set it with `esclusa " + kind + " set " + repository + " --env " +
         (is_plain ? environment : shell_quoted(environment)) + " " + std::string(name) +
         "`, or remove it from `" + kind + "s`";
}

void add_to_environment(std::vector<std::string>& environment, const client::GivenValues& values) {
  for (const auto* some : {&values.secrets, &values.variables}) {
    for (const auto& [name, value] : *some) {
      std::string& variable = environment.emplace_back();
      variable.reserve(name.size() + 1 + value.size());  // leaves no copy behind
      variable.append(name).append("=").append(value);
    }
  }
}

std::string export_script(const client::GivenValues& values) {
  std::vector<std::string> lines;
  size_t size = 0;
  for (const auto* some : {&values.secrets, &values.variables}) {
    for (const auto& [name, value] : *some) {
      std::string quoted = shell_quoted(value);
      lines.push_back("export " + name + "=" + quoted + "\n");
      size += lines.back().size();
      wipe(quoted);
    }
  }
  constexpr std::string_view end = "whole=1\n";
  std::string script;
  script.reserve(size + end.size());
  for (std::string& line : lines) {
    script += line;
    wipe(line);
  }
  return script.append(end);
}

}  // namespace esclusa::agent
