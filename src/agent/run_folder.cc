#include <array>

#include "agent/files.h"
#include "agent/work_folder.h"
#include "base/json.h"
#include "base/json_writer.h"

namespace esclusa::agent {
namespace {

constexpr std::array<std::string_view, 3> step_names = {"begun", "ended", "reported"};

}  // namespace

Result<void> RunFolder::save() const {
  JsonWriter json;
  json.begin_object()
      .member("repository", record.repository)
      .member("deployment", record.deployment)
      .member("environment", record.environment)
      .member("environment_url", record.environment_url)
      .member("log_key", record.log_key)
      .member("fence", record.fence)
      .member("step", step_names[static_cast<size_t>(record.step)])
      .member("state", record.outcome.state)
      .member("description", record.outcome.description)
      .end_object();
  return write_durably(path / "run.json", json.take() + "\n");
}

Result<RunFolder> RunFolder::load(const std::filesystem::path& path) {
  const auto json = TRY(Json::parse(TRY(read_file(path / "run.json"))));
  RunFolder run;
  run.path = path;
  RunRecord& record = run.record;
  record.repository = json.string_at("repository").value_or("");
  record.deployment = json.integer_at("deployment").value_or(0);
  record.environment = json.string_at("environment").value_or("");
  record.environment_url = json.string_at("environment_url").value_or("");
  record.log_key = json.string_at("log_key").value_or("");
  record.fence = json.integer_at("fence").value_or(0);
  record.outcome.state = json.string_at("state").value_or("");
  record.outcome.description = json.string_at("description").value_or("");
  const std::string step = json.string_at("step").value_or("");
  for (size_t i = 0; i < step_names.size(); ++i) {
    if (step != step_names[i]) continue;
    record.step = static_cast<RunStep>(i);
    return run;
  }
  return fail(ErrorCode::unavailable, "cannot read " + (path / "run.json").string());
}

}  // namespace esclusa::agent
