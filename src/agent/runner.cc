#include "agent/runner.h"

#include <exception>
#include <utility>

#include "agent/agent_log.h"
#include "agent/command.h"
#include "agent/leftovers.h"
#include "agent/log_upload.h"
#include "agent/run_log.h"
#include "agent/target.h"
#include "agent/values.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/names.h"

namespace esclusa::agent {
namespace {

constexpr size_t run_count_max = 4;  // deploy commands are heavy: they build, copy and restart

/// Cuts a status description to the length that the server accepts.
std::string shortened(const std::string& text) {
  std::string cut = printable(text);
  while (utf8_length(cut) > limits::status_description_chars) cut.pop_back();
  while (!is_utf8(cut)) cut.pop_back();
  return cut;
}

/// The deployments of one lane run one after the other.
std::string lane_of(const std::string& repository, const std::string& environment) {
  return core::fold_case(repository) + "\n" + core::fold_case(environment);
}

/// The beginning of a log: what will be done.
void say_what_is_done(RunLog& log, const Rule& rule, const client::Deployment& deployment) {
  log.say("Deployment " + std::to_string(deployment.id) + " of " + rule.repository);
  log.say("  ref          " + deployment.ref);
  log.say("  commit       " + deployment.sha);
  log.say("  environment  " + deployment.original_environment);
  log.say("  task         " + deployment.task);
  log.say("  command      " + join(rule.command, " "));
  if (rule.target) log.say("  target       " + rule.target->text);
  log.say("  time limit   " + rule.time_limit_text);
}

}  // namespace

Runner::Runner(const Config& config, WorkFolder& work, StopFlag& stop, std::string public_url,
               Scheduler::Backoff backoff)
    : config_(config),
      entries_(config),
      server_(std::make_shared<const Server>(config.target())),
      work_(work),
      stop_(stop),
      backoff_(backoff),
      reporter_(config, stop, std::move(public_url), backoff),
      checkout_(work.path(), stop.flag()),
      claims_(config.target(), config.claim_times),
      scheduler_(run_count_max, backoff) {}

Result<void> Runner::recover() {
  TRY(checkout_.prepare(config_.rules));
  for (RunFolder& run : TRY(work_.unreported_runs())) {
    if (run.record.step == RunStep::begun) {
      // The agent was killed, but the processes that it had started may still run.
      const size_t ended_count = end_leftovers(run.event_file(), stop_.flag());
      log_run(log::Level::warning, "a run was cut off by the end of the agent", run,
              std::to_string(ended_count) + " processes were left and have been ended");
      const std::string why =
          run.record.fault.empty()
              ? "The agent stopped during the run; it is not run again"
              : "The agent's record of the run cannot be read; it is not run again";
      if (auto log = RunLog::open(run.log())) {
        log->say("");  // ends the unfinished line
        log->say(why + ".");
      }
      end(run, {"error", why});
    }
    auto job = std::make_shared<Job>(Job{.run = std::move(run), .may_be_reported = true});
    const RunRecord& record = job->run->record;
    const auto path = client::repository_path(record.repository);
    if (record.fence != 0 && path) {
      job->claim = claims_.keep_again(*path, record.deployment, record.fence);
    }
    add_job(job, record.repository, record.environment, record.deployment);
  }
  for (DeploymentEvent& event : TRY(work_.queued())) {
    auto job = std::make_shared<Job>(Job{.event = std::move(event), .may_be_claimed = true});
    add_job(job, job->event.repository, job->event.environment, job->event.id);
  }
  return {};
}

Result<void> Runner::use(const std::shared_ptr<const Config>& config) {
  TRY(checkout_.prepare(config->rules));
  server_.set(std::make_shared<const Server>(config->target()));
  entries_.set(config);
  return {};
}

void Runner::add(DeploymentEvent event) {
  auto job = std::make_shared<Job>(Job{.event = std::move(event)});
  add_job(job, job->event.repository, job->event.environment, job->event.id);
}

void Runner::add_job(const std::shared_ptr<Job>& job, const std::string& repository,
                     const std::string& environment, int64_t id) {
  job->lane = lane_of(repository, environment);
  scheduler_.add(job->lane, id, [this, job] {
    try {
      return advance(job);
    } catch (const std::exception& bug) {
      log::error("a bug in the agent", {{"error", bug.what()}});
      return Next::try_again;
    }
  });
}

bool Runner::wait_idle(std::chrono::milliseconds time) {
  scheduler_.stop();
  return scheduler_.wait_idle(time);
}

Next Runner::advance(const std::shared_ptr<Job>& job) {
  if (!job->server) job->server = server_.get();
  if (!job->run) {
    const Next next = begin(job);
    if (!job->run) return next;
  }
  return report(*job);
}

Next Runner::begin(const std::shared_ptr<Job>& job) {
  const DeploymentEvent& event = job->event;
  const auto config = entries_.get();
  job->server = server_.get();
  const auto path = client::repository_path(event.repository);
  if (!path || !config->has_repository(event.repository)) {
    log_event(log::Level::warning, "dropped", event, "no [[deploy]] entry is for it any more");
    return dequeue(event);
  }
  const auto judgement = judge_deployment(job->server->api, *path, event.id);
  if (!judgement) {
    log_event(log::Level::warning, "the server cannot be asked; this is tried again", event,
              message_of(judgement.error()));
    return Next::try_again;
  }
  if (judgement->verdict == Verdict::gone) return drop(job, *judgement);
  const client::Deployment& deployment = judgement->deployment;
  const Rule* rule =
      config->find_rule(event.repository, deployment.original_environment, deployment.task);
  if (rule == nullptr) {
    if (job->may_be_claimed) release_left_claim(*job, *path);
    log_event(log::Level::warning, "dropped", event,
              "no [[deploy]] entry is for the environment and task that it has at the server");
    return dequeue(event);
  }
  if (judgement->verdict != Verdict::run) return drop(job, *judgement);
  if (stop_.requested()) return Next::try_again;  // it stays in the queue
  // The event may have named another environment.
  if (job->lane != lane_of(event.repository, deployment.original_environment)) {
    add_job(job, event.repository, deployment.original_environment, event.id);
    return Next::done;
  }
  if (const auto next = claim(job, *path)) return *next;
  if (stop_.requested() && job->claim) {
    release(*job, job->claim->fence());
    return Next::try_again;  // it stays in the queue
  }
  return run(*job, *rule, deployment);
}

Next Runner::run(Job& job, const Rule& rule, const client::Deployment& deployment) {
  const DeploymentEvent& event = job.event;
  const int64_t fence = job.claim ? job.claim->fence() : 0;
  auto begun = work_.begin_run(event, deployment,
                               {.repository = rule.repository,
                                .deployment = event.id,
                                .environment = deployment.original_environment,
                                .environment_url = rule.environment_url,
                                .fence = fence});
  if (!begun) {
    log_event(log::Level::error, "the run cannot be begun", event, begun.error().message);
    job.may_be_claimed = fence != 0;
    return settle(job, "error", "Not run: the agent cannot write to its disk; its log says more",
                  fence);
  }
  if (!*begun) {
    release(job, fence);
    return Next::done;
  }
  job.run = std::move(*begun);
  Outcome outcome{"error", "A bug in the agent; its own log says more"};
  try {
    outcome = execute(job, rule, deployment);
  } catch (const std::exception& bug) {
    log_event(log::Level::error, "a bug in the agent", event, bug.what());
  }
  if (job.claim && job.claim->is_lost() && !job.has_started) return undo(job);
  return end(*job.run, std::move(outcome));
}

Next Runner::undo(Job& job) {
  log_event(log::Level::warning, "the run is taken back before its start", job.event,
            job.claim->why());
  if (const auto undone = work_.undo_run(*job.run, job.event); !undone) {
    log_event(log::Level::error, "the run cannot be taken back", job.event, undone.error().message);
    return end(*job.run, {"error", "The claim was lost before the start"});
  }
  job.run.reset();
  job.claim.reset();
  return Next::try_again;
}

Next Runner::drop(const std::shared_ptr<Job>& job, const Judgement& judgement) {
  const DeploymentEvent& event = job->event;
  switch (judgement.verdict) {
    case Verdict::run: break;
    case Verdict::gone:
      log_event(log::Level::warning, "not run", event,
                "the server does not have it, or does not show it to the agent's token");
      return dequeue_or_ask_again(job);
    case Verdict::held:
      log_event(log::Level::warning, "not run", event,
                "it waits for its gates; the server sends an event when they are open");
      return dequeue_or_ask_again(job);
    case Verdict::finished:
      log_event(log::Level::info, "not run", event,
                "it is " + (judgement.state.empty() ? "ended" : judgement.state) + " already");
      break;
    case Verdict::taken:
      log_event(log::Level::info, "not run", event, "another agent runs it");
      break;
    case Verdict::superseded: return drop_superseded(job, judgement.superseded_by);
  }
  return dequeue(event);
}

Next Runner::drop_superseded(const std::shared_ptr<Job>& job, int64_t newer) {
  const DeploymentEvent& event = job->event;
  const auto path = client::repository_path(event.repository);
  if (!path) return dequeue(event);
  // The status would end another's live claim, and stop its command. The server tells that one.
  const auto live = job->server->api.get_claim(*path, event.id, stop_.flag());
  if (!live && live.error().code != ErrorCode::not_found) {
    log_event(log::Level::warning, "the server cannot be asked; this is tried again", event,
              message_of(live.error()));
    return Next::try_again;
  }
  const bool is_own = live && job->may_be_claimed && release_left_claim(*job, *path);
  if (live && !is_own && job->may_be_claimed) return Next::try_again;  // it is not known whose
  if (live && !is_own) {
    log_event(log::Level::info, "not run", event, "it is superseded, and another agent has it");
    return dequeue(event);
  }
  return settle(*job, "inactive",
                newer == 0 ? "Superseded by a newer deployment"
                           : "Superseded by deployment " + std::to_string(newer));
}

Next Runner::settle(const Job& job, const std::string& state, const std::string& why,
                    int64_t fence) {
  const DeploymentEvent& event = job.event;
  if (reporter_.report_without_run(job.server->api, event.repository, event.id, {state, why},
                                   fence) == Next::try_again) {
    return Next::try_again;
  }
  log_event(log::Level::info, "not run", event, why);
  return dequeue(event);
}

Next Runner::dequeue(const DeploymentEvent& event) {
  // If the file stays, the next start asks the server again, with the same result.
  if (auto removed = work_.dequeue(event); !removed) {
    log_event(log::Level::error, "the queue cannot be written", event, removed.error().message);
  }
  return Next::done;
}

Next Runner::dequeue_or_ask_again(const std::shared_ptr<Job>& job) {
  const DeploymentEvent& event = job->event;
  const auto removed = work_.dequeue_unless_told_again(event);
  if (!removed) {
    log_event(log::Level::error, "the queue cannot be written", event, removed.error().message);
  } else if (!*removed) {
    log_event(log::Level::info, "the server is asked again", event, "its event came again");
    add_job(job, event.repository, event.environment, event.id);
  }
  return Next::done;
}

Outcome Runner::execute(Job& job, const Rule& rule, const client::Deployment& deployment) {
  const RunFolder& run = *job.run;
  auto log = RunLog::open(run.log());
  if (!log) return {"error", "The log of the run cannot be written; the agent's own log says more"};
  say_what_is_done(*log, rule, deployment);
  log_run(log::Level::info, "begins", run, reporter_.log_url(run));
  const auto refuse = [&](const std::string& why) {
    log->say("");
    log->say(why + ".");
    return Outcome{"error", shortened(why)};
  };
  if (!run.record.fault.empty()) return refuse("Not run: the agent's disk failed");
  if (!job.event.fault.empty()) return refuse("Not run: the agent cannot read the event any more");
  if (auto runnable = check_runnable(deployment); !runnable) {
    return refuse(runnable.error().message);
  }
  if (!job.claim && rule.needs_values()) {
    return refuse(
        "Not run: its entry names secrets or variables, and the server has no claims, "
        "without which it gives none");
  }
  StopFlag without_claim;
  StopFlag& ending = job.claim ? job.claim->ending() : without_claim;
  const StopFlag::Following following(stop_, ending);
  Outcome outcome = execute_claimed(job, rule, deployment, *log, ending);
  if (job.claim && job.claim->is_lost()) {
    outcome = {"error", job.claim->why()};
    log->say("");
    log->say(job.claim->why() + ". " +
             (job.has_started ? "The command was stopped." : "Nothing was started."));
  }
  outcome.description = shortened(log->masked(outcome.description));
  return outcome;
}

Outcome Runner::execute_claimed(Job& job, const Rule& rule, const client::Deployment& deployment,
                                RunLog& log, StopFlag& ending) {
  const RunFolder& run = *job.run;
  std::string description = "The agent runs the command";
  if (const auto differing = differences(job.event, deployment); !differing.empty()) {
    description += "; its event had another " + join(differing, ", ");
    log_run(log::Level::warning, "the event differs from the deployment at the server", run,
            join(differing, ", "));
    log.say("The event that announced it had another " + join(differing, ", ") + ".");
  }
  auto told = reporter_.report_begin(job.server->api, run, description);
  job.has_started = told.has_value();
  if (stop_.requested()) return {"error", "The agent was stopped"};
  if (!told) {
    if (told.error().reason_code == "claim_lost" && job.claim) {
      job.claim->lose("The server ended the claim: " + told.error().message,
                      HeldClaim::Ended::by_server);
    }
    log.say("The server refused the status in_progress: " + told.error().message);
    return {"error", "The server refused the status in_progress"};
  }
  std::optional<LiveLog> live;
  if (config_.mode == Mode::pull) {
    live.emplace(LogUpload(job.server->api, *client::repository_path(rule.repository),
                           deployment.id, run.log()));
  }
  auto fetched = checkout_.check_out(rule, deployment.sha, work_.mirror_of(rule.repository),
                                     run.source(), log);
  if (ending.requested()) return {"error", "The agent was stopped"};
  if (!fetched) {
    log.say(fetched.error().message);
    return {"error", shortened(fetched.error().message)};
  }
  log.say("");
  const auto values = get_values(job, rule, log, ending);
  if (ending.requested()) return {"error", "The agent was stopped"};
  if (!values) {
    log.say(values.error().message + ".");
    return {"error", values.error().message};
  }
  const auto run_it = rule.target ? run_on_target : run_command;
  Outcome outcome = run_it(rule, deployment, run, log, ending.flag(), *values);
  if (job.claim && job.claim->is_lost()) return outcome;
  log.say("");
  log.say(outcome.description + ".");
  return outcome;
}

Result<client::GivenValues> Runner::get_values(const Job& job, const Rule& rule, RunLog& log,
                                               StopFlag& ending) {
  const bool wants_none =
      rule.secrets && rule.secrets->empty() && rule.variables && rule.variables->empty();
  if (!job.claim || wants_none) return client::GivenValues();
  const std::string path = TRY(client::repository_path(rule.repository));
  const int64_t id = job.run->record.deployment;
  const int64_t fence = job.claim->fence();
  for (size_t failed_count = 1;; ++failed_count) {
    auto given =
        job.server->api.claim_values(path, id, fence, rule.secrets, rule.variables, ending.flag());
    if (given) {
      TRY(check_values(*given));
      for (const auto& [name, value] : given->secrets) {
        if (log.hide(value) || value.empty()) continue;
        if (log.hides_too_much()) {
          return fail(ErrorCode::invalid, "Not run: the secrets have too many lines to hide");
        }
        log.say("The secret " + name +
                " has fewer than four characters: the log does not hide it.");
      }
      return given;
    }
    const Error& error = given.error();
    const bool is_other_token = error.reason_code == "agent_token_required";
    // A server that has claims but no secrets, and not a deployment that was deleted meanwhile.
    const bool has_none = error.code == ErrorCode::not_found &&
                          job.server->api.keep_claim(path, id, fence, ending.flag()).has_value();
    if ((is_other_token || has_none) && !rule.needs_values()) {
      if (is_other_token) {
        log.say("No secrets or variables: the token is not an agent's (`esclusa agent token`).");
      }
      return client::GivenValues();
    }
    if (error.code != ErrorCode::unavailable) {
      const RunRecord& run = job.run->record;
      return fail(ErrorCode::invalid, why_not_given(error, run.repository, run.environment));
    }
    log_run(log::Level::warning, "the secrets cannot be asked for; this is tried again", *job.run,
            error.message);
    if (ending.wait_for(backoff_.after(failed_count))) return std::unexpected(error);
  }
}

Next Runner::end(RunFolder& run, Outcome outcome) {
  run.record.outcome = std::move(outcome);
  run.record.step = RunStep::ended;
  auto saved = run.save();
  std::error_code error;
  std::filesystem::remove_all(run.transfer(), error);
  std::filesystem::remove_all(run.source(), error);
  if (error) log_run(log::Level::warning, "the checkout stays", run, error.message());
  if (!saved) saved = run.save();  // the removal may have made room
  Outcome& end = run.record.outcome;
  if (!saved) {
    log_run(log::Level::error, "the outcome cannot be written down", run, saved.error().message);
    // The disk has a run without an outcome, which the next start would report as an error.
    end = {"error", shortened(end.description + ", but the agent could not write that down")};
  }
  log_run(log::Level::info, "ended", run, end.state + ": " + end.description);
  return Next::done;
}

void Runner::follow_token(Job& job) {
  const auto server = server_.get();
  if (job.server == server) return;
  const auto known = job.server->api.call("GET", "/user");
  if (!known && known.error().code == ErrorCode::unauthenticated) job.server = server;
}

Next Runner::report(Job& job) {
  RunFolder& run = *job.run;
  const bool may_be_reported = std::exchange(job.may_be_reported, true);
  // If it was only not heard of, the server judges by the fence what may be reported.
  if (job.claim && job.claim->is_ended_by_server()) {
    reporter_.report_nothing(job.server->api, run);
  } else if (reporter_.report_end(job.server->api, run, may_be_reported) == Next::try_again) {
    follow_token(job);
    return Next::try_again;
  }
  run.record.step = RunStep::reported;
  if (auto saved = run.save(); !saved) {
    // The next start asks the server, and finds the status.
    log_run(log::Level::error, "the report cannot be written down", run, saved.error().message);
  }
  return Next::done;
}

}  // namespace esclusa::agent
