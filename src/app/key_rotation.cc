#include "app/key_rotation.h"

#include "app/change.h"
#include "base/check.h"
#include "base/limits.h"
#include "store/environment_secrets.h"
#include "store/identity.h"
#include "store/sealed_texts.h"
#include "wire/audit_detail.h"

namespace esclusa::app {

bool KeyKeeper::begin() {
  Lock lock(mutex_);
  if (is_rotating_) return false;
  is_rotating_ = true;
  former_until_.reset();
  return true;
}

void KeyKeeper::end(bool has_former_keys) {
  Lock lock(mutex_);
  is_rotating_ = false;
  if (has_former_keys) former_until_ = Clock::now() + limits::snapshot_time;
}

void KeyKeeper::forget_former(Clock::time_point now) {
  Lock lock(mutex_);
  if (!former_until_ || now < *former_until_) return;
  sealer_.forget_former();
  former_until_.reset();
}

namespace {

/// One rotation at a time.
class Turn {
 public:
  explicit Turn(KeyKeeper& keeper) : keeper_(keeper), has_begun_(keeper.begin()) {}
  ~Turn() {
    if (has_begun_) keeper_.end(has_ended_);
  }
  Turn(const Turn&) = delete;

  bool has_begun() const { return has_begun_; }
  void note_end() { has_ended_ = true; }

 private:
  KeyKeeper& keeper_;
  const bool has_begun_;
  bool has_ended_ = false;
};

std::unexpected<Error> refuse(const std::string& message, const std::string& reason_code) {
  return fail(ErrorCode::invalid, message, reason_code);
}

/// The identity of the database, which has one since the start.
store::DataIdentity identity_of(Reader& db) {
  auto identity = store::find_identity(db);
  ENSURE(identity.has_value());
  return *std::move(identity);
}

std::unexpected<Error> refuse_unreadable(int64_t count, const std::string& first,
                                         const std::string& what_stays) {
  return refuse(std::to_string(count) +
                    " of the sealed values open with none of the keys; the first is " + first +
                    ". " + what_stays +
                    " Restore the file of the keys with which they were sealed, or set these "
                    "secrets again or delete them; then rotate the key.",
                "unreadable_secrets");
}

/// Before the first step: a rotation that could not end does not begin.
Result<void> check_all_open(const Context& context, const Sealer& sealer) {
  const auto uses = TRY(context.database.read(
      [&](Reader& db) { return store::find_key_uses(db, sealer, store::Opening::all); }));
  int64_t count = 0;
  std::string first;
  for (const store::KeyUse& use : uses) {
    if (count == 0) first = use.first_unreadable;
    count += use.unreadable;
  }
  if (count == 0) return {};
  return refuse_unreadable(count, first, "The key was not changed.");
}

/// Step 2, unless an earlier try has made it.
Result<void> announce(const Context& context, const core::Actor& actor, const SealingKey& from,
                      const SealingKey& to) {
  return change(context, actor, [&](Change& change) -> Result<void> {
    const auto identity = identity_of(change.rows);
    const std::string digest = store::key_digest(to.key, identity.identity);
    const auto begun = store::find_key_rotation(change.rows);
    if (identity.key_digest == digest || (begun && begun->key_digest == digest)) {
      change.skip_audit();
      return {};
    }
    if (begun) {
      return refuse("A rotation to the key " + begun->key_id +
                        " has begun and must end first; the given key is another one.",
                    "rotation_to_another_key");
    }
    store::begin_key_rotation(change.rows, {to.id(), digest}, change.now);
    store::retire_environment_keys(change.rows, change.now,
                                   change.now - limits::former_box_key_time);
    change.audit({"secret_key.rotate", std::nullopt, to.number,
                  wire::audit_detail({{"from", from.id()}, {"to", to.id()}})});
    return {};
  });
}

/// Step 3. Gives the number of texts that were sealed again.
Result<int64_t> reseal_all(const Context& context, const Sealer& sealer) {
  store::ResealCount count;
  store::ResealPosition position;
  for (bool has_more = true; has_more;) {
    auto at = position;
    auto counted = count;
    const auto done = context.database.write([&](Writer& rows) -> bool {
      at = position;
      counted = count;
      return store::reseal_some(rows, sealer, at, limits::resealed_rows, counted);
    });
    if (!done && is_conflict(done.error())) continue;
    has_more = TRY(done);
    position = at;
    count = counted;
  }
  return count.resealed;
}

/// Step 4. A text that was written meanwhile by a transaction that had begun before step 2 is
/// sealed again here, too: in the transaction that says that there is none.
Result<store::ResealCount> finish(const Context& context, const core::Actor& actor,
                                  const Sealer& sealer, const SealingKey& from,
                                  const SealingKey& to, int64_t resealed) {
  return change(context, actor, [&](Change& change) -> Result<store::ResealCount> {
    const auto identity = identity_of(change.rows);
    const std::string digest = store::key_digest(to.key, identity.identity);
    store::ResealCount count{.resealed = resealed};
    store::ResealPosition position;
    while (store::reseal_some(change.rows, sealer, position, limits::resealed_rows, count)) {
    }
    if (count.unreadable > 0) {
      return refuse_unreadable(count.unreadable, count.first_unreadable,
                               "The rotation has not ended, and both keys stay.");
    }
    if (identity.key_digest == digest) {
      change.skip_audit();
      return count;
    }
    store::end_key_rotation(change.rows, digest);
    change.audit(
        {"secret_key.rotated", std::nullopt, to.number,
         wire::audit_detail({{"from", from.id()}, {"to", to.id()}, {"resealed", count.resealed}})});
    return count;
  });
}

/// All steps after the first. The keeper has both keys.
Result<KeyRotationReport> go_on(const Context& context, const core::Actor& actor, Turn& turn) {
  KeyKeeper& keeper = *context.keys;
  const SealingKey from = keeper.keys().front();
  const SealingKey to = keeper.keys().back();
  TRY(announce(context, actor, from, to));
  // Not before: where somebody else keeps the keys, only the database says that this one is needed.
  keeper.sealer().add(to);
  keeper.on_step(2);
  const int64_t resealed = TRY(reseal_all(context, keeper.sealer()));
  keeper.on_step(3);
  const auto count = TRY(finish(context, actor, keeper.sealer(), from, to, resealed));
  keeper.on_step(4);
  TRY(keeper.keep({to}));
  turn.note_end();
  keeper.on_step(5);
  return KeyRotationReport{from.id(), to.id(), count.resealed, keeper.is_external(),
                           keeper.place()};
}

/// The new key of a rotation that begins.
Result<SealingKey> next_key(const KeyKeeper& keeper, const std::optional<SealingKey>& given) {
  const SealingKey& present = keeper.keys().back();
  if (!keeper.is_external()) {
    if (given) {
      return refuse("The server makes and keeps its key itself: leave the new key out.",
                    "key_in_folder");
    }
    return SealingKey{present.number + 1, Secret(random_bytes(SealingKey::bytes))};
  }
  if (!given) {
    return refuse("The key is kept in " + keeper.place() +
                      ", where the server writes nothing: a rotation needs the new key.",
                  "new_key_required");
  }
  if (given->number <= present.number) {
    return refuse("The present key is " + present.id() + ", and the given one is " + given->id() +
                      ": a new key has a greater number. The next is k" +
                      std::to_string(present.number + 1) + ": make its file the line `k" +
                      std::to_string(present.number + 1) + " BASE64`.",
                  "key_number_not_greater");
  }
  if (given->key.reveal() == present.key.reveal()) {
    return refuse("The new key is the present one.", "key_unchanged");
  }
  return *given;
}

}  // namespace

Result<KeyRotationReport> rotate_key(const Context& context, const core::Actor& actor,
                                     const std::optional<SealingKey>& given) {
  if (context.keys == nullptr) {
    return fail(ErrorCode::unavailable, "This server does not keep the key.", "no_key");
  }
  KeyKeeper& keeper = *context.keys;
  Turn turn(keeper);
  if (!turn.has_begun()) {
    return fail(ErrorCode::conflict, "A rotation of the key runs already.", "rotation_running");
  }
  std::vector<SealingKey> keys = keeper.keys();
  if (keys.size() == 1) {
    keys.push_back(TRY(next_key(keeper, given)));
    TRY(check_all_open(context, keeper.sealer()));
    TRY(keeper.keep(keys));
    keeper.on_step(1);
  } else if (given && given->key.reveal() != keys.back().key.reveal()) {
    return refuse("A rotation to the key " + keys.back().id() + " has begun and must end first.",
                  "rotation_to_another_key");
  }
  return go_on(context, actor, turn);
}

Result<std::optional<KeyRotationReport>> resume_rotation(const Context& context) {
  ENSURE(context.keys != nullptr);
  if (context.keys->keys().size() == 1) return std::nullopt;
  Turn turn(*context.keys);
  ENSURE(turn.has_begun());
  return TRY(go_on(context, core::Actor::timer(), turn));
}

}  // namespace esclusa::app
