#include "agent/values.h"

#include <doctest/doctest.h>

#include "base/process.h"

namespace esclusa::agent {
namespace {

client::GivenValues given(client::GivenValues::Values secrets,
                          client::GivenValues::Values variables = {}) {
  client::GivenValues values;
  values.secrets = std::move(secrets);
  values.variables = std::move(variables);
  return values;
}

TEST_CASE("why_no_variable: names that change what is started or loaded are refused") {
  for (const char* name :
       {"DB_URL", "a", "_x1", "LD", "LDAP_URL", "GITHUB_TOKEN", "PATHS", "ENVIRONMENT", "NODE_ENV",
        "PROXY", "MAKE_TARGET", "GEMS", "GO_VERSION"}) {
    CAPTURE(name);
    CHECK(why_no_variable(name).empty());
  }
  for (const char* name : {"", "1A", "A-B", "A B", "A=B", "Ä"}) {
    CAPTURE(name);
    CHECK(why_no_variable(name).contains("is no name"));
  }
  for (const char* name : {"PATH",
                           "path",
                           "IFS",
                           "ENV",
                           "BASH_ENV",
                           "LD_PRELOAD",
                           "ld_library_path",
                           "GIT_SSH_COMMAND",
                           "PYTHONPATH",
                           "PYTHONSTARTUP",
                           "NODE_OPTIONS",
                           "PERL5LIB",
                           "PERL5OPT",
                           "ESCLUSA_SHA",
                           "HOME",
                           "GNUMAKEFLAGS",
                           "MAKEFLAGS",
                           "MAKEFILES",
                           "_JAVA_OPTIONS",
                           "JDK_JAVA_OPTIONS",
                           "JAVA_TOOL_OPTIONS",
                           "OPENSSL_CONF",
                           "DOTNET_STARTUP_HOOKS",
                           "LUA_INIT",
                           "LUA_INIT_5_4",
                           "GOFLAGS",
                           "RUSTC_WRAPPER",
                           "npm_config_registry",
                           "BUNDLE_GEMFILE",
                           "GEM_HOME",
                           "RUBYOPT",
                           "RUBYLIB",
                           "CURL_HOME",
                           "SSL_CERT_FILE",
                           "SSL_CERT_DIR",
                           "https_proxy",
                           "NO_PROXY",
                           "ZDOTDIR",
                           "PS4",
                           "PROMPT_COMMAND",
                           "OPTIND",
                           "UID",
                           "EUID",
                           "PPID",
                           "RANDOM",
                           "SECONDS",
                           "BASHOPTS",
                           "SHELLOPTS"}) {
    CAPTURE(name);
    CHECK(why_no_variable(name).contains("would change which programs are started"));
  }
}

TEST_CASE("check_values: says which name cannot be given, and no value") {
  CHECK(check_values(given({{"A", "s3cret"}}, {{"B", "b"}})));
  for (const auto& error : {check_values(given({{"LD_PRELOAD", "s3cret"}})),
                            check_values(given({}, {{"PATH", "s3cret"}})),
                            check_values(given({{"A", "s3cret"}}, {{"A", "s3cret"}})),
                            check_values(given({{"A", std::string("s3cret\0", 7)}}))}) {
    REQUIRE(!error);
    CHECK(error.error().message.starts_with("Not run: "));
    CHECK(!error.error().message.contains("s3cret"));
  }
}

TEST_CASE("why_not_given: says what to do where that is known") {
  const auto refusal = [](const std::string& message, const std::string& reason) {
    return Error{ErrorCode::invalid, message, reason, {}, {}};
  };
  CHECK(why_not_given(refusal("The environment has no secret DB_URL.", "secret_not_found"),
                      "acme/shop", "production") ==
        "Not run: production has no secret DB_URL. Set it with `esclusa secret set acme/shop --env "
        "production DB_URL`, or remove it from `secrets`");
  CHECK(why_not_given(refusal("The environment has no variable R.", "variable_not_found"),
                      "acme/shop", "the qa")
            .contains("`esclusa variable set acme/shop --env 'the qa' R`, or remove it from "
                      "`variables`"));
  CHECK(why_not_given(refusal("", "secret_not_found"), "a/b", "qa").contains("no secret NAME."));
  CHECK(why_not_given(refusal("Once only.", "secrets_given"), "a/b", "qa") ==
        "Not run: the server gives no secrets: Once only.");
  CHECK(why_not_given({ErrorCode::unauthenticated, "Bad credentials", "", {}, {}}, "a/b", "qa")
            .ends_with("the agent's token is revoked or expired"));
}

TEST_CASE("add_to_environment, export_script: the value arrives, whatever it holds") {
  const std::string odd = "it's $(id) `id` \\ \"x\"\nsecond line\n";
  const auto values = given({{"A", odd}}, {{"B", ""}});
  std::vector<std::string> environment;
  add_to_environment(environment, values);
  CHECK(environment == std::vector<std::string>{"A=" + odd, "B="});
  std::string printed;
  ProcessSpec spec;
  spec.arguments = {"/bin/sh", "-c",
                    "eval \"$(cat)\"; printf %s \"$A\"; env | grep ^B=; echo $whole"};
  spec.environment = {"PATH=/usr/bin:/bin"};
  spec.input = export_script(values);
  spec.on_output = [&](std::string_view text) { printed += text; };
  REQUIRE(run_process(spec));
  CHECK(printed == odd + "B=\n1\n");
}

}  // namespace
}  // namespace esclusa::agent
