#include "cli/gates.h"

#include <CLI/CLI.hpp>

#include "base/json_writer.h"
#include "base/text.h"
#include "cli/connection.h"
#include "cli/output.h"

namespace esclusa::cli {
namespace {

std::string cell(const Json& object, const char* name) {
  return object.string_at(name).value_or("-");
}

std::string openers_of(const Json& gate) {
  std::vector<std::string> names;
  if (const auto openers = gate.find("openers")) {
    for (const Json& opener : openers->elements()) names.push_back(opener.string().value_or(""));
  }
  return names.empty() ? "-" : join(names, ", ");
}

std::string gates_path(const std::string& repository, int64_t deployment) {
  return "/esclusa/repos/" + repository + "/deployments/" + std::to_string(deployment) + "/gates";
}

std::string runs_path(const std::string& repository, int64_t deployment) {
  return "/repos/" + repository + "/actions/runs/" + std::to_string(deployment) +
         "/pending_deployments";
}

/// Prints the whole report: the deployment's phase, each gate, and what an administrator could do.
void print_report(const Json& report) {
  const std::string phase = cell(report, "phase");
  print_line("Deployment " + std::to_string(report.integer_at("deployment_id").value_or(0)) + ": " +
             cell(report, "ref") + " (" + cell(report, "sha").substr(0, 10) + ") to " +
             report.string_at("environment", "name").value_or("an environment that was deleted") +
             " is " + phase);
  const auto gates = report.find("gates");
  if (!gates || gates->elements().empty()) return print_line("It met no gates");
  print_gates(*gates);
  const auto environment = report.find("environment");
  const auto bypass = environment ? environment->find("can_admins_bypass") : std::nullopt;
  if (phase == "held" && bypass && bypass->boolean().value_or(false)) {
    print_line("Administrators may go past what waits: esclusa review --bypass --comment REASON");
  }
}

struct GateOptions {
  std::string repository;
  int64_t deployment = 0;
  std::shared_ptr<ServerOptions> server;
};

std::shared_ptr<GateOptions> add_gate_options(CLI::App& command) {
  auto options = std::make_shared<GateOptions>();
  command.add_option("repository", options->repository, "OWNER/REPO")->required();
  command.add_option("deployment", options->deployment, "The deployment's id")->required();
  options->server = add_server_options(command);
  return options;
}

/// Adds to a refusal which permission may be missing.
Error explained(Error error, const GateOptions& options) {
  if (error.code == ErrorCode::not_found) {
    error.message = "there is no deployment " + std::to_string(options.deployment) + " of " +
                    options.repository +
                    ", or the token may not see it: it needs the scope repo_deployment. See: "
                    "esclusa history " +
                    options.repository;
  }
  if (error.reason_code == "missing_scope") {
    error.message =
        "the token may see the deployment and not open its gates: --approve, --reject and --bypass "
        "need the scope repo (public_repo, if the repository is public)";
  }
  return error;
}

int show_gates(const GateOptions& options) {
  const auto repository = client::repository_path(options.repository);
  if (!repository) return report(repository.error());
  const auto api = options.server->connect();
  if (!api) return report(api.error());
  const auto answer = api->call("GET", gates_path(*repository, options.deployment));
  if (!answer) return report(explained(answer.error(), options));
  print_report(answer->body);
  return 0;
}

// ------------------------------------------------------------------ review

struct Decision {
  bool approve = false, reject = false, bypass = false;
  std::string comment;
};

/// GitHub's review must name the environment: it is the one that the deployment waits for.
Result<std::string> review_body(const client::Api& api, const std::string& repository,
                                const GateOptions& options, const Decision& decision) {
  const auto pending = TRY(api.call("GET", runs_path(repository, options.deployment))).body;
  if (pending.elements().empty()) {
    return fail(ErrorCode::invalid, "deployment " + std::to_string(options.deployment) +
                                        " does not wait. See: esclusa gates " + options.repository +
                                        " " + std::to_string(options.deployment));
  }
  JsonWriter json;
  json.begin_object().key("environment_ids").begin_array();
  json.value(pending.elements()[0].integer_at("environment", "id").value_or(0)).end_array();
  json.member("state", decision.approve ? "approved" : "rejected")
      .member("comment", decision.comment)
      .end_object();
  return json.take();
}

Result<void> decide(const client::Api& api, const std::string& repository,
                    const GateOptions& options, const Decision& decision) {
  if (!decision.bypass) {
    const std::string body = TRY(review_body(api, repository, options, decision));
    TRY(api.call("POST", runs_path(repository, options.deployment), body));
    return {};
  }
  JsonWriter json;
  json.begin_object().member("reason", decision.comment).end_object();
  TRY(api.call("POST",
               "/esclusa/repos/" + repository + "/deployments/" +
                   std::to_string(options.deployment) + "/bypass",
               json.take()));
  return {};
}

int review(const GateOptions& options, const Decision& decision) {
  if (decision.approve + decision.reject + decision.bypass != 1) {
    return report({ErrorCode::invalid, "say --approve, --reject or --bypass", {}, {}, {}});
  }
  if (decision.bypass && trim(decision.comment).empty()) {
    return report(
        {ErrorCode::invalid, "going past the gates needs a reason: --comment REASON", {}, {}, {}});
  }
  const auto repository = client::repository_path(options.repository);
  if (!repository) return report(repository.error());
  const auto api = options.server->connect();
  if (!api) return report(api.error());
  const auto done = decide(*api, *repository, options, decision);
  if (!done) return report(explained(done.error(), options));
  const auto answer = api->call("GET", gates_path(*repository, options.deployment));
  if (!answer) return report(answer.error());
  print_report(answer->body);
  return 0;
}

}  // namespace

void print_gates(const Json& gates) {
  std::vector<std::vector<std::string>> rows = {
      {"GATE", "STATE", "WHY", "WHO CAN OPEN IT", "OPENS AT"}};
  for (const Json& gate : gates.elements()) {
    rows.push_back({cell(gate, "kind"), cell(gate, "state"), cell(gate, "message"),
                    openers_of(gate), cell(gate, "opens_at")});
  }
  if (rows.size() > 1) print_table(rows);
}

void print_wait(const client::Api& api, const std::string& repository, int64_t deployment) {
  const auto answer = api.call("GET", gates_path(repository, deployment));
  if (!answer) return;  // an older server without gates holds no deployment
  const auto environment = answer->body.find("environment");
  const auto is_new = environment ? environment->find("is_new") : std::nullopt;
  if (is_new && is_new->boolean().value_or(false)) {
    print_line(cell(*environment, "name") + " is new and has no gates");
  }
  if (cell(answer->body, "phase") != "held") return;
  print_line("It waits for these gates; nobody has been told to deploy it:");
  if (const auto gates = answer->body.find("gates")) print_gates(*gates);
}

void add_gates(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("gates", "Explains what holds a deployment, or held it");
  auto options = add_gate_options(*command);
  command->callback([=, &action] { action = [=] { return show_gates(*options); }; });
}

void add_review(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("review", "Approves or rejects a deployment that waits");
  auto options = add_gate_options(*command);
  auto decision = std::make_shared<Decision>();
  command->add_flag("--approve", decision->approve, "Let it pass, as one of its reviewers");
  command->add_flag("--reject", decision->reject, "End it with a failure, as one of its reviewers");
  command->add_flag("--bypass", decision->bypass,
                    "Go past whatever it waits for, as an administrator");
  command->add_option("--comment", decision->comment, "Why; a bypass needs it");
  command->footer(
      "An approval counts for this deployment and its commit alone. Nobody goes past a branch\n"
      "policy.");
  command->callback([=, &action] { action = [=] { return review(*options, *decision); }; });
}

}  // namespace esclusa::cli
