#include "app/deploy_keys.h"

#include <doctest/doctest.h>

#include <cstdlib>

#include "base/json.h"
#include "base/process.h"
#include "support/app_fixture.h"
#include "support/public_keys.h"

using namespace esclusa;
using test::at;
using test::must;

namespace {

struct KeyFixture : test::AppFixture {
  KeyFixture() {
    core::HookInput input;
    input.config = core::HookConfig{.url = "https://a.example", .secret = {}};
    input.events = {{"deploy_key"}};
    must(app::create_hook(context, access, input));
    told = {};
    audits_before = audits().size();
  }
  size_t audit_count() { return audits().size() - audits_before; }
  Result<core::DeployKey> create(const std::string& key, const app::RepositoryAccess& where) {
    core::NewDeployKey input;
    input.key = key;
    return app::create_deploy_key(context, where, input);
  }
  Result<core::DeployKey> create(const std::string& key) { return create(key, access); }
  std::vector<Json> event_bodies() {
    std::vector<Json> bodies;
    for (const auto& event : events("deploy_key")) {
      bodies.push_back(must(Json::parse(event.body)));
    }
    return bodies;
  }

  Result<core::DeployKey> get(DeployKeyId id) {
    return read([&](store::Reader& db) { return app::get_deploy_key(db, access, id); });
  }

  app::RepositoryAccess access = add_bare("application");
  app::RepositoryAccess other = add_bare("other");
  size_t audits_before = 0;
};

/// Generates a key of that algorithm and size with ssh-keygen, and returns its public line.
std::string generated(const test::TempFolder& folder, const std::string& algorithm,
                      const std::string& bits) {
  const std::string file = (folder / (algorithm + bits)).string();
  ProcessSpec spec;
  spec.arguments = {"ssh-keygen", "-q",      "-N", "",   "-C", "made for a test",
                    "-t",         algorithm, "-b", bits, "-f", file};
  spec.environment = {std::string("PATH=") + std::getenv("PATH")};
  REQUIRE(must(run_process(spec)).succeeded());
  return test::read_file(file + ".pub");
}

}  // namespace

TEST_CASE("create_deploy_key: is stored, announced and audited") {
  KeyFixture app;
  app.now = at(3);
  core::NewDeployKey input;
  input.key = test::public_key("a") + " ada@shop\n";
  input.read_only = true;
  input.expires_at = at(9);
  const auto made = must(app::create_deploy_key(app.context, app.access, input));
  const auto read = must(app.get(made.id));
  CHECK(read.key.text == test::public_key("a"));
  CHECK(read.key.fingerprint.starts_with("SHA256:"));
  CHECK(read.title == "ada@shop");
  CHECK(read.read_only);
  CHECK(read.added_by.login == "ada");
  CHECK(read.created_at == at(3));
  CHECK(read.expires_at == at(9));
  CHECK_FALSE(read.last_used_at);
  CHECK(app.audit_count() == 1);
  REQUIRE(app.audits("deploy_key.create").size() == 1);
  CHECK(app.audits("deploy_key.create")[0].detail.contains("SHA256:"));
  CHECK(app.told.events);
  CHECK(std::ranges::count(app.deliveries(), "deploy_key", &test::StoredDelivery::event) == 1);
  const auto events = app.event_bodies();
  REQUIRE(events.size() == 1);
  CHECK(events[0].string_at("action") == "created");
  CHECK(events[0].integer_at("key", "id") == made.id.value);
  CHECK(events[0].string_at("key", "title") == "ada@shop");
  CHECK(events[0].string_at("sender", "login") == "ada");
}

TEST_CASE("create_deploy_key: accepts OpenSSH's keys of each type, and refuses weak ones") {
  KeyFixture app;
  for (const auto& [algorithm, bits] :
       {std::pair("ed25519", "256"), std::pair("ecdsa", "256"), std::pair("ecdsa", "384"),
        std::pair("ecdsa", "521"), std::pair("rsa", "2048")}) {
    CAPTURE(algorithm);
    const std::string line = generated(app.folder, algorithm, bits);
    const auto made = app.create(line);
    REQUIRE(made);
    CHECK(made->title == "made for a test");
    CHECK(line.starts_with(made->key.text + " made"));
  }
  const auto refused = app.create(generated(app.folder, "rsa", "1024"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().reason_code == "weak_key");
  CHECK(app.row_count("deploy_key") == 5);
}

TEST_CASE("create_deploy_key: OpenSSH refuses what only looks like a key") {
  KeyFixture app;
  auto field = [](const std::string& bytes) {
    return std::string{0, 0, 0, static_cast<char>(bytes.size())} + bytes;
  };
  const std::string name = field("ssh-ed25519"), point = field(std::string(32, 'a'));
  for (const auto& [type, bytes] :
       {std::pair("ssh-ed25519", name), std::pair("ssh-ed25519", name + field("short")),
        std::pair("ssh-ed25519", name + point + "x"), std::pair("ssh-rsa", name + point),
        std::pair("ecdsa-sha2-nistp256",
                  field("ecdsa-sha2-nistp256") + field("nistp256") + field(std::string(65, 4)))}) {
    const auto refused = app.create(std::string(type) + " " + base64(bytes));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::invalid);
    CHECK(refused.error().fields.at(0).message ==
          "key is invalid. You must supply a key in OpenSSH public key format");
  }
  CHECK(app.create("ssh-ed25519 " + base64(name + point)));
  CHECK(app.create("sk-ssh-ed25519@openssh.com " +
                   base64(field("sk-ssh-ed25519@openssh.com") + point + field("ssh:"))));
  CHECK(app.row_count("deploy_key") == 2);
  CHECK(app.audit_count() == 2);
}

TEST_CASE("create_deploy_key: refuses every key without ssh-keygen") {
  KeyFixture app;
  const std::string path = std::getenv("PATH");
  setenv("PATH", app.folder.path().c_str(), 1);
  const auto refused = app.create(test::public_key("a"));
  setenv("PATH", path.c_str(), 1);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::unavailable);
  CHECK(app.row_count("deploy_key") == 0);
}

TEST_CASE("create_deploy_key: refuses a key that any repository already uses") {
  KeyFixture app;
  const auto made = must(app.create(test::public_key("a")));
  for (const auto* where : {&app.access, &app.other}) {
    const auto refused = app.create(test::public_key("a") + " another comment", *where);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().reason_code == "key_in_use");
    CHECK(refused.error().fields.at(0).message == "key is already in use");
  }
  CHECK(app.audit_count() == 1);
  CHECK(app.event_bodies().size() == 1);
  must(app::delete_deploy_key(app.context, app.access, made.id));
  CHECK(app.create(test::public_key("a"), app.other));
}

TEST_CASE("create_deploy_key: refuses an expiry that is not in the future") {
  KeyFixture app;
  app.now = at(5);
  core::NewDeployKey input;
  input.key = test::public_key("a");
  input.expires_at = at(5);
  const auto refused = app::create_deploy_key(app.context, app.access, input);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().reason_code == "invalid_expiry");
  CHECK(app.row_count("deploy_key") == 0);
}

TEST_CASE("delete_deploy_key: is deleted, announced and audited; only in its own repository") {
  KeyFixture app;
  const auto made = must(app.create(test::public_key("a")));
  CHECK_FALSE(app::delete_deploy_key(app.context, app.other, made.id));
  app.told = {};
  must(app::delete_deploy_key(app.context, app.access, made.id));
  CHECK(app.told.events);
  CHECK(app.audits("deploy_key.delete").size() == 1);
  const auto events = app.event_bodies();
  REQUIRE(events.size() == 2);
  CHECK(events[1].string_at("action") == "deleted");
  CHECK(events[1].find("key")->text() == events[0].find("key")->text());
  const auto again = app::delete_deploy_key(app.context, app.access, made.id);
  REQUIRE_FALSE(again);
  CHECK(again.error().code == ErrorCode::not_found);
  CHECK_FALSE(app.get(made.id));
  CHECK(must(app.read([&](store::Reader& db) {
          return app::list_deploy_keys(db, app.access, {});
        })).total_count == 0);
  CHECK(app.event_bodies().size() == 2);
}

TEST_CASE("get_deploy_key: a blocked account's key is not enabled") {
  KeyFixture app;
  const auto made = must(app.create(test::public_key("a")));
  CHECK(core::is_enabled(must(app.get(made.id)), app.now));
  app.block("ada");
  const auto read = must(app.get(made.id));
  CHECK_FALSE(core::is_enabled(read, app.now));
}

TEST_CASE("create_deploy_key: line breaks in a key are ignored; two joined keys are refused") {
  KeyFixture app;
  const std::string one = test::public_key("one");
  const size_t middle = one.size() / 2;
  const auto made = must(app.create(one.substr(0, middle) + "\n" + one.substr(middle) + "\n"));
  CHECK(made.key.text == one);
  const auto again = app.create(one);
  REQUIRE_FALSE(again);
  CHECK(again.error().reason_code == "key_in_use");
  // Two joined base64 keys are valid base64, but OpenSSH does not accept them as a key.
  const std::string other = test::public_key("other");
  for (const std::string& rest : {other.substr(other.find(' ') + 1), std::string("admin"),
                                  std::string("AAAA"), "restrict " + other}) {
    const auto refused = app.create(test::public_key("third") + "\n" + rest);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().reason_code == "invalid_key");
  }
  CHECK(app.row_count("deploy_key") == 1);
}
