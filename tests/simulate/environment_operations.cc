// Requests of administrators about environments.

#include <algorithm>

#include "app/branch_protections.h"
#include "app/environments.h"
#include "simulate/operation.h"

namespace esclusa::simulate {
namespace {

core::EnvironmentChange change_of(const World& world, const EnvironmentWish& wish) {
  core::EnvironmentChange change;
  change.wait_timer = wish.minutes;
  change.required_approvals = wish.needed;
  change.prevent_self_review = wish.prevents_self_review;
  change.can_admins_bypass = wish.can_bypass;
  change.requires_claim = wish.requires_claim;
  if (wish.mode) {
    change.branch_policy.emplace();
    if (*wish.mode) {
      *change.branch_policy = **wish.mode == PolicyMode::custom
                                  ? core::BranchPolicyMode::custom_branch_policies
                                  : core::BranchPolicyMode::protected_branches;
    }
  }
  if (wish.reviewers) {
    change.reviewers.emplace();
    for (const Reviewer& each : *wish.reviewers) {
      change.reviewers->push_back(each.is_team ? core::ReviewerId(world.team_id(each.index))
                                               : core::ReviewerId(world.account_id(each.index)));
    }
  }
  return change;
}

std::vector<Reviewer> pick_reviewers(Random& random, const Model& model) {
  std::vector<Reviewer> chosen;
  for (size_t count = random.below(5); count > 0; --count) {
    const bool is_team = random.one_in(3);
    const Reviewer each{is_team, is_team ? random.below(2) : random.below(model.people.size())};
    if (!is_team && model.people[each.index].is_app) continue;
    if (std::ranges::find(chosen, each) == chosen.end()) chosen.push_back(each);
  }
  return chosen;
}

EnvironmentWish pick_wish(Random& random, const Model& model) {
  static const std::vector<int> minutes = {0, 1, 5, 60, 1440, 43'200};
  EnvironmentWish wish;
  if (random.one_in(3)) {
    wish.mode.emplace();
    if (!random.one_in(3)) {
      *wish.mode = random.one_in(2) ? PolicyMode::custom : PolicyMode::protected_branches;
    }
  }
  if (random.one_in(3)) wish.minutes = random.pick(minutes);
  if (random.one_in(2)) wish.reviewers = pick_reviewers(random, model);
  if (random.one_in(4)) wish.needed = 1 + static_cast<int>(random.below(3));
  if (random.one_in(3)) wish.prevents_self_review = random.one_in(2);
  if (random.one_in(4)) wish.can_bypass = random.one_in(2);
  if (!model.agents.empty() && random.one_in(4)) wish.requires_claim = random.one_in(2);
  return wish;
}

std::string text_of(const Model& model, const EnvironmentWish& wish) {
  std::string text;
  if (wish.mode) {
    text += !*wish.mode                         ? " no policy"
            : **wish.mode == PolicyMode::custom ? " custom policies"
                                                : " protected branches";
  }
  if (wish.minutes) text += " wait " + std::to_string(*wish.minutes);
  if (wish.needed) text += " needed " + std::to_string(*wish.needed);
  if (wish.prevents_self_review) text += *wish.prevents_self_review ? " no self" : " self";
  if (wish.can_bypass) text += *wish.can_bypass ? " bypass" : " no bypass";
  if (wish.requires_claim) text += *wish.requires_claim ? " claims" : " no claims";
  if (wish.reviewers) {
    text += " reviewers (";
    for (const Reviewer& each : *wish.reviewers) {
      text +=
          (text.ends_with('(') ? "" : " ") +
          (each.is_team ? "team-" + std::to_string(each.index) : model.people[each.index].login);
    }
    text += ")";
  }
  return text;
}

std::unique_ptr<Operation> by_admin(Random& random, World& world, const Model& model,
                                    const std::string& text, auto call) {
  const size_t person = pick_person(random, model, true);
  auto operation = new_operation(model.people[person].login + " " + text);
  operation->run = [&world, call, access = world.access(person, random.below(2))] {
    return outcome_of(call(world.context, access));
  };
  return operation;
}

bool has_custom(const Model& model, size_t environment) {
  const Environment& there = model.environments[environment];
  return there.exists && there.mode == PolicyMode::custom;
}

/// Prefers environments with custom policies.
size_t pick_environment(Random& random, const Model& model) {
  std::vector<size_t> custom;
  for (size_t i = 0; i < model.environments.size(); ++i) {
    if (has_custom(model, i)) custom.push_back(i);
  }
  return custom.empty() || random.one_in(5) ? random.below(model.environments.size())
                                            : random.pick(custom);
}

}  // namespace

std::unique_ptr<Operation> make_put_environment(Random& random, World& world, const Model& model,
                                                size_t index) {
  const EnvironmentWish wish = pick_wish(random, model);
  const std::string& name = model.environments[index].name;
  auto operation = by_admin(random, world, model, "sets " + name + ":" + text_of(model, wish),
                            [name, change = change_of(world, wish)](auto& context, auto& access) {
                              return app::put_environment(context, access, name, change);
                            });
  operation->expect = [index, wish](const Model& now, const Operation&) -> std::string {
    for (const Reviewer& each : wish.reviewers.value_or(std::vector<Reviewer>{})) {
      if (each.is_team) continue;
      const size_t human = now.people[each.index].human;
      if (!now.holds_role(each.index) || !now.holds_role(human)) return "invalid_reviewers";
    }
    const auto rule = now.review_after(index, wish);
    if (!rule || std::ranges::any_of(rule->reviewers, &Reviewer::is_team)) return "ok";
    const bool enough = rule->reviewers.size() >= static_cast<size_t>(rule->needed);
    return enough ? "ok" : "invalid_required_approvals";
  };
  operation->apply = [index, wish](Model& now) {
    now.change(index, wish);
    Effects effects{"audit environment.update"};
    judge_all(now, index, effects);
    return effects;
  };
  return operation;
}

std::unique_ptr<Operation> make_delete_environment(Random& random, World& world,
                                                   const Model& model) {
  const size_t index = random.below(model.environments.size());
  const std::string& name = model.environments[index].name;
  auto operation =
      by_admin(random, world, model, "deletes " + name, [name](auto& context, auto& access) {
        return app::delete_environment(context, access, name);
      });
  operation->expect = [index](const Model& now, const Operation&) {
    return now.environments[index].exists ? "ok" : "not_found";
  };
  operation->apply = [index](Model& now) {
    Effects effects{"audit environment.delete"};
    for (auto& [id, deployment] : now.deployments) {
      if (deployment.environment != index || deployment.phase != Phase::held ||
          deployment.is_deleted) {
        continue;
      }
      end(deployment, effects);
      add_status(deployment, "failure The environment was deleted.", effects);
    }
    now.remove(index);
    return effects;
  };
  return operation;
}

std::unique_ptr<Operation> make_add_policy(Random& random, World& world, const Model& model) {
  static const std::vector<Policy> all = {{0, false, "main"}, {0, false, "release/*"},
                                          {0, false, "*"},    {0, false, "t*"},
                                          {0, true, "v*"},    {0, true, "main"}};
  const size_t index = pick_environment(random, model);
  const std::string& name = model.environments[index].name;
  const Policy& policy = random.pick(all);
  auto operation =
      by_admin(random, world, model,
               "lets " + name + " have " + (policy.is_tag ? "tags " : "branches ") + policy.pattern,
               [name, policy](auto& context, auto& access) {
                 return app::create_branch_policy(
                     context, access, name,
                     {{},
                      policy.is_tag ? core::BranchPolicyKind::tag : core::BranchPolicyKind::branch,
                      policy.pattern});
               });
  operation->expect = [index](const Model& now, const Operation&) {
    return has_custom(now, index) ? "ok" : "not_found";
  };
  operation->apply = [&world, index, policy](Model& now) -> Effects {
    auto& policies = now.environments[index].policies;
    for (const Policy& each : policies) {
      if (each.is_tag == policy.is_tag && each.pattern == policy.pattern) return {};
    }
    policies.push_back(policy);
    policies.back().id = world.database.connection().number("select max(id) from branch_policy");
    Effects effects{"audit branch_policy.create"};
    judge_all(now, index, effects);
    return effects;
  };
  return operation;
}

std::unique_ptr<Operation> make_delete_policy(Random& random, World& world, const Model& model) {
  const size_t index = pick_environment(random, model);
  const Environment& there = model.environments[index];
  const int64_t id = there.policies.empty() ? 1'000'000 : random.pick(there.policies).id;
  auto operation =
      by_admin(random, world, model, "takes policy " + std::to_string(id) + " from " + there.name,
               [name = there.name, id](auto& context, auto& access) {
                 return app::delete_branch_policy(context, access, name, {id});
               });
  operation->expect = [index, id](const Model& now, const Operation&) {
    const auto& policies = now.environments[index].policies;
    return has_custom(now, index) && std::ranges::find(policies, id, &Policy::id) != policies.end()
               ? "ok"
               : "not_found";
  };
  operation->apply = [index, id](Model& now) {
    std::erase_if(now.environments[index].policies, [&](auto& each) { return each.id == id; });
    Effects effects{"audit branch_policy.delete"};
    judge_all(now, index, effects);
    return effects;
  };
  return operation;
}

std::unique_ptr<Operation> make_protect(Random& random, World& world, const Model& model) {
  static const std::vector<std::string> patterns = {"main", "release/*", "*"};
  const std::string& pattern = random.pick(patterns);
  const bool is_new = random.one_in(2);
  auto operation =
      by_admin(random, world, model, (is_new ? "protects " : "unprotects ") + pattern,
               [&pattern, is_new](auto& context, auto& access) {
                 const core::Repository& repository = access.repository;
                 return (is_new ? app::protect_branches : app::unprotect_branches)(
                     context, access.actor, repository.owner.login, repository.name, pattern);
               });
  operation->expect = [&pattern, is_new](const Model& now, const Operation&) {
    const auto& present = now.protected_patterns;
    const bool is_there = std::ranges::find(present, pattern) != present.end();
    return is_new || is_there ? "ok" : "branch_protection_not_found";
  };
  operation->apply = [&pattern, is_new](Model& now) -> Effects {
    auto& present = now.protected_patterns;
    if (is_new && std::ranges::find(present, pattern) != present.end()) return {};
    std::erase(present, pattern);
    if (is_new) present.push_back(pattern);
    Effects effects{is_new ? "audit branch_protection.create" : "audit branch_protection.delete"};
    for (size_t i = 0; i < now.environments.size(); ++i) {
      if (now.environments[i].mode == PolicyMode::protected_branches) judge_all(now, i, effects);
    }
    return effects;
  };
  return operation;
}

}  // namespace esclusa::simulate
