#include "core/gates/rule.h"

#include "base/check.h"
#include "base/json.h"
#include "base/json_writer.h"
#include "core/gates.h"

namespace esclusa::core {
namespace {

template <class... Rules>
GateRule make(GateKind kind, std::type_identity<std::variant<Rules...>>) {
  GateRule rule;
  ENSURE(((Rules::kind == kind && (rule = Rules{}, true)) || ...));
  return rule;
}

}  // namespace

GateRule empty_rule(GateKind kind) { return make(kind, std::type_identity<GateRule>()); }

std::string settings_text(const GateRule& rule) {
  JsonWriter json;
  json.begin_object();
  std::visit([&](const auto& gate) { gate.write_settings(json); }, rule);
  return json.end_object().take();
}

std::optional<GateRule> parse_rule(GateKind kind, std::string_view settings) {
  const auto json = Json::parse(settings);
  GateRule rule = empty_rule(kind);
  if (json && std::visit([&](auto& gate) { return gate.read_settings(*json); }, rule)) return rule;
  return std::nullopt;
}

}  // namespace esclusa::core
