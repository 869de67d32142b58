#include "app/environment_secrets.h"

#include <algorithm>

#include "app/change.h"
#include "base/ids.h"
#include "base/limits.h"
#include "store/environment_secrets.h"
#include "store/environments.h"
#include "wire/audit_detail.h"

namespace esclusa::app {
namespace {

using core::SecretKind;

Result<core::Environment> find(Reader& db, const RepositoryAccess& access,
                               const std::string& name) {
  auto environment = store::find_environment(db, access.repository.id, name);
  if (!environment) return not_found();
  return *std::move(environment);
}

/// Which secret or variable it was; never a value.
void audit(Change& change, std::string_view action, const core::Environment& environment,
           const std::string& name) {
  change.audit({action, environment.repository_id, environment.id.value,
                wire::audit_detail({{"environment", environment.name.name}, {"name", name}})},
               environment.name.name);
}

std::unexpected<Error> already_exists() {
  return fail(ErrorCode::conflict, "Already exists - Variable already exists", "already_exists");
}

std::unexpected<Error> refuse_sealed(const char* field, const std::string& message,
                                     const std::string& reason_code) {
  return fail_validation({"EnvironmentSecret", field, "custom", message}, reason_code);
}

/// Opens what the client has sealed for the environment's public key.
Result<Secret> open_sent(Change& change, const core::Environment& environment,
                         const core::SealedSecret& input) {
  const auto id = parse_positive(input.key_id);
  const auto stored =
      id ? store::open_environment_key(change.rows, change.context.sealer, environment.id, *id,
                                       change.now - limits::former_box_key_time)
         : store::StoredKey{};
  if (!stored.is_found) {
    return refuse_sealed("key_id",
                         "key_id names no public key of this environment, or one that was "
                         "replaced. Fetch the public key again",
                         "unknown_key");
  }
  if (!stored.keys) {
    return fail(ErrorCode::unavailable, "The key pair of this environment cannot be opened.",
                "key_unreadable");
  }
  auto opened = open_box(*stored.keys, input.box);
  if (!opened) {
    return refuse_sealed("encrypted_value",
                         "encrypted_value was not sealed for the public key of that key_id",
                         "cannot_decrypt");
  }
  return *std::move(opened);
}

/// The items that have these names, in their order; all if no names are given. `reason_code` and
/// `what` are for a name that is not there.
template <class Item>
Result<std::vector<Item>> choose(std::vector<Item> all,
                                 const std::optional<std::vector<std::string>>& names,
                                 const std::string& what) {
  if (!names) return all;
  std::vector<Item> chosen;
  for (const std::string& name : *names) {
    const std::string folded = core::fold_secret_name(name);
    const auto found = std::ranges::find(all, folded, &Item::name);
    if (found == all.end()) {
      return fail(ErrorCode::invalid, "The environment has no " + what + " " + name + ".",
                  what + "_not_found");
    }
    if (std::ranges::find(chosen, folded, &Item::name) == chosen.end()) chosen.push_back(*found);
  }
  return chosen;
}

}  // namespace

Result<core::Listing<core::EnvironmentSecret>> list_environment_secrets(
    Reader& db, const RepositoryAccess& access, const std::string& environment,
    const core::Page& page) {
  return store::list_environment_secrets(db, TRY(find(db, access, environment)).id, page);
}

Result<core::EnvironmentSecret> get_environment_secret(Reader& db, const RepositoryAccess& access,
                                                       const std::string& environment,
                                                       const std::string& name) {
  auto secret = store::find_environment_secret(db, TRY(find(db, access, environment)).id,
                                               core::fold_secret_name(name));
  if (!secret) return not_found();
  return *std::move(secret);
}

Result<core::EnvironmentPublicKey> get_environment_public_key(const Context& context,
                                                              const RepositoryAccess& access,
                                                              const std::string& name) {
  auto present = TRY(
      context.database.read([&](Reader& db) -> Result<std::optional<core::EnvironmentPublicKey>> {
        return store::find_environment_key(db, TRY(find(db, access, name)).id);
      }));
  if (present) return *std::move(present);
  return change(context, access.actor, [&](Change& change) -> Result<core::EnvironmentPublicKey> {
    const auto environment = TRY(find(change.rows, access, name));
    change.skip_audit();  // whoever reads it first makes it: nobody has changed anything
    if (auto made = store::find_environment_key(change.rows, environment.id)) {
      return *std::move(made);
    }
    return store::insert_environment_key(change.rows, context.sealer, environment.id, change.now,
                                         change.now - limits::former_box_key_time);
  });
}

Result<PutSecret> put_environment_secret(const Context& context, const RepositoryAccess& access,
                                         const std::string& environment_name,
                                         const std::string& given_name,
                                         const core::SealedSecret& input) {
  return change(context, access.actor, [&](Change& change) -> Result<PutSecret> {
    const auto environment = TRY(find(change.rows, access, environment_name));
    const std::string name = TRY(core::check_secret_name(SecretKind::secret, given_name));
    const Secret value = TRY(open_sent(change, environment, input));
    TRY(core::check_secret_value(SecretKind::secret, value.reveal()));
    const bool is_new =
        !store::find_environment_secret(change.rows, environment.id, name).has_value();
    if (is_new && store::count_environment_secrets(change.rows, environment.id) >=
                      static_cast<int64_t>(limits::environment_secrets)) {
      return core::too_many_secrets(SecretKind::secret);
    }
    store::put_environment_secret(change.rows, context.sealer, environment, name, value,
                                  change.now);
    audit(change, is_new ? "environment_secret.create" : "environment_secret.update", environment,
          name);
    return is_new ? PutSecret::created : PutSecret::replaced;
  });
}

Result<void> delete_environment_secret(const Context& context, const RepositoryAccess& access,
                                       const std::string& environment_name,
                                       const std::string& given_name) {
  return change(context, access.actor, [&](Change& change) -> Result<void> {
    const auto environment = TRY(find(change.rows, access, environment_name));
    const std::string name = core::fold_secret_name(given_name);
    if (!store::delete_environment_secret(change.rows, environment.id, name)) return not_found();
    audit(change, "environment_secret.delete", environment, name);
    return {};
  });
}

Result<core::Listing<core::EnvironmentVariable>> list_environment_variables(
    Reader& db, const RepositoryAccess& access, const std::string& environment,
    const core::Page& page) {
  return store::list_environment_variables(db, TRY(find(db, access, environment)).id, page);
}

Result<core::EnvironmentVariable> get_environment_variable(Reader& db,
                                                           const RepositoryAccess& access,
                                                           const std::string& environment,
                                                           const std::string& name) {
  auto variable = store::find_environment_variable(db, TRY(find(db, access, environment)).id,
                                                   core::fold_secret_name(name));
  if (!variable) return not_found();
  return *std::move(variable);
}

Result<void> create_environment_variable(const Context& context, const RepositoryAccess& access,
                                         const std::string& environment_name,
                                         const core::VariableInput& input) {
  return change(context, access.actor, [&](Change& change) -> Result<void> {
    const auto environment = TRY(find(change.rows, access, environment_name));
    core::EnvironmentVariable variable{
        TRY(core::check_secret_name(SecretKind::variable, input.name.value_or(""))),
        input.value.value_or(""), change.now, change.now};
    TRY(core::check_secret_value(SecretKind::variable, variable.value));
    if (store::find_environment_variable(change.rows, environment.id, variable.name)) {
      return already_exists();
    }
    if (store::count_environment_variables(change.rows, environment.id) >=
        static_cast<int64_t>(limits::environment_variables)) {
      return core::too_many_secrets(SecretKind::variable);
    }
    if (!store::insert_environment_variable(change.rows, environment.id, variable)) {
      return already_exists();
    }
    audit(change, "environment_variable.create", environment, variable.name);
    return {};
  });
}

Result<void> update_environment_variable(const Context& context, const RepositoryAccess& access,
                                         const std::string& environment_name,
                                         const std::string& given_name,
                                         const core::VariableInput& input) {
  return change(context, access.actor, [&](Change& change) -> Result<void> {
    const auto environment = TRY(find(change.rows, access, environment_name));
    const std::string name = core::fold_secret_name(given_name);
    auto variable = store::find_environment_variable(change.rows, environment.id, name);
    if (!variable) return not_found();
    if (input.name) {
      variable->name = TRY(core::check_secret_name(SecretKind::variable, *input.name));
    }
    if (input.value) {
      TRY(core::check_secret_value(SecretKind::variable, *input.value));
      variable->value = *input.value;
    }
    if (!input.name && !input.value) {
      change.skip_audit();  // nothing changes
      return {};
    }
    variable->updated_at = change.now;
    if (!store::update_environment_variable(change.rows, environment.id, name, *variable)) {
      return already_exists();
    }
    audit(change, "environment_variable.update", environment, variable->name);
    return {};
  });
}

Result<void> delete_environment_variable(const Context& context, const RepositoryAccess& access,
                                         const std::string& environment_name,
                                         const std::string& given_name) {
  return change(context, access.actor, [&](Change& change) -> Result<void> {
    const auto environment = TRY(find(change.rows, access, environment_name));
    const std::string name = core::fold_secret_name(given_name);
    if (!store::delete_environment_variable(change.rows, environment.id, name)) {
      return not_found();
    }
    audit(change, "environment_variable.delete", environment, name);
    return {};
  });
}

Result<core::OpenedSecrets> open_environment_secrets(Reader& db, const Sealer& sealer,
                                                     EnvironmentNameId environment_name,
                                                     const core::SecretNames& names) {
  std::vector<store::StoredSecret> secrets;
  std::vector<core::EnvironmentVariable> variables;
  if (const auto environment = store::find_environment(db, environment_name)) {
    secrets = store::open_environment_secrets(db, sealer, *environment);
    variables = store::list_environment_variables(db, environment->id);
  }
  core::OpenedSecrets opened;
  for (store::StoredSecret& secret : TRY(choose(std::move(secrets), names.secrets, "secret"))) {
    if (!secret.value) {
      return fail(ErrorCode::unavailable, "The secret " + secret.name + " cannot be opened.",
                  "secret_unreadable");
    }
    opened.secrets.push_back({secret.name, *std::move(secret.value)});
  }
  opened.variables = TRY(choose(std::move(variables), names.variables, "variable"));
  return opened;
}

}  // namespace esclusa::app
