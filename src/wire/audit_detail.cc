#include "wire/audit_detail.h"

#include "base/json_writer.h"

namespace esclusa::wire {

std::string audit_detail(const std::vector<AuditMember>& members) {
  JsonWriter json;
  json.begin_object();
  for (const AuditMember& member : members) {
    json.key(member.name);
    if (const auto* texts = std::get_if<std::vector<std::string_view>>(&member.value)) {
      json.begin_array();
      for (const std::string_view text : *texts) json.value(text);
      json.end_array();
    } else if (const auto* text = std::get_if<std::string_view>(&member.value)) {
      json.value(*text);
    } else if (const auto* number = std::get_if<int64_t>(&member.value)) {
      json.value(*number);
    } else if (const auto* flag = std::get_if<bool>(&member.value)) {
      json.value(*flag);
    } else {
      json.value(nullptr);
    }
  }
  json.end_object();
  return json.take();
}

std::string audit_detail(std::initializer_list<AuditMember> members) {
  return audit_detail(std::vector<AuditMember>(members));
}

}  // namespace esclusa::wire
