#include "agent/runner.h"

#include <exception>
#include <utility>

#include "agent/command.h"
#include "agent/leftovers.h"
#include "agent/log_upload.h"
#include "agent/run_log.h"
#include "agent/target.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "core/names.h"

namespace esclusa::agent {
namespace {

constexpr size_t run_count_max = 4;  // deploy commands are heavy: they build, copy and restart

/// Whether asking again cannot help: the deployment is gone, or will never take this status.
bool is_final_refusal(const Error& error) {
  return error.code == ErrorCode::not_found || error.code == ErrorCode::invalid;
}

void log_run(log::Level level, std::string_view message, const RunFolder& run,
             const std::string& detail) {
  log::write(level, message,
             {{"repository", run.record.repository},
              {"deployment", run.record.deployment},
              {"environment", run.record.environment},
              {"detail", detail}});
}

void log_event(log::Level level, std::string_view message, const DeploymentEvent& event,
               const std::string& detail) {
  log::write(level, message,
             {{"repository", event.repository},
              {"deployment", event.id},
              {"environment", event.environment},
              {"detail", detail}});
}

/// Status descriptions are cut where the server would refuse them.
std::string shortened(const std::string& text) {
  std::string cut = printable(text);
  while (utf8_length(cut) > limits::status_description_chars) cut.pop_back();
  while (!is_utf8(cut)) cut.pop_back();
  return cut;
}

/// The beginning of a log: what is going to be done.
void say_what_is_done(RunLog& log, const Rule& rule, const DeploymentEvent& event) {
  log.say("Deployment " + std::to_string(event.id) + " of " + rule.repository);
  log.say("  ref          " + event.ref);
  log.say("  commit       " + event.sha);
  log.say("  environment  " + event.environment);
  log.say("  task         " + event.task);
  log.say("  command      " + join(rule.command, " "));
  if (rule.target) log.say("  target       " + rule.target->text);
  log.say("  time limit   " + rule.time_limit_text);
}

}  // namespace

Runner::Runner(const Config& config, WorkFolder& work, StopFlag& stop, std::string public_url,
               Scheduler::Backoff backoff)
    : config_(config),
      work_(work),
      stop_(stop),
      public_url_(std::move(public_url)),
      backoff_(backoff),
      api_({.base_url = config.server, .token = config.token, .ca_file = config.ca_file}),
      checkout_(work.path(), stop.flag()),
      scheduler_(run_count_max, backoff) {}

Result<void> Runner::recover() {
  TRY(checkout_.prepare(config_.rules));
  for (RunFolder& run : TRY(work_.unreported_runs())) {
    if (run.record.step == RunStep::begun) {
      // The agent was killed, but what it had started may still be at work.
      const size_t ended_count = end_leftovers(run.event_file(), stop_.flag());
      log_run(log::Level::warning, "a run was cut off by the end of the agent", run,
              std::to_string(ended_count) + " processes were left and have been ended");
      const std::string why = "The agent stopped during the run; it is not run again";
      if (auto log = RunLog::open(run.log())) {
        log->say("");  // ends the line that was being written
        log->say(why + ".");
      }
      end(run, {"error", why});
    }
    auto job = std::make_shared<Job>(Job{{}, std::move(run)});
    const RunRecord record = job->run->record;
    add_job(std::move(job), record.repository, record.environment, record.deployment);
  }
  for (DeploymentEvent& event : TRY(work_.queued())) add(std::move(event));
  return {};
}

void Runner::add(DeploymentEvent event) {
  auto job = std::make_shared<Job>(Job{std::move(event), std::nullopt});
  const DeploymentEvent& added = job->event;
  add_job(job, added.repository, added.environment, added.id);
}

void Runner::add_job(std::shared_ptr<Job> job, const std::string& repository,
                     const std::string& environment, int64_t id) {
  std::string lane = core::fold_case(repository) + "\n" + core::fold_case(environment);
  scheduler_.add(std::move(lane), id, [this, job = std::move(job)] {
    try {
      return advance(*job);
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

Next Runner::advance(Job& job) {
  if (!job.run) {
    const Next next = begin(job);
    if (!job.run) return next;
  }
  return report(*job.run);
}

Next Runner::begin(Job& job) {
  const DeploymentEvent& event = job.event;
  const Rule* rule = config_.find_rule(event.repository, event.environment, event.task);
  if (rule == nullptr) {
    log_event(log::Level::warning, "dropped", event, "no [[deploy]] entry is for it any more");
    return dequeue(event);
  }
  auto path = client::repository_path(rule->repository);
  auto judgement = judge_deployment(api_, *path, event);
  if (!judgement) {
    log_event(log::Level::warning, "the server cannot be asked; this is tried again", event,
              judgement.error().message);
    return Next::try_again;
  }
  if (judgement->verdict != Verdict::run) return drop(event, *judgement, *path);
  if (stop_.requested()) return Next::try_again;  // it stays in the queue

  auto begun = work_.begin_run(event, {.repository = rule->repository,
                                       .deployment = event.id,
                                       .environment = event.environment,
                                       .environment_url = rule->environment_url});
  if (!begun) {
    log_event(log::Level::error, "the run cannot be begun", event, begun.error().message);
    return Next::try_again;
  }
  if (!*begun) return Next::done;
  job.run = std::move(*begun);
  Outcome outcome{"error", "A bug in the agent; its own log says more"};
  try {
    outcome = execute(*rule, event, *job.run);
  } catch (const std::exception& bug) {
    log_event(log::Level::error, "a bug in the agent", event, bug.what());
  }
  return end(*job.run, std::move(outcome));
}

Next Runner::drop(const DeploymentEvent& event, const Judgement& judgement,
                  const std::string& repository_path) {
  switch (judgement.verdict) {
    case Verdict::run: break;
    case Verdict::gone:
      log_event(log::Level::warning, "not run", event,
                "the server does not have it, or does not show it to the agent's token");
      break;
    case Verdict::finished:
      log_event(log::Level::info, "not run", event, "it is " + judgement.state + " already");
      break;
    case Verdict::altered:
      log_event(log::Level::error, "not run", event, "the server has another commit for it");
      break;
    case Verdict::superseded: {
      const std::string why = "Superseded by deployment " + std::to_string(judgement.superseded_by);
      auto reported = api_.create_status(repository_path, event.id, {"inactive", why, "", ""});
      if (!reported && !is_final_refusal(reported.error())) return Next::try_again;
      log_event(log::Level::info, "not run", event, why);
      break;
    }
  }
  return dequeue(event);
}

Next Runner::dequeue(const DeploymentEvent& event) {
  auto removed = work_.dequeue(event);
  if (removed) return Next::done;
  log_event(log::Level::error, "the queue cannot be written", event, removed.error().message);
  return Next::try_again;
}

Outcome Runner::execute(const Rule& rule, const DeploymentEvent& event, const RunFolder& run) {
  auto log = RunLog::open(run.log());
  if (!log) return {"error", shortened(log.error().message)};
  say_what_is_done(*log, rule, event);
  log_run(log::Level::info, "begins", run, log_url(run));
  auto told = report_begin(run);
  if (stop_.requested()) return {"error", "The agent was stopped"};
  if (!told) {
    log->say("The server refused the status in_progress: " + told.error().message);
    return {"error", "The server refused the status in_progress"};
  }
  std::optional<LiveLog> live;
  if (config_.mode == Mode::pull) {
    live.emplace(LogUpload(api_, *client::repository_path(rule.repository), event.id, run.log()));
  }
  auto fetched =
      checkout_.check_out(rule, event.sha, work_.mirror_of(rule.repository), run.source(), *log);
  if (stop_.requested()) return {"error", "The agent was stopped"};
  if (!fetched) {
    log->say(fetched.error().message);
    return {"error", shortened(fetched.error().message)};
  }
  log->say("");
  const auto run_it = rule.target ? run_on_target : run_command;
  Outcome outcome = run_it(rule, event, run, *log, stop_.flag());
  log->say("");
  log->say(outcome.description + ".");
  return outcome;
}

Result<void> Runner::report_begin(const RunFolder& run) {
  const std::string path = TRY(client::repository_path(run.record.repository));
  for (size_t failed_count = 1;; ++failed_count) {
    auto done = api_.create_status(
        path, run.record.deployment,
        {"in_progress", "The agent runs the command", log_url(run), run.record.environment_url});
    if (done) return {};
    if (is_final_refusal(done.error())) return std::unexpected(done.error());
    log_run(log::Level::warning, "cannot be reported; this is tried again", run,
            done.error().message);
    if (stop_.wait_for(backoff_.after(failed_count))) return std::unexpected(done.error());
  }
}

Next Runner::end(RunFolder& run, Outcome outcome) {
  run.record.outcome = std::move(outcome);
  run.record.step = RunStep::ended;
  if (auto saved = run.save(); !saved) {
    log_run(log::Level::error, "the outcome cannot be written down", run, saved.error().message);
  }
  std::error_code error;
  std::filesystem::remove_all(run.transfer(), error);
  std::filesystem::remove_all(run.source(), error);
  if (error) log_run(log::Level::warning, "the checkout stays", run, error.message());
  const Outcome& end = run.record.outcome;
  log_run(log::Level::info, "ended", run, end.state + ": " + end.description);
  return Next::done;
}

Next Runner::report(RunFolder& run) {
  const Outcome& outcome = run.record.outcome;
  auto path = client::repository_path(run.record.repository);
  if (!path) return Next::done;
  if (config_.mode == Mode::pull && !send_log(run, *path)) return Next::try_again;
  auto done =
      api_.create_status(*path, run.record.deployment,
                         {outcome.state, outcome.description, log_url(run),
                          outcome.state == "success" ? run.record.environment_url : std::string()});
  if (!done) {
    const bool is_final = is_final_refusal(done.error());
    log_run(is_final ? log::Level::error : log::Level::warning,
            is_final ? "the server refuses the outcome" : "cannot be reported; this is tried again",
            run, done.error().message);
    if (!is_final) return Next::try_again;
  }
  run.record.step = RunStep::reported;
  if (auto saved = run.save(); !saved) {
    log_run(log::Level::error, "the report cannot be written down", run, saved.error().message);
    return Next::try_again;
  }
  return Next::done;
}

bool Runner::send_log(const RunFolder& run, const std::string& repository_path) {
  LogUpload upload(api_, repository_path, run.record.deployment, run.log());
  auto sent = upload.send(LogUpload::Log::is_complete, stop_.flag());
  if (sent) return true;
  const bool is_final = is_final_refusal(sent.error()) ||
                        sent.error().code == ErrorCode::conflict ||
                        sent.error().code == ErrorCode::too_large;
  log_run(log::Level::warning,
          is_final ? "the server refuses the log" : "the log cannot be sent; this is tried again",
          run, sent.error().message);
  return is_final;
}

std::string Runner::log_url(const RunFolder& run) const {
  auto path = client::repository_path(run.record.repository);
  if (config_.mode == Mode::pull && path) {
    return config_.server + "/esclusa/repos/" + *path + "/deployments/" +
           std::to_string(run.record.deployment) + "/log";
  }
  return public_url_ + "/logs/" + run.record.log_key;
}

}  // namespace esclusa::agent
