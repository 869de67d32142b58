#pragma once
#include "core/check_run.h"
#include "core/commit.h"
#include "core/repository.h"
#include "wire/json.h"
#include "wire/json_writer.h"
#include "wire/urls.h"

namespace esclusa::wire {

/// The body of `POST …/check-runs`: `name` and `head_sha` must be there.
Result<core::CheckRunInput> parse_new_check_run(std::string_view body);
/// The body of `PATCH …/check-runs/{id}`.
Result<core::CheckRunInput> parse_check_run_changes(std::string_view body);

/// GitHub's `check-run`. Each is a suite of its own. Who reported the run stands there as its app:
/// on GitHub, nobody else can report any, and clients take it for granted.
void write_check_run(JsonWriter& json, const core::CheckRun& run,
                     const core::Repository& repository, const Urls& urls);

/// The same as `check_run` events have it: their schema demands a whole suite.
void write_event_check_run(JsonWriter& json, const core::CheckRun& run,
                           const core::Repository& repository, const Urls& urls);

/// One of a run's annotations, as GitHub's `check-annotation`, from what was sent.
void write_annotation(JsonWriter& json, const Json& annotation, const core::CheckRun& run,
                      const core::Repository& repository, const Urls& urls);

/// GitHub's `check-suite`: the one that a run is alone in. `head` is the run's commit; its app is
/// as in events.
void write_check_suite(JsonWriter& json, const core::CheckRun& run, const core::Commit& head,
                       const core::Repository& repository, const Urls& urls);

}  // namespace esclusa::wire
