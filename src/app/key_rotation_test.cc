#include "app/key_rotation.h"

#include <doctest/doctest.h>

#include "app/environment_secrets.h"
#include "app/environments.h"
#include "base/limits.h"
#include "store/environment_secrets.h"
#include "store/environments.h"
#include "store/identity.h"
#include "support/app_fixture.h"
#include "support/fake_keys.h"

using namespace esclusa;
using test::at;
using test::found;
using test::must;
using namespace std::chrono_literals;

namespace {

/// A server whose keys are those of `keeper`: a repository with a hook, and an environment with a
/// secret. `src/bin/key_rotation_test.cc` has a real data folder.
struct Fixture : test::AppFixture {
  explicit Fixture(bool is_external = false)
      : keeper(is_external),
        rotating{.database = context.database,
                 .sealer = keeper.sealer(),
                 .now = context.now,
                 .boot_now = context.boot_now,
                 .event_urls = context.event_urls,
                 .repositories_directory = context.repositories_directory,
                 .committed = context.committed,
                 .token_use = token_use,
                 .keys = &keeper} {
    must(write([&](store::Writer& tx) {
      store::insert_identity(tx, {"data", digest(keeper.keys()[0])}, now);
    }));
    must(app::put_environment(rotating, ada, "production", {}));
    box = sealed("one");
    put("A");
    must(write([&](store::Writer& tx) {
      core::Hook hook;
      hook.target = ada.repository.id;
      hook.url = "http://127.0.0.1:1/";
      hook.secret = Secret("hook's");
      hook.events = {"*"};
      hook.created_at = now;
      hook_id = store::insert_hook(tx, keeper.sealer(), hook, account("ada").id);
    }));
  }

  static std::string digest(const SealingKey& key) { return store::key_digest(key.key, "data"); }
  static SealingKey key(int number, char c) {
    return {number, Secret(std::string(SealingKey::bytes, c))};
  }

  core::SealedSecret sealed(const std::string& value) {
    const auto key = must(app::get_environment_public_key(rotating, ada, "production"));
    return {found(seal_box(key.key, Secret(value))), std::to_string(key.id)};
  }
  std::string put(const std::string& name) {
    const auto done = app::put_environment_secret(rotating, ada, "production", name, box);
    return done ? "" : done.error().reason_code;
  }
  std::string rotate(const std::optional<SealingKey>& given = {}) {
    const auto report = app::rotate_key(rotating, administrator, given);
    if (!report) return report.error().reason_code;
    return report->former_key_id + " to " + report->key_id + ", " +
           std::to_string(report->resealed) + " resealed";
  }
  /// Whether the hook's secret and the environment's open with this key alone.
  bool opens_with(const SealingKey& key) {
    const Sealer alone({key});
    return must(read([&](store::Reader& db) {
      const auto hook = found(store::find_hook(db, alone, ada.repository.id, hook_id));
      const auto environment = found(store::find_environment(db, ada.repository.id, "production"));
      bool opens = hook.secret.reveal() == "hook's";
      for (const auto& secret : store::open_environment_secrets(db, alone, environment)) {
        opens = opens && secret.value && secret.value->reveal() == "one";
      }
      return opens;
    }));
  }
  std::string identity_digest() {
    return found(must(read([](store::Reader& db) { return store::find_identity(db); }))).key_digest;
  }
  bool has_rotation() {
    return must(read([](store::Reader& db) { return store::find_key_rotation(db); })).has_value();
  }

  app::RepositoryAccess ada = add_bare("secrets");
  test::FakeKeys keeper;
  app::Context rotating;
  core::SealedSecret box;
  HookId hook_id;
};

struct Killed {};

}  // namespace

TEST_CASE("rotate_key: all texts are sealed by the new key, and the database belongs to it") {
  Fixture app;
  const SealingKey first = app.keeper.keys()[0];
  CHECK(app.opens_with(first));
  CHECK(app.rotate() == "k1 to k2, 3 resealed");
  REQUIRE(app.keeper.keys().size() == 1);
  const SealingKey second = app.keeper.keys()[0];
  CHECK(second.number == 2);
  CHECK(app.opens_with(second));
  CHECK_FALSE(app.opens_with(first));
  CHECK(app.identity_digest() == Fixture::digest(second));
  CHECK_FALSE(app.has_rotation());
  const auto audits = app.audits("secret_key");
  REQUIRE(audits.size() == 2);
  CHECK(audits[0].detail.contains("k2"));
  CHECK(app.rotate() == "k2 to k3, 3 resealed");
  CHECK(app.opens_with(app.keeper.keys()[0]));
}

TEST_CASE("rotate_key: a former text opens until every snapshot of before has ended") {
  Fixture app;
  const std::string text = app.keeper.sealer().seal("c", Secret("plain"));
  app.rotate();
  const auto now = app::KeyKeeper::Clock::now();
  app.keeper.forget_former(now);
  CHECK(app.keeper.sealer().unseal("c", text));
  app.keeper.forget_former(now + limits::snapshot_time + 1min);
  CHECK_FALSE(app.keeper.sealer().unseal("c", text));
  CHECK(app.opens_with(app.keeper.keys()[0]));
}

TEST_CASE("rotate_key: a public key that a client has stays valid for an hour") {
  Fixture app;
  app.rotate();
  const std::string key_id = app.box.key_id;
  CHECK(app.sealed("two").key_id != key_id);
  app.pass(limits::former_box_key_time);
  CHECK(app.put("B") == "");
  app.pass(1us);
  CHECK(app.put("C") == "unknown_key");
  app.box = app.sealed("one");
  CHECK(app.put("C") == "");
  CHECK(app.opens_with(app.keeper.keys()[0]));
}

TEST_CASE("rotate_key: goes on after an end at each step, also twice in one rotation") {
  for (int step = 1; step <= 5; ++step) {
    for (int again = 1; again <= 5; ++again) {
      CAPTURE(step);
      CAPTURE(again);
      Fixture app;
      const auto end_at = [&](int last) {
        app.keeper.on_step = [last](int reached) {
          if (reached == last) throw Killed();
        };
      };
      end_at(step);
      CHECK_THROWS_AS(app.rotate(), Killed);
      CHECK(app.put("B") == "");
      end_at(again);
      try {
        must(app::resume_rotation(app.rotating));
      } catch (const Killed&) {
      }
      CHECK(app.put("C") == "");
      end_at(0);
      must(app::resume_rotation(app.rotating));
      REQUIRE(app.keeper.keys().size() == 1);
      CHECK(app.keeper.keys()[0].number == 2);
      CHECK(app.opens_with(app.keeper.keys()[0]));
      CHECK(app.identity_digest() == Fixture::digest(app.keeper.keys()[0]));
      CHECK_FALSE(app.has_rotation());
      CHECK(app.audits("secret_key").size() == 2);
      CHECK_FALSE(must(app::resume_rotation(app.rotating)).has_value());
    }
  }
}

TEST_CASE("rotate_key: with a text that no key opens the key is not changed") {
  Fixture app;
  const SealingKey first = app.keeper.keys()[0];
  must(app.write(
      [](store::Writer& tx) { tx.execute("update hook set credentials_sealed = 'k7:AAAA'"); }));
  CHECK(app.rotate() == "unreadable_secrets");
  REQUIRE(app.keeper.keys().size() == 1);
  CHECK(app.keeper.keys()[0].number == 1);
  CHECK_FALSE(app.has_rotation());
  CHECK(app.opens_with(first));
  must(app.write(
      [](store::Writer& tx) { tx.execute("update hook set credentials_sealed = null"); }));
  CHECK(app.rotate() == "k1 to k2, 3 resealed");
}

TEST_CASE("rotate_key: the end removes no key while a text opens with none") {
  // A text that names the former key, one that names the new key, and one that names neither.
  for (const char* text : {"k1:AAAA", "k2:AAAA", "k7:AAAA"}) {
    CAPTURE(text);
    Fixture app;
    const SealingKey first = app.keeper.keys()[0];
    app.keeper.on_step = [&](int step) {
      if (step != 3) return;
      must(app.write([&](store::Writer& tx) {
        tx.execute("update hook set credentials_sealed = $1", {text});
      }));
    };
    CHECK(app.rotate() == "unreadable_secrets");
    REQUIRE(app.keeper.keys().size() == 2);
    CHECK(app.identity_digest() == Fixture::digest(first));
    CHECK(app.has_rotation());
    CHECK(app.opens_with(app.keeper.keys()[1]));
    app.keeper.on_step = [](int) {};
    must(app.write(
        [](store::Writer& tx) { tx.execute("update hook set credentials_sealed = null"); }));
    CHECK(app.rotate() == "k1 to k2, 0 resealed");
    CHECK(app.keeper.keys().size() == 1);
  }
}

TEST_CASE("rotate_key: the right key under another number is not rotated away") {
  Fixture app;
  const SealingKey first = app.keeper.keys()[0];
  test::FakeKeys other(false, {{2, first.key}});
  app.rotating.keys = &other;
  CHECK(app.rotate() == "unreadable_secrets");
  CHECK(other.keys().size() == 1);
  CHECK(app.opens_with(first));
  // Two keys, of which the second is the right one under another number: as after a kill.
  test::FakeKeys both(false, {Fixture::key(1, 'x'), {2, first.key}});
  app.rotating.keys = &both;
  const auto resumed = app::resume_rotation(app.rotating);
  REQUIRE_FALSE(resumed);
  CHECK(resumed.error().reason_code == "unreadable_secrets");
  CHECK(both.keys().size() == 2);
  CHECK(app.opens_with(first));
}

TEST_CASE("rotate_key: one at a time") {
  Fixture app;
  std::string meanwhile;
  app.keeper.on_step = [&](int step) {
    if (step == 3) meanwhile = app.rotate();
  };
  CHECK(app.rotate() == "k1 to k2, 3 resealed");
  CHECK(meanwhile == "rotation_running");
}

TEST_CASE("rotate_key: with an external key the new one must be given, and is another") {
  Fixture app(true);
  const SealingKey present = app.keeper.keys()[0];
  CHECK(app.rotate() == "new_key_required");
  CHECK(app.rotate(Fixture::key(1, '2')) == "key_number_not_greater");
  CHECK(app.rotate(SealingKey{2, present.key}) == "key_unchanged");
  CHECK(app.opens_with(present));
  CHECK_FALSE(app.has_rotation());
  CHECK(app.rotate(Fixture::key(5, '5')) == "k1 to k5, 3 resealed");
  CHECK(app.opens_with(Fixture::key(5, '5')));

  Fixture inside;
  CHECK(inside.rotate(Fixture::key(2, '2')) == "key_in_folder");
}

TEST_CASE("rotate_key: a rotation that has begun ends before another key is taken") {
  Fixture app(true);
  app.keeper.on_step = [](int step) {
    if (step == 3) throw Killed();
  };
  CHECK_THROWS_AS(app.rotate(Fixture::key(2, '2')), Killed);
  app.keeper.on_step = [](int) {};
  CHECK(app.rotate(Fixture::key(3, '3')) == "rotation_to_another_key");
  CHECK(app.rotate(Fixture::key(2, '2')) == "k1 to k2, 0 resealed");
  CHECK(app.opens_with(Fixture::key(2, '2')));
}
