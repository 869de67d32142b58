#include "bin/examination.h"

#include <doctest/doctest.h>

#include "core/known_holes.h"

using namespace esclusa;

TEST_CASE("replaced_libraries: the deleted ones, each once, and no other file") {
  CHECK(replaced_libraries("").empty());
  CHECK(replaced_libraries(
            "7f01-7f02 r-xp 0000 08:01 11 /usr/lib/x86_64-linux-gnu/libssl.so.3 (deleted)\n"
            "7f02-7f03 r--p 1000 08:01 11 /usr/lib/x86_64-linux-gnu/libssl.so.3 (deleted)\n"
            "7f03-7f04 r-xp 0000 08:01 12 /usr/lib/x86_64-linux-gnu/libc.so.6\n"
            "7f04-7f05 rw-s 0000 00:01 13 /memfd:input (deleted)\n"
            "7f05-7f06 rw-p 0000 00:00 0 [heap]\n") ==
        std::vector<std::string>{"/usr/lib/x86_64-linux-gnu/libssl.so.3"});
}

TEST_CASE("loaded_components: each says its version, and the table knows it") {
  for (const core::Component& component : loaded_components()) {
    CAPTURE(component.name);
    CHECK(core::compare_versions(component.version, "0.1") > 0);
    CHECK(core::compare_versions(component.version, "100") < 0);
    core::Component old = component;
    old.version = component.name == "openssl" ? "3.0.1" : "0.1";
    if (component.name == "libcurl") old.version = "7.70.0";
    CHECK(core::judge_component(old).size() == 1);
  }
}
