#include "wire/collaborator.h"

#include "wire/account.h"
#include "wire/repository.h"

namespace esclusa::wire {
namespace {

/// The role under its older name, from before `triage` and `maintain` existed.
core::Role older_role(core::Role role) {
  switch (role) {
    case core::Role::triage: return core::Role::read;
    case core::Role::maintain: return core::Role::write;
    default: return role;
  }
}

}  // namespace

void write_collaborator(JsonWriter& json, const core::Collaborator& collaborator,
                        const Urls& urls) {
  begin_account(json, collaborator.account, urls);
  write_permissions(json, collaborator.role);
  json.member("role_name", core::to_name(collaborator.role)).end_object();
}

void write_collaborator_permission(JsonWriter& json, const core::Collaborator& collaborator,
                                   const Urls& urls) {
  json.begin_object()
      .member("permission", core::to_name(older_role(collaborator.role)))
      .member("role_name", core::to_name(collaborator.role))
      .key("user");
  write_collaborator(json, collaborator, urls);
  json.end_object();
}

}  // namespace esclusa::wire
