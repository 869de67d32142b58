#include "core/team.h"

#include <doctest/doctest.h>

#include <string>

#include "base/limits.h"

using namespace esclusa;
using namespace esclusa::core;

namespace {

Team named(const std::string& name) {
  Team team;
  team.name = name;
  team.slug = team_slug(name);
  return team;
}

/// The reason code of a refusal; empty if there is none.
std::string refusal(const Team& team) {
  const auto checked = check_team(team);
  if (!checked) CHECK(checked.error().code == ErrorCode::invalid);
  return checked ? "" : checked.error().reason_code;
}

}  // namespace

TEST_CASE("team_slug: GitHub's example, and other characters in names") {
  CHECK(team_slug("My TEam Näme") == "my-team-name");
  CHECK(team_slug("justice-league") == "justice-league");
  CHECK(team_slug("snake_case 2") == "snake_case-2");
  CHECK(team_slug("a  &  b") == "a-b");
  CHECK(team_slug("  -edges.") == "edges");
  CHECK(team_slug("ops/prod") == "ops-prod");
  CHECK(team_slug("Straße Œuvre Æther Þing") == "strasse-oeuvre-aether-thing");
  CHECK(team_slug("ÀÁÂÃÄÅÇÈËÌÏÐÑÒÖØÙÜÝÿ") == "aaaaaaceeiidnooouuyy");
  CHECK(team_slug("ĀąĆčĎđĒěĜģĤħĨıĲĳĴĵĶĸĹłŃŋŌőŒœŔřŚšŢŧŨųŴŵŶŸŹžſ") ==
        "aaccddeegghhiiijijjjkkllnnoooeoerrssttuuwwyyzzs");
  CHECK(team_slug("5 × 3 ÷ 2") == "5-3-2");
  CHECK(team_slug("e\xCC\x81t\xC3\xA9") == "ete");  // a combining accent, and an accented letter
  CHECK(team_slug("日本 ops 🚀") == "ops");
  CHECK(team_slug("日本").empty());
  CHECK(team_slug("").empty());
}

TEST_CASE("check_team: a name needs a slug, and both texts have a limit") {
  CHECK(refusal(named("Ops")).empty());
  CHECK(refusal(named("")) == "invalid_team_name");
  CHECK(refusal(named("日本")) == "invalid_team_name");
  CHECK(refusal(named("two\nlines")) == "invalid_team_name");
  CHECK(refusal(named(std::string(limits::team_name_chars, 'a'))).empty());
  CHECK(refusal(named(std::string(limits::team_name_chars + 1, 'a'))) == "invalid_team_name");
  Team team = named("Ops");
  team.description = std::string(limits::description_chars, 'x');
  CHECK(refusal(team).empty());
  team.description += 'x';
  CHECK(refusal(team) == "too_long");
}
