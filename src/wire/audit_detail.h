#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace esclusa::wire {

/// One member of an audit row's detail.
struct AuditMember {
  std::string_view name;
  std::variant<std::nullptr_t, std::string_view, int64_t, bool, std::vector<std::string_view>>
      value;
};

/// The detail of an audit row: JSON text, the members in the order given. Secrets do not belong
/// there.
std::string audit_detail(std::initializer_list<AuditMember> members);
std::string audit_detail(const std::vector<AuditMember>& members);

}  // namespace esclusa::wire
