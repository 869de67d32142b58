#include "app/repeats.h"

#include "app/deployments.h"
#include "base/check.h"
#include "core/names.h"
#include "store/deployments.h"
#include "store/repeats.h"
#include "store/repositories.h"

namespace esclusa::app {
namespace {

std::optional<core::Deployment> find_live_in(Reader& db, const core::Repository& repository,
                                             const std::string& environment,
                                             const std::string& task) {
  const auto name = store::find_environment_name(db, repository.id, environment);
  return name ? store::find_live_deployment(db, name->id, task) : std::nullopt;
}

std::optional<DeploymentId> id_of(const std::optional<core::Deployment>& deployment) {
  return deployment ? std::optional(deployment->id) : std::nullopt;
}

/// The create that a request for a repetition stands for.
using Choice = Result<core::NewDeployment>;

/// Creates what `choose(Reader&) -> Choice` gives; or gives what was created with the key: after a
/// rollback something else is the live before.
template <class Choose>
Result<core::Deployment> create_chosen(const Context& context, const RepositoryAccess& access,
                                       const std::optional<core::IdempotencyKey>& key,
                                       Choose choose) {
  std::optional<core::Deployment> earlier;
  const core::NewDeployment input =
      TRY(context.database.read([&](Reader& db) -> Result<core::NewDeployment> {
        if (key) earlier = TRY(find_created(db, access, *key, context.now()));
        return earlier ? core::NewDeployment{} : choose(db);
      }));
  if (earlier) return *std::move(earlier);
  auto outcome = TRY(create_deployment(context, access, input, key));
  auto* deployment = std::get_if<core::Deployment>(&outcome);
  ENSURE(deployment != nullptr);  // a repetition is never merged
  return std::move(*deployment);
}

Choice choose_rollback(Reader& db, const core::Repository& repository,
                       const std::string& environment, const core::NewRollback& input) {
  const auto name = store::find_environment_name(db, repository.id, environment);
  if (input.to) {
    const auto target = store::find_deployment(db, repository.id, *input.to);
    if (!target) return not_found();
    const core::EnvironmentName there = name.value_or(core::EnvironmentName{{}, environment});
    TRY(core::check_was_live(*target, store::has_succeeded(db, target->id), there, input.task));
    return core::repetition_of(*target, core::DeploymentKind::rollback, there.name, input);
  }
  const auto before = name ? store::find_live_before(db, name->id, input.task) : std::nullopt;
  if (!before) return core::nothing_to_roll_back_to(environment, input.task);
  auto chosen = core::repetition_of(*before, core::DeploymentKind::rollback, name->name, input);
  // It is the live before only as long as this is live.
  if (!chosen.expected_live) {
    chosen.expected_live.emplace(id_of(store::find_live_deployment(db, name->id, input.task)));
  }
  return chosen;
}

Choice choose_promotion(Reader& db, const core::Repository& repository,
                        const std::string& environment, const core::NewPromotion& input) {
  if (core::fold_case(input.from) == core::fold_case(environment)) {
    return fail(ErrorCode::invalid,
                "A promotion goes from one environment to another; a redeploy repeats a deployment "
                "where it was.",
                "same_environment");
  }
  const auto live = find_live_in(db, repository, input.from, input.task);
  if (!live) return core::nothing_live(input.from, input.task);
  auto chosen = core::repetition_of(*live, core::DeploymentKind::promotion, environment, input);
  chosen.required_contexts = input.required_contexts;
  chosen.transient_environment = input.transient_environment;
  chosen.production_environment = input.production_environment;
  return chosen;
}

}  // namespace

Result<core::Deployment> roll_back(const Context& context, const RepositoryAccess& access,
                                   const std::string& environment, const core::NewRollback& input,
                                   const std::optional<core::IdempotencyKey>& key) {
  TRY(core::check_place(environment, input.task));
  TRY(core::check_reason(input));
  return create_chosen(context, access, key, [&](Reader& db) {
    return choose_rollback(db, access.repository, environment, input);
  });
}

Result<core::Deployment> promote(const Context& context, const RepositoryAccess& access,
                                 const std::string& environment, const core::NewPromotion& input,
                                 const std::optional<core::IdempotencyKey>& key) {
  TRY(core::check_place(environment, input.task));
  TRY(core::check_place(input.from, input.task));
  return create_chosen(context, access, key, [&](Reader& db) {
    return choose_promotion(db, access.repository, environment, input);
  });
}

Result<core::Deployment> redeploy(const Context& context, const RepositoryAccess& access,
                                  DeploymentId id, const core::NewRedeploy& input,
                                  const std::optional<core::IdempotencyKey>& key) {
  return create_chosen(context, access, key, [&](Reader& db) -> Choice {
    const auto origin = store::find_deployment(db, access.repository.id, id);
    if (!origin) return not_found();
    auto chosen = core::repetition_of(*origin, core::DeploymentKind::redeploy,
                                      origin->original_environment.name, input);
    chosen.required_contexts = input.required_contexts;
    return chosen;
  });
}

Result<void> check_live(Writer& tx, const core::Repository& repository,
                        const core::NewDeployment& input) {
  if (!input.expected_live) return {};
  const auto name = store::find_environment_name(tx, repository.id, input.environment);
  const auto live = name ? store::lock_live(tx, name->id, input.task) : std::nullopt;
  return core::check_expected_live(*input.expected_live, live, input.environment, input.task);
}

Result<void> check_live_now(Reader& db, const core::Repository& repository,
                            const core::NewDeployment& input) {
  if (!input.expected_live) return {};
  const auto live = find_live_in(db, repository, input.environment, input.task);
  return core::check_expected_live(*input.expected_live, id_of(live), input.environment,
                                   input.task);
}

}  // namespace esclusa::app
