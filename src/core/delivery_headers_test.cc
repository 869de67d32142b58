#include "core/delivery_headers.h"

#include <doctest/doctest.h>

using namespace esclusa;
using core::AttemptFacts;
using core::AttemptForm;

namespace {

const AttemptFacts facts = {.guid = "0b989ba4-242f-11e5-81e1-c7b6966d2516",
                            .kind = "deployment",
                            .event_no = 3,
                            .hook = {292430182},
                            .target = RepositoryId{79929171},
                            .at = from_micros(1'700'000'000'999'999)};

}  // namespace

TEST_CASE("shown_request_headers: all that is sent, without signatures") {
  const AttemptForm form = {.is_signed = true, .superseded_by = DeploymentId{41}};
  CHECK(core::shown_request_headers(facts, form) ==
        R"({"Accept":"*/*","Content-Type":"application/json",)"
        R"("User-Agent":"GitHub-Hookshot/e5c105a",)"
        R"("X-GitHub-Delivery":"0b989ba4-242f-11e5-81e1-c7b6966d2516",)"
        R"("X-GitHub-Event":"deployment","X-GitHub-Hook-ID":"292430182",)"
        R"("X-GitHub-Hook-Installation-Target-ID":"79929171",)"
        R"("X-GitHub-Hook-Installation-Target-Type":"repository","X-Esclusa-Event-Number":"3",)"
        R"("X-Esclusa-Superseded-By":"41","webhook-id":"0b989ba4-242f-11e5-81e1-c7b6966d2516",)"
        R"("webhook-timestamp":"1700000000"})");
}

TEST_CASE(
    "delivery_headers: what the deployment repeats, and nothing of one that repeats nothing") {
  const auto shown = [](std::optional<core::Repeats> repeats) {
    return core::shown_request_headers(facts, {.repeats = repeats});
  };
  CHECK(shown(core::Repeats{core::DeploymentKind::rollback, {12}})
            .contains(R"("X-Esclusa-Kind":"rollback","X-Esclusa-Origin":"12")"));
  CHECK_FALSE(shown({}).contains("X-Esclusa-Kind"));
  CHECK_FALSE(shown({}).contains("X-Esclusa-Origin"));
}

TEST_CASE("form_of: the form of any headers, and none for others") {
  for (const core::HookTarget& target :
       {core::HookTarget(RepositoryId{1}), core::HookTarget(AccountId{2}),
        core::HookTarget(AppId{3})}) {
    for (const int64_t event_no : {0, 7}) {
      for (int bits = 0; bits < 32; ++bits) {
        AttemptFacts other = facts;
        other.target = target;
        other.event_no = event_no;
        AttemptForm form = {.is_form = (bits & 1) != 0, .is_signed = (bits & 2) != 0};
        if ((bits & 4) != 0) form.superseded_by = DeploymentId{1'000'000'007};
        if (bits >> 3 != 0) {
          form.repeats = core::Repeats{static_cast<core::DeploymentKind>(bits >> 3), {5}};
        }
        const std::string shown = core::shown_request_headers(other, form);
        const auto found = core::form_of(other, shown);
        REQUIRE(found);
        const auto parsed = AttemptForm::parse(found->text());
        REQUIRE(parsed);
        CHECK(core::shown_request_headers(other, *parsed) == shown);
        CHECK_FALSE(core::form_of(other, shown + " "));
        other.at += std::chrono::seconds(1);
        CHECK(core::form_of(other, shown).has_value() == !form.is_signed);
      }
    }
  }
  CHECK_FALSE(core::form_of(facts, "{}"));
  CHECK_FALSE(core::form_of(facts, ""));
}

TEST_CASE("AttemptForm: the text is short, and nothing else is read") {
  CHECK(AttemptForm{}.text() == "1j");
  CHECK(AttemptForm{.is_form = true, .is_signed = true, .superseded_by = DeploymentId{41}}.text() ==
        "1fs41");
  CHECK(AttemptForm{.superseded_by = DeploymentId{41},
                    .repeats = core::Repeats{core::DeploymentKind::rollback, {7}}}
            .text() == "1j41r7");
  for (const char* text : {"", "1", "2j", "1x", "js", "1j0", "1jx", "1j41s", "1js-4", "{}", "1jr",
                           "1jr0", "1jx7", "1jr7 ", "1jr7d8", "1js41r"}) {
    CAPTURE(text);
    CHECK_FALSE(AttemptForm::parse(text));
  }
}
