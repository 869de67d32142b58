#pragma once
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "app/context.h"
#include "base/limits.h"
#include "core/actor.h"
#include "core/event.h"
#include "core/gates.h"
#include "store/audit.h"
#include "store/event_bodies.h"
#include "wire/event_body.h"

namespace esclusa::app {

/// One change of the state by one actor: a write transaction with one time, its audit rows, its
/// events, and who is told of it after the commit. `app::change` makes it.
///
///     change(context, actor, [&](Change& change) -> Result<T> {
///       …                                rows are read and written through change.rows
///       change.audit({…});               at least one, or change.skip_audit()
///       change.raise(event, body);       deliveries and the feed follow from it
///       return …;                        an error undoes all of it
///     });                                → commit → context.committed(topics), once
///
/// The work may run again after a conflict, so it must change nothing but rows.
class Change {
 public:
  Change(const Context& context, const core::Actor& actor, Writer& rows)
      : context(context), actor(actor), rows(rows), now(context.now()), boot(context.boot_now()) {}
  Change(const Change&) = delete;

  const Context& context;
  const core::Actor& actor;
  Writer& rows;         ///< the transaction
  const Timestamp now;  ///< the time of everything in it
  const BootTime boot;  ///< the boot clock at `now`

  core::GateTime gate_time() const { return {now, boot}; }

  /// Writes an audit row: the actor did that. After the commit the log says it, too, with the
  /// environment that it concerns.
  void audit(const store::AuditEntry& entry, std::string_view environment = {});
  /// This change leaves no audit row, because nothing was changed, or nothing that is news.
  void skip_audit() { is_audit_settled_ = true; }
  bool is_audit_settled() const { return is_audit_settled_; }

  /// An event of this moment, with a GUID of its own.
  core::Event new_event(std::optional<RepositoryId> repository, std::string kind,
                        std::string action = {}) const;
  /// Inserts the event with its frozen body and its deliveries. It is the actor's, unless another
  /// one is given on whose behalf the server speaks.
  EventId raise(const core::Event& event, std::string_view body);
  EventId raise(const core::Event& event, std::string_view body, const core::Actor& by);
  /// What the body of an event says of the repository and of the account that sends it.
  wire::EventContext event_context(const core::Repository& repository) {
    return event_context(repository, actor.sender());
  }
  wire::EventContext event_context(const core::Repository& repository, const core::Account& sender);

  /// Some delivery may be due after the commit.
  void touch_deliveries() { topics_.deliveries = true; }
  Topics topics() const { return topics_; }

  /// An audit row, as the log says it.
  struct Act {
    std::string action;
    std::optional<RepositoryId> repository_id;
    int64_t target_id;
    std::string environment;  ///< empty: it concerns none
  };
  const std::vector<Act>& acts() const { return acts_; }

 private:
  bool is_audit_settled_ = false;
  std::vector<Act> acts_;
  Topics topics_;
  std::vector<std::shared_ptr<const store::BodyEnd>> ends_;  ///< that `event_context` gave
};

/// Throws (a bug) if the change wrote no audit row and did not call `skip_audit`.
void check_audited(const Change& change);

/// What was done, a line for each.
void log_acts(const core::Actor& actor, const std::vector<Change::Act>& acts);

/// Whether the engine undid the transaction because of another one, so that it is worth another
/// try.
bool is_conflict(const Error& error);

/// Runs `work(Change&) -> Result<T>` in one write transaction, again if the engine reports a
/// conflict with another one. After the commit it logs what was done, and tells whoever must know
/// once. Gives what `work` gives.
template <class Work>
auto change(const Context& context, const core::Actor& actor, Work work)
    -> std::invoke_result_t<Work, Change&> {
  for (int tries = 1;; ++tries) {
    Topics topics;
    std::vector<Change::Act> acts;
    auto answer = context.database.write([&](Writer& rows) -> std::invoke_result_t<Work, Change&> {
      Change change(context, actor, rows);
      auto done = work(change);
      if (done) check_audited(change);
      topics = change.topics();
      acts = change.acts();
      return done;
    });
    if (!answer && is_conflict(answer.error()) && tries < limits::transaction_tries) continue;
    if (answer) log_acts(actor, acts);
    if (answer && topics.any()) context.committed(topics);
    return answer;
  }
}

}  // namespace esclusa::app
