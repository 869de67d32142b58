#pragma once
#include <atomic>
#include <deque>
#include <string>

#include "app/administration.h"
#include "base/json.h"
#include "base/log.h"
#include "store/accounts.h"
#include "store/repositories.h"
#include "support/served_repository.h"

namespace esclusa::test {

/// Counts the changes of one thing: odd while a change is under way. Who reads the same even number
/// before and after a request knows what the answer must be.
class Changes {
 public:
  template <class Change>
  void make(Change change) {
    ++number_;
    change();
    ++number_;
  }
  int64_t number() const { return number_; }

 private:
  std::atomic<int64_t> number_ = 0;
};

/// ada's private repository, which bob may read at times, which has one name of two, and whose
/// deployments come, go and get statuses.
struct ChangingWorld : ServedRepository {
  ChangingWorld() {
    log::set_level(log::Level::error);
    context.now = system_now;
    must(app::create_account(context, administrator, {.login = "bob", .human = ""}));
    bob = token("bob", "repo");
    for (int i = 0; i < 4; ++i) create();
  }
  ~ChangingWorld() { log::set_level(log::Level::info); }

  http::Response ask(const std::string& method, const std::string& path, const std::string& token,
                     const std::string& body = "") {
    auto request = make_request(method, path);
    request.headers.add("Authorization", "Bearer " + token);
    request.body = body;
    // From many places: a peer with many wrong tokens is refused for a while.
    const unsigned place = ++requests % 65'536;
    request.peer = "10." + std::to_string(place / 256) + "." + std::to_string(place % 256) + ".1";
    return api.serve(request);
  }
  std::string path() const { return "/repositories/" + std::to_string(access.repository.id.value); }
  static const char* name_at(int64_t change) {
    return change / 2 % 2 == 0 ? "application" : "other";
  }
  static bool bob_may_read_at(int64_t change) { return change / 2 % 2 == 1; }

  void create() {
    created.make([&] {
      const auto answer = ask("POST", path() + "/deployments", ada,
                              R"({"ref":"main","required_contexts":[],"environment":"qa"})");
      REQUIRE(answer.status == 201);
      newest = must(Json::parse(answer.body)).integer_at("id").value();
    });
  }
  /// A status of the first deployment, whose state alternates.
  void report() {
    reported.make([&] {
      const char* state = reported.number() / 2 % 2 == 0 ? "in_progress" : "failure";
      REQUIRE(ask("POST", path() + "/deployments/1/statuses", ada,
                  R"({"state":")" + std::string(state) + R"("})")
                  .status == 201);
    });
  }
  /// Deletes the oldest deployment but the first, after it was made inactive.
  void remove() {
    removed.make([&] {
      const std::string one = path() + "/deployments/" + std::to_string(++last_removed);
      REQUIRE(ask("POST", one + "/statuses", ada, R"({"state":"inactive"})").status == 201);
      REQUIRE(ask("DELETE", one, ada).status == 204);
    });
  }
  void rename() {
    renamed.make([&] {
      must(write([&](store::Writer& tx) {
        const auto repository = *store::find_repository(tx, access.repository.id);
        const char* name = repository.name == "other" ? "application" : "other";
        store::rename_repository(tx, repository, name, system_now());
      }));
    });
  }
  void change_role() {
    granted.make([&] {
      const auto role = bob_may_read_at(granted.number()) ? core::Role::none : core::Role::read;
      must(write([&](store::Writer& tx) {
        store::set_role(tx, access.repository.id, store::find_account(tx, "bob")->id, role);
      }));
    });
  }
  /// A new token of ada's takes the place of the last one, which is revoked.
  void renew_token() {
    renewed.make([&] {
      const auto made = must(app::create_token(
          context, administrator,
          {.login = "ada", .name = "n", .scopes = "repo", .expires_in = std::nullopt}));
      const auto* before = tokens.exchange(&all_tokens.emplace_back(made.text.reveal()));
      if (before != nullptr) {
        must(app::revoke_token(context, administrator, last_token));
        revoked = before;
      }
      last_token = made.token.id;
    });
  }

  const std::string ada = token("ada", "repo");
  std::string bob;
  Changes created, reported, removed, renamed, granted, renewed;
  std::atomic<int64_t> newest = 0, last_removed = 1;
  std::atomic<unsigned> requests = 0;
  std::deque<std::string> all_tokens;
  std::atomic<const std::string*> tokens = nullptr, revoked = nullptr;  ///< of these
  TokenId last_token;
};

}  // namespace esclusa::test
