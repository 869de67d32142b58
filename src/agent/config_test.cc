#include "agent/config.h"

#include <doctest/doctest.h>

#include "support/temp_folder.h"

namespace esclusa::agent {
namespace {

const std::string head = R"(
server = "http://127.0.0.1:8080/"
token_file = "agent.token"
work = "agent-work"
secret_file = "hook.secret"
)";
const std::string entry = R"(
[[deploy]]
repository = "demo/shop"
environment = "*"
git = "../shop.git"
command = ["./deploy.sh", "/srv/www"]
)";

struct Folder {
  test::TempFolder folder;
  Folder() {
    folder.write("agent.token", "esc_token\n");
    folder.write("hook.secret", "It's a Secret\r\n");
  }
  Result<Config> load(const std::string& text) const {
    return load_config(folder.write("agent.toml", text));
  }
  std::string error_of(const std::string& text) const {
    auto config = load(text);
    REQUIRE(!config);
    CHECK(config.error().code == ErrorCode::invalid);
    return config.error().message;
  }
};

bool contains(const std::string& text, std::string_view part) {
  if (text.contains(part)) return true;
  MESSAGE(text);
  return false;
}

TEST_CASE("load_config: the token may come from a variable, or a file that one names") {
  Folder files;
  setenv("ESCLUSA_AGENT_TOKEN", "esc_variable", 1);
  CHECK(files.load(head + entry)->token.reveal() == "esc_variable");
  setenv("ESCLUSA_AGENT_TOKEN_FILE", files.folder.write("other", "esc_other\n").c_str(), 1);
  CHECK(contains(files.error_of(head + entry), "are both set"));
  unsetenv("ESCLUSA_AGENT_TOKEN");
  CHECK(files.load(head + entry)->token.reveal() == "esc_other");
  setenv("ESCLUSA_AGENT_TOKEN_FILE", "/nowhere", 1);
  CHECK(contains(files.error_of(head + entry), "ESCLUSA_AGENT_TOKEN_FILE"));
  unsetenv("ESCLUSA_AGENT_TOKEN_FILE");
  CHECK(files.load(head + entry)->token.reveal() == "esc_token");
}

TEST_CASE("load_config: reads everything, with paths from the file's folder") {
  Folder files;
  auto config = files.load(head + R"toml(
listen = "[::1]:8081"
public_url = "https://agent.example/deploys/"
[[deploy]]
repository = "demo/shop"
git = "https://git.example/demo/shop.git"
environment = "staging"
task = "*"
command = ["./deploy.sh", "two words", "$(id)"]
time_limit = "90s"
environment_url = "https://staging.example"
)toml" + entry);
  REQUIRE_MESSAGE(config, config.error().message);
  CHECK(config->server == "http://127.0.0.1:8080");
  CHECK(config->token.reveal() == "esc_token");
  CHECK(config->listen_host == "::1");
  CHECK(config->listen_port == 8081);
  CHECK(config->public_url == "https://agent.example/deploys");
  CHECK(config->work == files.folder / "agent-work");
  REQUIRE(config->rules.size() == 2);
  const Rule& first = config->rules[0];
  CHECK(first.secret.reveal() == "It's a Secret");
  CHECK(first.git == "https://git.example/demo/shop.git");
  CHECK(first.environment == "staging");
  CHECK(first.task == "*");
  CHECK(first.command == std::vector<std::string>{"./deploy.sh", "two words", "$(id)"});
  CHECK(first.time_limit == std::chrono::seconds(90));
  CHECK(first.environment_url == "https://staging.example");
  const Rule& second = config->rules[1];
  CHECK(second.git == (files.folder.path().parent_path() / "shop.git").string());
  CHECK(second.environment == "*");
  CHECK(second.task == "deploy");
  CHECK(second.time_limit == std::chrono::minutes(15));
}

TEST_CASE("load_config: in pull mode no secret is needed, and what a webhook needs may stay") {
  Folder files;
  const std::string pull = R"toml(
server = "http://127.0.0.1:8080"
token_file = "agent.token"
work = "agent-work"
mode = "pull"
)toml";
  const std::string webhook = R"toml(
listen = "127.0.0.1:8081"
public_url = "http://agent.example"
secret_file = "is-not-there"
)toml";
  for (const std::string& text : {pull + entry, pull + webhook + entry}) {
    auto config = files.load(text);
    REQUIRE_MESSAGE(config, config.error().message);
    CHECK(config->mode == Mode::pull);
    CHECK(config->rules[0].secret.empty());
  }
  CHECK(files.load(head + entry)->mode == Mode::webhook);
  CHECK(files.load(head + "mode = \"webhook\"\n" + entry)->mode == Mode::webhook);
  CHECK(contains(files.error_of(head + "mode = \"push\"\n" + entry), "\"webhook\" or \"pull\""));
}

TEST_CASE("find_rule: the first match wins; environments ignore case, tasks do not") {
  Config config;
  config.rules = {{.repository = "demo/shop", .environment = "staging", .task = "deploy"},
                  {.repository = "demo/shop", .environment = "staging", .task = "*"},
                  {.repository = "demo/shop", .environment = "*", .task = "deploy"}};
  auto index = [&](auto... of) -> int64_t {
    const Rule* rule = config.find_rule(of...);
    return rule == nullptr ? -1 : rule - config.rules.data();
  };
  CHECK(index("demo/shop", "staging", "deploy") == 0);
  CHECK(index("Demo/Shop", "STAGING", "deploy") == 0);
  CHECK(index("demo/shop", "staging", "Deploy") == 1);
  CHECK(index("demo/shop", "production", "deploy") == 2);
  CHECK(index("demo/shop", "production", "migrate") == -1);
  CHECK(index("demo/other", "staging", "deploy") == -1);
  CHECK(index("demo/shop", "$(id)", "*") == -1);
}

TEST_CASE("load_config: an unknown key is named, with its place and what there is") {
  Folder files;
  std::string message = files.error_of(head + "sever = \"x\"\n" + entry);
  CHECK(contains(message,
                 "agent.toml: unknown key `sever` in line 6; there are: ca_file, claim_time, "));
  message = files.error_of(head + entry + "enviroment = \"staging\"\n");
  CHECK(contains(message, "[[deploy]] number 1: unknown key `enviroment` in line 12"));
}

TEST_CASE("load_config: says what is missing or wrong") {
  Folder files;
  CHECK(contains(files.error_of(head), "there is no [[deploy]] entry"));
  CHECK(contains(files.error_of("server = \"http://x\"\n"), "`token_file` is missing; add"));
  CHECK(contains(files.error_of(head + "listen = 8080\n" + entry), "`listen` must be text"));
  CHECK(contains(files.error_of("server = \n"), "agent.toml: line 1: "));
  CHECK(contains(files.error_of(head + "[deploy]\n"), "write [[deploy]], with two brackets"));
  for (const char* listen : {"8080", "host", ":80", "::1:80", "host:70000", "host:8x", "host:"}) {
    CAPTURE(listen);
    CHECK(contains(files.error_of(head + "listen = \"" + listen + "\"\n" + entry), "HOST:PORT"));
  }
  for (const char* url : {"ftp://x", "x", "http://u:p@x", "http://x/?a=b"}) {
    CAPTURE(url);
    CHECK(contains(files.error_of(head + "public_url = \"" + url + "\"\n" + entry), "public_url"));
  }
}

TEST_CASE("load_config: a [[deploy]] entry is checked") {
  Folder files;
  auto error_of = [&](const std::string& lines) {
    return files.error_of(head + "[[deploy]]\n" + lines);
  };
  const std::string good = "repository = \"demo/shop\"\nenvironment = \"*\"\ngit = \"x\"\n";
  CHECK(contains(error_of(good + "command = \"./deploy.sh staging\""), "must be a list of texts"));
  CHECK(contains(error_of(good + "command = []"), "must be a list of texts"));
  CHECK(contains(error_of(good + "command = [1]"), "must be a list of texts"));
  CHECK(contains(error_of(good + "command = [\"x\"]\ntime_limit = \"5\""), "write 90s, 5m or 1h"));
  CHECK(contains(error_of(good + "command = [\"x\"]\nenvironment_url = \"javascript:x\""),
                 "environment_url"));
  for (const char* name : {"shop", "demo/shop/x", "../..", "demo/..", "/shop", "demo/", ".",
                           "de mo/shop", "demo%2F/shop", "démo/shop"}) {
    CAPTURE(name);
    CHECK(contains(
        error_of("repository = \"" + std::string(name) + "\"\ngit = \"x\"\ncommand = [\"x\"]"),
        "`repository` must be OWNER/NAME"));
  }
  const auto bot = files.load(head + "[[deploy]]\nrepository = \"a-b_c[bot]/shop\"\n" +
                              "environment = \"*\"\ngit = \"x\"\ncommand = [\"x\"]\n");
  REQUIRE_MESSAGE(bot, bot.error().message);
  CHECK(bot->rules[0].repository == "a-b_c[bot]/shop");
  CHECK(contains(error_of("repository = \"a/b\"\nenvironment = \"*\"\ngit = "
                          "\"--upload-pack=x\"\ncommand = [\"x\"]"),
                 "must not begin with a hyphen"));
}

TEST_CASE("load_config: an entry without an environment fails with the line to add") {
  Folder files;
  const std::string message = files.error_of(
      head + "[[deploy]]\nrepository = \"demo/shop\"\ngit = \"x\"\ncommand = [\"x\"]\n");
  CHECK(contains(message, "[[deploy]] number 1: `environment` is missing"));
  CHECK(contains(message, "add: environment = \"*\""));
}

TEST_CASE("load_config: what is fetched beside the commit") {
  Folder files;
  CHECK(!files.load(head + entry)->rules[0].submodules);
  const auto config = files.load(head + entry +
                                 "submodules = true\nlfs = true\n"
                                 "submodule_urls = [\"https://github.com/acme/\"]\n");
  REQUIRE_MESSAGE(config, config.error().message);
  CHECK(config->rules[0].submodules);
  CHECK(config->rules[0].lfs);
  CHECK(config->rules[0].submodule_urls == std::vector<std::string>{"https://github.com/acme/"});
  CHECK(contains(files.error_of(head + entry + "lfs = \"yes\"\n"), "`lfs` must be true or false"));
  for (const char* url : {"https://github.com", "ssh://git@host/", "/srv/", "https://u:p@x/"}) {
    CAPTURE(url);
    CHECK(contains(files.error_of(head + entry + "submodule_urls = [\"" + url + "\"]\n"),
                   "`submodule_urls`: write http or https URLs"));
  }
}

TEST_CASE("load_config: each entry has a secret of its own, or the one for all") {
  Folder files;
  files.folder.write("shop.secret", "the shop's\n");
  const std::string own = entry + "secret_file = \"shop.secret\"\n";
  const std::string bank =
      "[[deploy]]\nrepository = \"demo/bank\"\nenvironment = \"*\"\n"
      "git = \"x\"\ncommand = [\"x\"]\n";
  auto config = files.load(head + own + bank);
  REQUIRE_MESSAGE(config, config.error().message);
  CHECK(config->rules[0].secret.reveal() == "the shop's");
  CHECK(config->rules[1].secret.reveal() == "It's a Secret");
  CHECK(config->warnings().empty());
  const std::string without =
      "server = \"http://x\"\ntoken_file = \"agent.token\"\n"
      "work = \"w\"\nlisten = \"127.0.0.1:0\"\n";
  CHECK(files.load(without + own));
  CHECK(contains(files.error_of(without + own + bank),
                 "[[deploy]] number 2: `secret_file` is missing; add, for example: secret_file"));
}

TEST_CASE("warnings: one secret for several repositories, which is not shown") {
  Folder files;
  CHECK(files.load(head + entry + entry)->warnings().empty());
  const auto warnings = files
                            .load(head + entry +
                                  "[[deploy]]\nrepository = \"demo/bank\"\n"
                                  "environment = \"*\"\ngit = \"x\"\ncommand = [\"x\"]\n")
                            ->warnings();
  REQUIRE(warnings.size() == 1);
  CHECK(contains(warnings[0], "shared by demo/bank, demo/shop:"));
  CHECK(!warnings[0].contains("It's a Secret"));
}

TEST_CASE("load_config: secrets must be there, and are never in a message") {
  Folder files;
  files.folder.write("hook.secret", "\n");
  CHECK(contains(files.error_of(head + entry), "hook.secret is empty"));
  files.folder.write("hook.secret", "first-line\nsecond-line\n");
  const std::string message = files.error_of(head + entry);
  CHECK(contains(message, "must hold one line"));
  CHECK(!message.contains("first-line"));
  std::filesystem::remove(files.folder / "agent.token");
  CHECK(contains(files.error_of(head + entry), "`token_file`: cannot read"));
}

TEST_CASE("load_config: a file of authorities is named from the folder, and must be one") {
  Folder files;
  files.folder.write("ca.pem", "-----BEGIN CERTIFICATE-----\n");
  const std::string rest = head + entry;
  auto config = files.load("ca_file = \"ca.pem\"\n" + rest);
  REQUIRE_MESSAGE(config, config.error().message);
  CHECK(config->ca_file == files.folder / "ca.pem");
  CHECK(files.load(rest)->ca_file.empty());
  CHECK(contains(files.error_of("ca_file = \"absent.pem\"\n" + rest), "`ca_file`: "));
  CHECK(contains(files.error_of("ca_file = \"agent.token\"\n" + rest),
                 "`ca_file`: there is no PEM certificate in "));
}

TEST_CASE("load_config: which secrets and variables a command gets, in capitals") {
  Folder files;
  auto config = files.load(head + entry);
  REQUIRE(config);
  CHECK(!config->rules[0].secrets);
  CHECK(!config->rules[0].variables);
  CHECK(!config->rules[0].needs_values());
  config = files.load(head + entry + "secrets = []\nvariables = []\n");
  REQUIRE(config);
  CHECK(config->rules[0].secrets == std::vector<std::string>());
  CHECK(config->rules[0].variables == std::vector<std::string>());
  CHECK(!config->rules[0].needs_values());
  config = files.load(head + entry + "secrets = [\"DB_URL\", \"key\"]\n");
  REQUIRE(config);
  CHECK(config->rules[0].secrets == std::vector<std::string>{"DB_URL", "KEY"});
  CHECK(config->rules[0].needs_values());
  config = files.load("mode = \"pull\"\n" + head + entry + "variables = [\"REGION\"]\n");
  REQUIRE(config);
  CHECK(config->rules[0].needs_values());
}

TEST_CASE("load_config: names that no command can get are refused") {
  Folder files;
  for (const auto& [line, part] : std::initializer_list<std::pair<std::string, std::string>>{
           {"secrets = \"DB_URL\"", "`secrets` must be a list of texts"},
           {"secrets = [1]", "`secrets` must be a list of texts"},
           {"secrets = [\"\"]", "is no name"},
           {"variables = [\"A-B\"]", "`variables`: \"A-B\" is no name"},
           {"variables = [\"LD_PRELOAD\"]", "LD_PRELOAD would change which programs"},
           {"secrets = [\"path\"]", "PATH would change which programs"},
           {"secrets = [\"A\", \"a\"]", "`secrets` has A twice"},
           {"secrets = [\"A\"]\nvariables = [\"A\"]", "both have A"}}) {
    CHECK(contains(files.error_of(head + entry + line + "\n"), part));
  }
}

TEST_CASE("load_config: how long a claim lasts") {
  using namespace std::chrono_literals;
  Folder files;
  auto config = files.load(head + entry);
  REQUIRE(config);
  CHECK(config->claim_times.claim == 600s);
  CHECK(config->claim_times.heartbeat == 30s);
  CHECK(config->claim_times.margin == 11s);
  config = files.load("claim_time = \"12s\"\n" + head + entry);
  REQUIRE(config);
  CHECK(config->claim_times.claim == 12s);
  CHECK(config->claim_times.heartbeat == 3s);
  CHECK(config->claim_times.margin == 3s);
  for (const char* time : {"9s", "61m", "2h", "soon"}) {
    CHECK(contains(files.error_of("claim_time = \"" + std::string(time) + "\"\n" + head + entry),
                   "`claim_time`: write 90s, 10m or 1h (10s to 1h)"));
  }
}

TEST_CASE("load_config: what stays in the work folder") {
  using namespace std::chrono_literals;
  Folder files;
  auto config = files.load(head + entry);
  REQUIRE(config);
  CHECK(config->keep.runs == 24h * 90);
  CHECK(config->keep.last_runs == 10);
  CHECK(config->keep.checkouts == 24h * 30);
  config = files.load("keep_runs = \"forever\"\nkeep_last_runs = 3\nkeep_checkouts = \"1d\"\n" +
                      head + entry);
  REQUIRE(config);
  CHECK(!config->keep.runs);
  CHECK(config->keep.last_runs == 3);
  CHECK(config->keep.checkouts == 24h);
  for (const auto& [line, part] :
       {std::pair{"keep_runs = \"23h\"", "`keep_runs`: write 30d (at least 1d) or forever"},
        {"keep_runs = \"\"", "`keep_runs` is empty"},
        {"keep_checkouts = \"often\"", "`keep_checkouts`: write 30d"},
        {"keep_last_runs = \"3\"", "`keep_last_runs` must be a whole number"},
        {"keep_last_runs = 0", "`keep_last_runs` must be at least 1"},
        {"keep_last_runs = 1.5", "`keep_last_runs` must be a whole number"}}) {
    CHECK(contains(files.error_of(line + ("\n" + head) + entry), part));
  }
}

}  // namespace
}  // namespace esclusa::agent
