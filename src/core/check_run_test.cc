#include "core/check_run.h"

#include <doctest/doctest.h>

#include "base/limits.h"

using namespace esclusa;
using namespace esclusa::core;
using namespace std::chrono_literals;

namespace {

const Timestamp now = from_micros(1'790'000'000'000'000);

CheckRun applied(const CheckRunInput& input, CheckRun run = {}) {
  REQUIRE(apply(input, run, now));
  return run;
}

}  // namespace

TEST_CASE("apply: without other input, a run is queued and starts now") {
  CheckRun run = applied({});
  CHECK(run.status == CheckStatus::queued);
  CHECK(run.started_at == now);
  CHECK_FALSE(run.completed_at.has_value());
  CheckRunInput input;
  input.started_at = now - 1h;
  CHECK(applied(input).started_at == now - 1h);
}

TEST_CASE("apply: a conclusion completes the run, another status removes the conclusion") {
  CheckRunInput done;
  done.conclusion = CheckConclusion::failure;
  done.status = CheckStatus::in_progress;  // as on GitHub, the conclusion wins
  CheckRun run = applied(done);
  CHECK(run.status == CheckStatus::completed);
  CHECK(run.conclusion == CheckConclusion::failure);
  CHECK(run.completed_at == now);

  CheckRunInput rename;
  rename.name = "other";
  run = applied(rename, run);
  CHECK(run.conclusion == CheckConclusion::failure);

  CheckRunInput again;
  again.status = CheckStatus::queued;
  run = applied(again, run);
  CHECK(run.status == CheckStatus::queued);
  CHECK_FALSE(run.conclusion.has_value());
  CHECK_FALSE(run.completed_at.has_value());
}

TEST_CASE("apply: only the given fields of the output change, and annotations are added") {
  CheckRunInput first;
  first.output = CheckOutput{"title", "summary", std::nullopt};
  first.annotations = {"1"};
  CheckRunInput second;
  second.output = CheckOutput{std::nullopt, "changed", "text"};
  second.annotations = {"2", "3"};
  const CheckRun run = applied(second, applied(first));
  CHECK(run.output.title == "title");
  CHECK(run.output.summary == "changed");
  CHECK(run.output.text == "text");
  CHECK(run.annotations == "[1,2,3]");
  CHECK(run.annotation_count == 3);
}

TEST_CASE("apply: the number of annotations of a run is limited") {
  CheckRun run;
  run.annotation_count = static_cast<int64_t>(limits::annotations_per_run) - 1;
  CheckRunInput input;
  input.annotations = {"1"};
  CHECK(apply(input, run, now));
  auto refused = apply(input, run, now);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().reason_code == "too_many_annotations");
}

TEST_CASE(
    "check_check_run: completed requires a conclusion; names, links and lengths are checked") {
  CheckRunInput input;
  CHECK(check_check_run(input));
  input.status = CheckStatus::completed;
  CHECK(check_check_run(input).error().message ==
        "Invalid request.\n\n\"conclusion\" wasn't supplied.");
  input.conclusion = CheckConclusion::success;
  CHECK(check_check_run(input));

  auto refused = [](auto set) {
    CheckRunInput each;
    set(each);
    return !check_check_run(each);
  };
  CHECK(refused([](auto& each) { each.name = ""; }));
  CHECK(refused([](auto& each) { each.name = "a\tb"; }));
  CHECK(refused([](auto& each) { each.name = std::string(256, 'x'); }));
  CHECK(refused([](auto& each) { each.external_id = std::string(256, 'x'); }));
  CHECK(refused([](auto& each) { each.details_url = "ftp://example.com"; }));
  CHECK(refused([](auto& each) { each.annotations.resize(51); }));
  CHECK(refused([](auto& each) { each.output = CheckOutput{{}, std::string(65'536, 'x'), {}}; }));
  CHECK_FALSE(refused([](auto& each) { each.annotations.resize(50); }));
}
