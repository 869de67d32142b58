#include "agent/target.h"

#include <sys/stat.h>

#include <cstring>
#include <iterator>
#include <optional>
#include <utility>

#include "agent/command.h"
#include "agent/files.h"
#include "agent/ssh.h"
#include "agent/values.h"
#include "base/crypto.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/process.h"
#include "base/text.h"

namespace esclusa::agent {
namespace {
namespace fs = std::filesystem;

constexpr size_t mark_bytes = 16;
constexpr size_t kept_errors_bytes = 16 * 1024;  // of ssh's messages, for the advice
/// The margin by which the target's own limit is later than the agent's, which closes the
/// connection first.
constexpr auto target_grace = std::chrono::seconds(60);

/// The command for the target's shell, the same for every run. The data of a run arrive on its
/// standard input: first a line with a mark, the size of the archive, the limit in seconds and the
/// size of the values, then the archive, then the values (`export_script`), then nothing until the
/// connection ends. It reports by lines with the mark on its standard error; the deploy command
/// prints to standard output. One line without `'` and `!`, so that each shell that a user may have
/// parses it as one word.
///
/// The values go through a named pipe to the start script, which is its standard input: what waits
/// for the end of the connection may read the rest only when they have passed.
///
/// The deploy command gets its own process group, which is ended when the standard input ends: the
/// script notices the end of the connection by that. There are 6 s between SIGTERM and SIGKILL, so
/// that it can report within `run_kill_after`. The trap lets it continue when nobody reads.
constexpr std::string_view target_script =
    "trap : PIPE; read -r mark size limit values; "
    "for tool in env head mkfifo mktemp setsid tar timeout; do "
    "command -v $tool >/dev/null || "
    "{ echo \"The target has no program $tool; install it there.\" >&2; exit 1; }; done; "
    "folder=$(mktemp -d \"${TMPDIR:-/tmp}/esclusa-run.XXXXXXXXXX\") || exit 1; exec 3<&0; "
    "if head -c \"$size\" <&3 | tar -x -o -f - -C \"$folder\" && "
    "mkfifo -m 600 \"$folder/values\"; then "
    "echo \"$mark started\" >&2; "
    "setsid timeout -k 6 \"$limit\" "
    "env -i PATH=\"$PATH\" HOME=\"$HOME\" LANG=\"$LANG\" sh \"$folder/start\" \"$folder\" "
    "<\"$folder/values\" 2>&1 3<&- & group=$!; "
    "head -c \"$values\" <&3 >\"$folder/values\"; "
    "{ cat <&3; kill -s TERM -- -$group; sleep 6; kill -s KILL -- -$group; } >/dev/null 2>&1 & "
    "watch=$!; wait $group 2>/dev/null; code=$?; kill $watch 2>/dev/null; "
    "kill -s TERM -- -$group 2>/dev/null; tries=0; "
    "while [ $tries -lt 60 ] && kill -s 0 -- -$group 2>/dev/null; "
    "do sleep 0.1; tries=$((tries + 1)); done; "
    "kill -s KILL -- -$group 2>/dev/null; else code=; fi; "
    "cd /; rm -rf \"$folder\" 2>/dev/null || "
    "{ chmod -R u+rwX \"$folder\"; rm -rf \"$folder\"; }; echo \"$mark ended $code\" >&2";

/// Feeds ssh with the header, the archive and its own standard input (by the descriptor 5: that of
/// a background job is another), and then with nothing, because nobody opens the other end of
/// `hold`. SIGTERM to the process group ends only `cat`, and so ssh's input; ssh itself stays until
/// the target has reported how the command ended.
constexpr const char* feed_script =
    "exec 5<&0; cat \"$1\" \"$2\" - \"$3\" <&5 >\"$4\" 5<&- & feeder=$!; exec 5<&-; "
    "input=$4; shift 4; trap : TERM; "
    "(trap '' TERM; exec ssh \"$@\" <\"$input\"); code=$?; "
    "kill $feeder 2>/dev/null; wait; exit $code";

/// A folder that is removed at the end of its scope.
struct TransferFolder {
  fs::path path;
  ~TransferFolder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};

/// Makes an archive of the checkout, without git's own files, and of the event's files.
Result<void> make_archive(const fs::path& archive, const std::string& start, const RunFolder& run,
                          RunLog& log, const std::atomic<bool>& cancel) {
  const fs::path folder = archive.parent_path();
  TRY(make_folders(folder));
  TRY(write_durably(folder / "start", start));
  ProcessSpec spec;
  // Modes as in git: the agent's umask must not affect the target.
  spec.arguments = {"tar",
                    "-c",
                    "-f",
                    archive.string(),
                    "--mode=u+rwX,go+rX,go-w",
                    "--numeric-owner",
                    "--no-anchored",
                    "--exclude=.git",  // also those of submodules
                    "-C",
                    folder.string(),
                    "start",
                    "-C",
                    run.path.string(),
                    run.source().filename().string(),
                    run.event_file().filename().string(),
                    run.payload_file().filename().string()};
  spec.environment = program_environment();
  spec.time_limit = limits::run_time_default;
  spec.on_output = [&](std::string_view text) { log.append(text); };
  spec.cancel = &cancel;
  if (!TRY(run_process(spec)).succeeded()) {
    return fail(ErrorCode::unavailable, "The checkout could not be packed for the target");
  }
  return {};
}

/// The lines that come back on ssh's standard error: reports with the mark, and others for the log.
class Report {
 public:
  Report(std::string mark, RunLog& log) : mark_(std::move(mark)), log_(log) {}

  void read(std::string_view text) {
    line_ += text;
    for (size_t end = 0; (end = line_.find('\n')) != std::string::npos; line_.erase(0, end + 1)) {
      read_line(std::string_view(line_).substr(0, end));
    }
    if (line_.size() > kept_errors_bytes) flush();
  }
  void flush() {
    if (!line_.empty()) read_line(line_);
    line_.clear();
  }

  bool started = false;
  bool ended = false;            ///< nothing of the run is left on the target
  std::optional<int> code = {};  ///< as a shell reports it
  std::string errors;            ///< the beginning of the other lines

 private:
  void read_line(std::string_view line) {
    line = line.substr(0, line.find_last_not_of('\r') + 1);
    if (!line.starts_with(mark_ + " ")) {
      log_.append(std::string(line) + "\n");
      if (errors.size() < kept_errors_bytes) errors += std::string(line) + "\n";
      return;
    }
    line.remove_prefix(mark_.size() + 1);
    if (line == "started") started = true;
    if (!line.starts_with("ended")) return;
    ended = true;
    const std::string_view number = trim(line.substr(std::string_view("ended").size()));
    if (number == "0") code = 0;
    if (const auto positive = parse_positive(number)) code = static_cast<int>(*positive);
  }

  const std::string mark_;
  RunLog& log_;
  std::string line_;
};

/// The arguments of the feed script, besides ssh's own.
struct Feed {
  fs::path header, archive, hold, input;
  explicit Feed(const fs::path& folder)
      : header(folder / "header"),
        archive(folder / "archive.tar"),
        hold(folder / "hold"),
        input(folder / "input") {}
};

Result<void> make_feed(const Feed& feed, const std::string& mark, const Rule& rule,
                       size_t values_bytes) {
  std::error_code error;
  const auto limit = std::chrono::seconds(rule.time_limit + target_grace).count();
  TRY(write_durably(feed.header, mark + " " + std::to_string(fs::file_size(feed.archive, error)) +
                                     " " + std::to_string(limit) + " " +
                                     std::to_string(values_bytes) + "\n"));
  for (const fs::path& fifo : {feed.hold, feed.input}) {
    if (mkfifo(fifo.c_str(), 0600) != 0) return file_error("make", fifo);
  }
  return {};
}

ProcessSpec connection(const Rule& rule, const client::Deployment& deployment, const RunFolder& run,
                       const Feed& feed) {
  const Target& target = *rule.target;
  ProcessSpec spec;
  spec.arguments = {"sh", "-c", feed_script, "sh"};
  for (const fs::path& path : {feed.header, feed.archive, feed.hold, feed.input}) {
    spec.arguments.push_back(path.string());
  }
  for (auto& option : ssh_options(target.access)) spec.arguments.push_back(std::move(option));
  for (const std::string& word : std::initializer_list<std::string>{
           "-p", std::to_string(target.port), "-l", target.user, "--", target.host,
           "exec sh -c " + shell_quoted(target_script)}) {
    spec.arguments.push_back(word);
  }
  // ssh ignores these variables; one of them identifies the processes that a killed agent has left.
  spec.environment = command_environment(deployment, run);
  spec.time_limit = rule.time_limit;
  spec.kill_after = limits::run_kill_after;
  return spec;
}

std::string key_remedy(const Target& target) {
  return "Its public half must stand in .ssh/authorized_keys of " + target.user + " on " +
         target.host + ".";
}

Outcome judge(const ProcessOutcome& outcome, const Report& report, const Rule& rule, RunLog& log) {
  if (report.started && !report.ended) {
    log.say(
        "The target has not said that the command has ended there. It ends it as soon as it "
        "notices that the connection is gone; see whether it left something half done.");
  }
  if (auto cut = cut_short(outcome, rule)) return *cut;
  if (!report.started) {
    if (const std::string advice =
            ssh_advice(report.errors, rule.target->access, key_remedy(*rule.target));
        !advice.empty()) {
      log.say(advice);
    }
    return {"error", "The command could not be started on the target; the log says why"};
  }
  if (!report.code) return {"error", "The connection to the target was lost during the command"};
  if (*report.code == 0) return {"success", "The command succeeded"};
  std::string description = "The command exited with " + std::to_string(*report.code);
  // A shell reports a signal as 128 plus its number.
  if (const char* name = *report.code > 128 ? sigabbrev_np(*report.code - 128) : nullptr) {
    description += std::string(", as after the signal ") + name;
  }
  return {"failure", description};
}

}  // namespace

std::string start_script(const Rule& rule, const client::Deployment& deployment,
                         const RunFolder& run) {
  std::string script = "folder=$1\n";
  for (const auto& [name, value] : deployment_variables(deployment, run)) {
    script += "export " + name + "=" + shell_quoted(value) + "\n";
  }
  script += "export ESCLUSA_PAYLOAD_FILE=\"$folder/" + run.payload_file().filename().string() +
            "\"\nexport ESCLUSA_EVENT_FILE=\"$folder/" + run.event_file().filename().string() +
            "\"\nvalues=$(cat); exec </dev/null; rm -f \"$folder/values\"; eval \"$values\"; unset "
            "values\n"
            "if [ \"$whole\" != 1 ]; then echo \"The values have not arrived.\"; exit 1; fi\n"
            "unset whole\ncd \"$folder/" +
            run.source().filename().string() + "\" || exit\nexec";
  for (const std::string& word : rule.command) script += " " + shell_quoted(word);
  return script + "\n";
}

Outcome run_on_target(const Rule& rule, const client::Deployment& deployment, const RunFolder& run,
                      RunLog& log, const std::atomic<bool>& cancel,
                      const client::GivenValues& values) {
  const Outcome unprepared = {"error", "The command could not be started; the log says why"};
  const TransferFolder folder{run.transfer()};
  const Feed feed(folder.path);
  const std::string mark = "esclusa-" + hex(random_bytes(mark_bytes));
  const auto packed =
      make_archive(feed.archive, start_script(rule, deployment, run), run, log, cancel);
  if (cancel) return {"error", "The agent was stopped"};
  ProcessSpec spec = connection(rule, deployment, run, feed);
  spec.input = export_script(values);
  const auto ready = packed ? make_feed(feed, mark, rule, spec.input.size()) : packed;
  if (!ready) {
    log.say(ready.error().message);
    return unprepared;
  }
  Report report(mark, log);
  spec.on_output = [&](std::string_view text) { log.append(text); };
  spec.on_error_output = [&](std::string_view text) { report.read(text); };
  spec.cancel = &cancel;
  const auto outcome = run_process(spec);
  wipe(spec.input);
  report.flush();
  if (!outcome) {
    log.say(outcome.error().message);
    return unprepared;
  }
  return judge(*outcome, report, rule, log);
}

}  // namespace esclusa::agent
