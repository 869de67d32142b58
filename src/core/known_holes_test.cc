#include "core/known_holes.h"

#include <doctest/doctest.h>

using namespace esclusa::core;

TEST_CASE("compare_versions: numbers as numbers, and letters behind them") {
  CHECK(compare_versions("3.40.1", "3.40.1") == 0);
  CHECK(compare_versions("3.9.0", "3.40.1") < 0);
  CHECK(compare_versions("9.2p1", "9.8") < 0);
  CHECK(compare_versions("9.9p1", "9.9p2") < 0);
  CHECK(compare_versions("9.9p2", "9.9") > 0);
  CHECK(compare_versions("1.1.1w", "1.1.1t") > 0);
  CHECK(compare_versions("3.0", "3.0.7") < 0);
}

TEST_CASE("compare_package_versions: as dpkg --compare-versions") {
  const char* const in_order[] = {
      "2.45", "1:2.39.5-0+deb12u1~a", "1:2.39.5-0+deb12u1", "1:2.39.5-0+deb12u10", "1:2.39.10-1",
      "2:1"};
  for (size_t i = 0; i + 1 < std::size(in_order); ++i) {
    CAPTURE(in_order[i]);
    CHECK(compare_package_versions(in_order[i], in_order[i + 1]) < 0);
    CHECK(compare_package_versions(in_order[i + 1], in_order[i]) > 0);
    CHECK(compare_package_versions(in_order[i], in_order[i]) == 0);
  }
  CHECK(compare_package_versions("3.0.14-1~deb12u2", "3.0.14-1") < 0);
  CHECK(compare_package_versions("3.0.19-1~deb12u2", "3.0.14-1~deb12u2") > 0);
  CHECK(compare_package_versions("1.0", "1.0-0") == 0);
}

TEST_CASE(
    "judge_component: by the package's version where dpkg knows it, otherwise by upstream's") {
  // Debian has corrected its package without a new version of upstream.
  CHECK(judge_component({"openssl", "3.0.11", "libssl3", "3.0.14-1~deb12u2"}).empty());
  const auto old = judge_component({"openssl", "3.0.11", "libssl3", "3.0.11-1~deb12u1"});
  REQUIRE(old.size() == 1);
  CHECK(old[0].check == "known_holes");
  CHECK(old[0].what.contains("openssl 3.0.11-1~deb12u1 has CVE-2023-5363, CVE-2024-6119"));
  CHECK(old[0].what.contains(known_holes_date));
  CHECK(old[0].remedy.contains("--only-upgrade libssl3"));
  CHECK(judge_component({"openssl", "3.0.15"}).empty());
  // Each branch has a first version that is fixed.
  CHECK(judge_component({"openssl", "3.1.6"})[0].what.contains("CVE-2024-6119"));
  CHECK(judge_component({"openssl", "3.1.7"}).empty());
  CHECK(judge_component({"openssl", "3.5.0"}).empty());
  CHECK(judge_component({"libgit2", "1.6.5"}).empty());
  CHECK(judge_component({"libgit2", "1.7.1"}).size() == 1);
  CHECK(judge_component({"libgit2", "1.5.1"}).size() == 1);
  CHECK(judge_component({"openssl", "3.0.11"}).size() == 1);
  CHECK(judge_component({"openssl", "1.1.1w"}).empty());  // older than these holes
  CHECK(judge_component({"openssh", "8.4p1"})[0].what.contains("CVE-2023-48795"));
  CHECK_FALSE(judge_component({"openssh", "8.4p1"})[0].what.contains("CVE-2024-6387"));
  CHECK(judge_component({"something", "0.1"}).empty());
}
