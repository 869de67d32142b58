#pragma once
#include <memory>
#include <string>

#include "app/kept.h"
#include "base/limits.h"
#include "core/actor.h"
#include "core/operation.h"
#include "http/message.h"

namespace esclusa::api {

/// Whole answers to reads, kept while no commit has changed anything that they were made from
/// (docs/decisions/0031). One is found by all that it may depend on: the address, the credentials
/// and the headers that say in which form it is wanted. Any thread.
class KeptAnswers {
 public:
  struct Answer {
    core::Actor actor;
    const core::Operation* operation;
    /// With an ETag that was not yet compared with the client's, and without the headers that
    /// differ for each request.
    http::Response response;
  };

  /// Null if none is kept that is true now. Whether the actor may still act is for the caller to
  /// ask: time ends tokens without a change.
  std::shared_ptr<const Answer> find(const http::Request& request, const app::SnapshotMoment& now);
  /// `made` is the moment of the snapshot that it was made in, and `sources` all that it shows.
  void keep(const http::Request& request, const app::SnapshotMoment& made,
            const app::Sources& sources, Answer answer);

 private:
  app::Kept kept_{limits::kept_answer_bytes};
};

}  // namespace esclusa::api
