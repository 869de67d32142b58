#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "core/deployment_kind.h"
#include "core/hook.h"

/// The headers of a delivery's request. They follow from the event, the hook and the time, so that
/// they are not stored: docs/decisions/0040-smaller-rows.md.
namespace esclusa::core {

/// What the headers of an attempt follow from, as rows have it. The texts are not owned.
struct AttemptFacts {
  std::string_view guid;
  std::string_view kind;  ///< of the event
  int64_t event_no = 0;   ///< 0: the event has none
  HookId hook;
  HookTarget target;
  Timestamp at{};  ///< when it was made
};

/// What else they follow from: how the hook was configured then, and what had happened meanwhile.
struct AttemptForm {
  bool is_form = false;    ///< the hook's content type
  bool is_signed = false;  ///< the hook had a secret
  std::optional<DeploymentId> superseded_by = {};
  std::optional<Repeats> repeats = {};  ///< what the event's deployment does

  /// A short text that `parse` reads, as in `1js41r7`: the version of the headers, json or form,
  /// signed, superseded by that deployment, a rollback (`r`), redeploy (`d`) or promotion (`p`) of
  /// that deployment.
  std::string text() const;
  static std::optional<AttemptForm> parse(std::string_view text);
};

using HeaderList = std::vector<std::pair<std::string_view, std::string>>;

/// GitHub's headers and our own, without credentials and signatures, in the order in which they are
/// sent.
HeaderList delivery_headers(const AttemptFacts& facts, const AttemptForm& form);
/// Those of Standard Webhooks that a signed request has in addition, without the signature.
HeaderList webhook_headers(const AttemptFacts& facts);

/// The JSON object of all these headers, as the API shows them.
std::string shown_request_headers(const AttemptFacts& facts, const AttemptForm& form);

/// The form from which `shown_request_headers` makes exactly this JSON text; nullopt if there is
/// none, as for headers of an earlier version or with masked credentials.
std::optional<AttemptForm> form_of(const AttemptFacts& facts, std::string_view shown);

}  // namespace esclusa::core
