#include "cli/hooks.h"

#include <CLI/CLI.hpp>
#include <iostream>

#include "base/crypto.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "cli/input_file.h"
#include "cli/output.h"
#include "cli/socket_command.h"

namespace esclusa::cli {
namespace {

/// The webhook, and how to reach it. `path` is relative to the API's root.
struct HookOptions {
  std::string target;
  int64_t id = 0;
  std::shared_ptr<ServerOptions> server;

  Result<std::string> hooks_path() const {
    if (target.find('/') == target.npos) return "/orgs/" + percent_encode(target) + "/hooks";
    return "/repos/" + TRY(client::repository_path(target)) + "/hooks";
  }
  Result<std::string> our_path(const std::string& below) const {
    return "/esclusa" + TRY(hooks_path()) + "/" + std::to_string(id) + below;
  }
};

/// The body of the answer; a 404 comes with a hint about what may be missing.
Result<Json> call(const HookOptions& options, const std::string& method,
                  const Result<std::string>& path, const std::string& body = "") {
  if (!path) return std::unexpected(path.error());
  const client::Api api = TRY(options.server->connect());
  auto answer = api.call(method, *path, body);
  if (answer) return std::move(answer->body);
  Error error = std::move(answer).error();
  if (error.code == ErrorCode::not_found) {
    error.message = "there is no such hook of " + options.target +
                    ", or the token may not see it: it needs the role admin and the scope "
                    "admin:repo_hook; for an organization's hooks an owner's token with the scope "
                    "admin:org_hook. See: esclusa hook list " +
                    options.target;
  }
  return std::unexpected(std::move(error));
}

/// The text of a member in a table.
std::string cell(const Json& object, std::string_view name) {
  const auto value = object.find(name);
  if (!value || value->is_null()) return "-";
  return value->string().value_or(value->text());
}

/// The answer of a receiver, such as `502 timed out`: of the latest attempt, or a hook's last
/// response.
std::string answer_cell(const Json& object, const char* member, const char* code,
                        const char* text) {
  const auto answer = object.find(member);
  if (!answer || answer->is_null()) return "-";
  const std::string number = cell(*answer, code), words = cell(*answer, text);
  if (number == "-" && words == "-") return cell(*answer, "status");
  return number == "-" ? cell(*answer, "status") + ": " + words : number + " " + words;
}

int list_hooks(const HookOptions& options) {
  constexpr int page_size = 100;
  std::vector<std::vector<std::string>> rows = {
      {"ID", "ACTIVE", "EVENTS", "URL", "CREATOR", "LAST RESPONSE"}};
  for (int page = 1;; ++page) {
    auto path = options.hooks_path();
    if (path) *path += "?per_page=" + std::to_string(page_size) + "&page=" + std::to_string(page);
    auto hooks = call(options, "GET", path);
    if (!hooks) return report(hooks.error());
    for (const Json& hook : hooks->elements()) {
      std::vector<std::string> events;
      for (const Json& event : hook.find("events")->elements()) {
        events.push_back(event.string().value_or(""));
      }
      rows.push_back({cell(hook, "id"), cell(hook, "active"), join(events, ","),
                      hook.string_at("config", "url").value_or("-"), cell(hook, "creator"),
                      answer_cell(hook, "last_response", "code", "message")});
    }
    if (hooks->elements().size() < page_size) break;
  }
  print_table(rows);
  return 0;
}

struct DeliveriesOptions : HookOptions {
  std::string state;
  int count = 30;
};

int list_deliveries(const DeliveriesOptions& options) {
  auto path = options.our_path("/deliveries?per_page=" + std::to_string(options.count));
  if (path && !options.state.empty()) *path += "&state=" + percent_encode(options.state);
  auto deliveries = call(options, "GET", path);
  if (!deliveries) return report(deliveries.error());
  std::vector<std::vector<std::string>> rows = {{"CREATED", "EVENT", "REPOSITORY", "DEPLOYMENT",
                                                 "STATE", "ATTEMPTS", "NEXT", "LATEST ANSWER",
                                                 "GUID"}};
  for (const Json& item : deliveries->elements()) {
    rows.push_back({cell(item, "created_at"), cell(item, "event"), cell(item, "repository"),
                    cell(item, "deployment_id"), cell(item, "state"), cell(item, "attempt_count"),
                    cell(item, "next_attempt_at"),
                    answer_cell(item, "latest_attempt", "status_code", "status"),
                    cell(item, "guid")});
  }
  print_table(rows);
  return 0;
}

struct ReplayOptions : HookOptions {
  std::string state, since, until;
};

/// A time for the API; a duration means that long ago.
std::string moment(const std::string& text) {
  const auto ago = parse_duration(text);
  return ago ? format_time(system_now() - *ago) : text;
}

int replay(const ReplayOptions& options) {
  JsonWriter json;
  json.begin_object();
  if (!options.state.empty()) json.member("state", options.state);
  if (!options.since.empty()) json.member("since", moment(options.since));
  if (!options.until.empty()) json.member("until", moment(options.until));
  json.end_object();
  auto replayed = call(options, "POST", options.our_path("/replay"), json.take());
  if (!replayed) return report(replayed.error());
  const int64_t count = replayed->integer_at("count").value_or(0);
  print_line(count == 0 ? "No delivery was started again; waiting ones are tried now"
                        : std::to_string(count) +
                              (count == 1 ? " delivery is" : " deliveries are") + " pending again");
  if (const int64_t pruned = replayed->integer_at("pruned").value_or(0); pruned > 0) {
    print_line(std::to_string(pruned) + (pruned == 1 ? " was" : " were") +
               " left out: the server keeps the payload no longer");
  }
  if (cell(*replayed, "more") == "true") {
    print_line(options.state == "any" ? "There are more: replay a shorter time at once"
                                      : "There are more: run the command again");
  }
  return 0;
}

struct RotateOptions : HookOptions {
  std::string secret_file, former_valid_for = "24h";
  bool generate = false;
};

/// 32 random bytes in the form of Standard Webhooks.
std::string new_secret() { return "whsec_" + base64(random_bytes(32)); }

int rotate(const RotateOptions& options) {
  if (options.generate == !options.secret_file.empty()) {
    return report({ErrorCode::invalid,
                   "give the new secret with --secret-file FILE (- is standard input), or have one "
                   "made with --generate",
                   {},
                   {},
                   {}});
  }
  const auto seconds = options.former_valid_for == "0" ? std::optional(std::chrono::seconds(0))
                                                       : parse_duration(options.former_valid_for);
  if (!seconds) {
    return report(
        {ErrorCode::invalid, "--former-valid-for should be such as 24h or 7d", {}, {}, {}});
  }
  auto secret =
      options.generate ? Result<std::string>(new_secret()) : read_secret(options.secret_file);
  if (!secret) return report(secret.error());
  // Print it before the call: if the answer is lost, the secret must not be lost.
  if (options.generate) print_line(*secret);
  JsonWriter json;
  json.begin_object()
      .member("secret", *secret)
      .member("former_valid_for", int64_t{seconds->count()})
      .end_object();
  auto hook = call(options, "PUT", options.our_path("/secret"), json.take());
  if (!hook) return report(hook.error());
  const std::string until = cell(*hook, "former_secret_until");
  const std::string told =
      until == "-"
          ? "The new secret signs from now on"
          : "The new secret signs from now on, and the former one beside it until " + until;
  // Standard output has only the generated secret.
  if (options.generate) {
    std::cerr << told << '\n';
  } else {
    print_line(told);
  }
  return 0;
}

int adopt(const HookOptions& options) {
  auto hook = call(options, "PUT", options.our_path("/owner"));
  if (!hook) return report(hook.error());
  print_line(cell(*hook, "creator") + " answers for hook " + cell(*hook, "id") +
             " from now on; whatever it held is being delivered");
  if (cell(*hook, "active") == "false") {
    print_line("It is not active: set `active` to true (PATCH) to let it have events");
  }
  return 0;
}

/// Whether a subcommand is about all hooks of a target, or about one hook.
enum class About { target, hook };
template <class Options>
std::pair<CLI::App*, std::shared_ptr<Options>> add_hook_command(CLI::App& group, const char* name,
                                                                const char* description,
                                                                About about) {
  auto* command = group.add_subcommand(name, description);
  auto options = std::make_shared<Options>();
  options->server = add_server_options(*command);
  command->add_option("target", options->target, "OWNER/REPO, or an organization")->required();
  if (about == About::hook) {
    command->add_option("id", options->id, "The hook's id, from `esclusa hook list`")->required();
  }
  return {command, options};
}

}  // namespace

void add_hook(CLI::App& app, Action& action) {
  CLI::App& group = add_group(app, "hook", "Looks after webhooks");

  auto [list, listed] =
      add_hook_command<HookOptions>(group, "list", "Lists the webhooks", About::target);
  list->callback([listed, &action] { action = [listed] { return list_hooks(*listed); }; });

  auto [deliveries, of] = add_hook_command<DeliveriesOptions>(
      group, "deliveries", "Lists what was sent to a webhook, and what waits for it, newest first",
      About::hook);
  deliveries->add_option("--state", of->state,
                         "pending, held, delivered, dead, skipped or cancelled");
  deliveries->add_option("--count", of->count, "How many")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  deliveries->callback([of, &action] { action = [of] { return list_deliveries(*of); }; });

  auto [again, replayed] = add_hook_command<ReplayOptions>(
      group, "replay", "Delivers again what could not be delivered, or was skipped", About::hook);
  again->footer("What waits for its next attempt is tried at once, too.");
  again->add_option("--state", replayed->state,
                    "dead, skipped, or any, which takes what arrived as well and needs --since "
                    "(dead and skipped)");
  again->add_option("--since", replayed->since,
                    "Events from then on: 2026-11-21T08:00:00Z, or 2h for two hours ago");
  again->add_option("--until", replayed->until, "Events before then");
  again->callback([replayed, &action] { action = [replayed] { return replay(*replayed); }; });

  auto [turn, rotated] = add_hook_command<RotateOptions>(
      group, "rotate", "Changes a webhook's secret while the former one still signs", About::hook);
  turn->add_option("--secret-file", rotated->secret_file,
                   "File with the new secret; - is standard input");
  turn->add_flag("--generate", rotated->generate, "Make a secret, and print it, once");
  turn->add_option("--former-valid-for", rotated->former_valid_for,
                   "How long the former secret signs as well: 0, 12h, at most 7d")
      ->capture_default_str();
  turn->footer(
      "The former secret signs in webhook-signature (Standard Webhooks) alone. "
      "X-Hub-Signature-256\n"
      "has the new one's at once: a receiver that checks that must know both before you rotate.");
  turn->callback([rotated, &action] { action = [rotated] { return rotate(*rotated); }; });

  auto [take, adopted] = add_hook_command<HookOptions>(
      group, "adopt", "Makes you the one who answers for a webhook", About::hook);
  take->footer("While the account that made a webhook is blocked, nothing is sent to it.");
  take->callback([adopted, &action] { action = [adopted] { return adopt(*adopted); }; });
}

}  // namespace esclusa::cli
