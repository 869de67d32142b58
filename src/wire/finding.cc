#include "wire/finding.h"

namespace esclusa::wire {

void write_finding(JsonWriter& json, const core::Finding& finding) {
  json.begin_object()
      .member("check", finding.check)
      .member("what", finding.what)
      .member("why", finding.why)
      .member("remedy", finding.remedy)
      .end_object();
}

core::Finding read_finding(const Json& json) {
  const auto text = [&](const char* name) { return json.string_at(name).value_or(""); };
  return {text("check"), text("what"), text("why"), text("remedy")};
}

void write_component(JsonWriter& json, const core::Component& component) {
  json.begin_object()
      .member("name", component.name)
      .member("version", component.version)
      .end_object();
}

}  // namespace esclusa::wire
