#include "agent/reporter.h"

#include <utility>

#include "agent/agent_log.h"
#include "agent/judgement.h"
#include "agent/log_upload.h"

namespace esclusa::agent {
namespace {

/// Whether a retry cannot help: the deployment is gone, or will never accept this status, or
/// accepts it from somebody else only.
bool is_final_refusal(const Error& error) {
  return error.reason_code == "claim_lost" || error.reason_code == "claim_required" ||
         error.code == ErrorCode::not_found || error.code == ErrorCode::invalid ||
         error.code == ErrorCode::bad_request;
}

/// The idempotency key of one report of a run, so that the server creates one status only.
std::string key_of(const RunFolder& run, std::string_view report) {
  if (run.record.log_key.empty()) return {};
  return "esclusa-agent-" + run.record.log_key + "-" + std::string(report);
}

/// The path of a log, below the address of the server that serves it.
std::string log_path(const RunFolder& run, Mode mode) {
  if (mode == Mode::webhook) return "/logs/" + run.record.log_key;
  return "/esclusa/repos/" + client::repository_path(run.record.repository).value_or("") +
         "/deployments/" + std::to_string(run.record.deployment) + "/log";
}

}  // namespace

Reporter::Reporter(const Config& config, StopFlag& stop, std::string public_url,
                   Scheduler::Backoff backoff)
    : config_(config), stop_(stop), public_url_(std::move(public_url)), backoff_(backoff) {}

Result<void> Reporter::report_begin(const client::Api& api, const RunFolder& run,
                                    const std::string& description) {
  const std::string path = TRY(client::repository_path(run.record.repository));
  for (size_t failed_count = 1;; ++failed_count) {
    auto done =
        api.create_status(path, run.record.deployment,
                          {"in_progress", description, log_url(run), run.record.environment_url,
                           key_of(run, "begin"), run.record.fence});
    if (done) return {};
    if (is_final_refusal(done.error())) return std::unexpected(done.error());
    log_run(log::Level::warning, "cannot be reported; this is tried again", run,
            message_of(done.error()));
    if (stop_.wait_for(backoff_.after(failed_count))) return std::unexpected(done.error());
  }
}

Next Reporter::report_end(const client::Api& api, const RunFolder& run, bool may_be_reported) {
  const Outcome& outcome = run.record.outcome;
  auto path = client::repository_path(run.record.repository);
  if (!path) return Next::done;
  if (config_.mode == Mode::pull && !send_log(api, run, *path)) return Next::try_again;
  if (may_be_reported) {
    const auto found = is_reported(api, run, *path);
    if (!found && found.error().code != ErrorCode::not_found) {
      log_run(log::Level::warning, "the server cannot be asked; this is tried again", run,
              message_of(found.error()));
      return Next::try_again;
    }
    if (found && *found) return Next::done;
  }
  auto done =
      api.create_status(*path, run.record.deployment,
                        {outcome.state, outcome.description, log_url(run),
                         outcome.state == "success" ? run.record.environment_url : std::string(),
                         key_of(run, "end"), run.record.fence});
  if (!done && !is_final_refusal(done.error())) {
    log_run(log::Level::warning, "cannot be reported; this is tried again", run,
            message_of(done.error()));
    return Next::try_again;
  }
  // A reused key belongs to the same report, which was sent with another address of the agent.
  if (!done && done.error().reason_code != "idempotency_key_reused") {
    const bool is_late = run.record.fence != 0 && done.error().reason_code == "claim_lost";
    if (is_late && has_ended(api, run, *path)) return Next::done;
    log_run(log::Level::error, "the server refuses the outcome", run, message_of(done.error()));
  }
  return Next::done;
}

bool Reporter::has_ended(const client::Api& api, const RunFolder& run,
                         const std::string& repository_path) const {
  const int64_t id = run.record.deployment;
  const auto latest = api.latest_status(repository_path, id);
  if (!latest || !*latest || !is_final_state((*latest)->state)) return false;
  log_run(log::Level::info,
          "The server has ended deployment " + std::to_string(id) + " as `" + (*latest)->state +
              "` already; there is nothing to do",
          run, (*latest)->description);
  return true;
}

Next Reporter::report_without_run(const client::Api& api, const std::string& repository,
                                  int64_t deployment, const Outcome& outcome, int64_t fence) {
  const auto path = client::repository_path(repository);
  if (!path) return Next::done;
  // Needs no key: before a retry, the judgement looks at the statuses.
  const auto reported = api.create_status(
      *path, deployment,
      {.state = outcome.state, .description = outcome.description, .fence = fence});
  if (reported || is_final_refusal(reported.error())) return Next::done;
  log::warning("cannot be reported; this is tried again",
               {{"repository", repository},
                {"deployment", deployment},
                {"detail", message_of(reported.error())}});
  return Next::try_again;
}

void Reporter::report_nothing(const client::Api& api, const RunFolder& run) {
  const auto path = client::repository_path(run.record.repository);
  if (path && config_.mode == Mode::pull) send_log(api, run, *path);
  if (path && has_ended(api, run, *path)) return;
  log_run(log::Level::warning, "not reported", run, "its claim was lost");
}

Result<bool> Reporter::is_reported(const client::Api& api, const RunFolder& run,
                                   const std::string& repository_path) const {
  for (const auto& status : TRY(api.list_statuses(repository_path, run.record.deployment))) {
    if (!is_final_state(status.state) || status.state == "inactive") continue;
    // Without its log key, the run cannot be told from another run of the same deployment.
    if (run.record.log_key.empty()) return true;
    if (status.log_url.ends_with(log_path(run, Mode::webhook))) return true;
    if (status.log_url.ends_with(log_path(run, Mode::pull))) return true;
  }
  return false;
}

bool Reporter::send_log(const client::Api& api, const RunFolder& run,
                        const std::string& repository_path) {
  LogUpload upload(api, repository_path, run.record.deployment, run.log());
  auto sent = upload.send(LogUpload::Log::is_complete, stop_.flag());
  if (sent) return true;
  const bool is_final =
      is_final_refusal(sent.error()) || sent.error().code == ErrorCode::internal ||
      sent.error().code == ErrorCode::conflict || sent.error().code == ErrorCode::too_large;
  log_run(log::Level::warning,
          is_final ? "the log cannot be sent" : "the log cannot be sent; this is tried again", run,
          message_of(sent.error()));
  return is_final;
}

std::string Reporter::log_url(const RunFolder& run) const {
  if (run.record.log_key.empty()) return {};
  return (config_.mode == Mode::pull ? config_.server : public_url_) + log_path(run, config_.mode);
}

}  // namespace esclusa::agent
