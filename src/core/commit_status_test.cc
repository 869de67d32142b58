#include "core/commit_status.h"

#include <doctest/doctest.h>

using namespace esclusa;
using namespace esclusa::core;

namespace {

std::vector<CommitStatus> reports(std::initializer_list<CommitState> states) {
  std::vector<CommitStatus> latest;
  for (CommitState state : states) latest.emplace_back().state = state;
  return latest;
}

std::string refused_field(const NewCommitStatus& input) {
  auto result = check_new_commit_status(input);
  return result ? "" : result.error().fields.at(0).field;
}

}  // namespace

TEST_CASE("combine: a failure or error wins, then pending or no reports, then success") {
  using enum CommitState;
  CHECK(combine({}) == pending);
  CHECK(combine(reports({success})) == success);
  CHECK(combine(reports({success, success})) == success);
  CHECK(combine(reports({success, pending})) == pending);
  CHECK(combine(reports({pending, failure})) == failure);
  CHECK(combine(reports({success, error})) == failure);
}

TEST_CASE("check_new_commit_status: lengths and links") {
  CHECK(refused_field({}) == "");
  CHECK(refused_field({.description = std::string(140, 'x')}) == "");
  CHECK(refused_field({.description = std::string(141, 'x')}) == "description");
  CHECK(refused_field({.context = std::string(255, 'x')}) == "");
  CHECK(refused_field({.context = std::string(256, 'x')}) == "context");
  CHECK(refused_field({.context = ""}) == "context");
  CHECK(refused_field({.context = "a\nb"}) == "context");
  CHECK(refused_field({.target_url = ""}) == "");
  CHECK(refused_field({.target_url = "javascript:alert(1)"}) == "target_url");
}
