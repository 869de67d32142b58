#pragma once
#include "base/error.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "core/check_run.h"
#include "core/commit.h"
#include "core/repository.h"
#include "wire/urls.h"

namespace esclusa::wire {

/// The body of `POST …/check-runs`; `name` and `head_sha` are required.
Result<core::CheckRunInput> parse_new_check_run(std::string_view body);
/// The body of `PATCH …/check-runs/{id}`.
Result<core::CheckRunInput> parse_check_run_changes(std::string_view body);

/// GitHub's `check-run`. Each run is a check suite of its own. Its `app` is the account that
/// reported it, because clients require an app: on GitHub only apps report runs.
void write_check_run(JsonWriter& json, const core::CheckRun& run,
                     const core::Repository& repository, const Urls& urls);

/// The same for `check_run` events, whose schema requires a whole suite.
void write_event_check_run(JsonWriter& json, const core::CheckRun& run,
                           const core::Repository& repository, const Urls& urls);

/// GitHub's `check-annotation`, from one annotation as it was sent.
void write_annotation(JsonWriter& json, const Json& annotation, const core::CheckRun& run,
                      const core::Repository& repository, const Urls& urls);

/// GitHub's `check-suite`, which contains only this run. `head` is the run's commit; the `app` is
/// as in events.
void write_check_suite(JsonWriter& json, const core::CheckRun& run, const core::Commit& head,
                       const core::Repository& repository, const Urls& urls);

}  // namespace esclusa::wire
