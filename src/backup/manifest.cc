#include "backup/manifest.h"

#include "base/json.h"
#include "base/json_writer.h"

namespace esclusa::backup {
namespace {

constexpr std::string_view bundle_folder = "repositories/";
constexpr std::string_view bundle_suffix = ".bundle";

std::unexpected<Error> bad_manifest() {
  return fail(ErrorCode::invalid, "its manifest is damaged", "backup_damaged");
}

std::string text_of(const Json& json, std::string_view name) {
  return json.string_at(name).value_or("");
}

std::vector<Json> list_of(const Json& json, std::string_view name) {
  const auto list = json.find(name);
  return list ? list->elements() : std::vector<Json>();
}

}  // namespace

std::string format_text(const std::string& made_by) {
  JsonWriter json;
  json.begin_object().member("format", format_version).member("made_by", made_by).end_object();
  return json.take() + "\n";
}

Result<void> check_format(std::string_view text) {
  const auto json = Json::parse(text);
  const auto format = json ? json->integer_at("format") : std::nullopt;
  if (!format || *format < 1) {
    return fail(ErrorCode::invalid, "it is no backup of Esclusa", "no_backup");
  }
  if (*format == format_version) return {};
  return fail(ErrorCode::invalid,
              "it has the format " + std::to_string(*format) + ", and this program knows only " +
                  std::to_string(format_version) + ": use the program that made it, " +
                  text_of(*json, "made_by") + ", or a newer one",
              "backup_too_new");
}

std::string manifest_text(const Manifest& manifest) {
  JsonWriter json;
  json.begin_object()
      .member("format", format_version)
      .member("made_by", manifest.made_by)
      .member("created_at", manifest.created_at)
      .member("schema", manifest.schema)
      .member("identity", manifest.identity)
      .member("key_digest", manifest.key_digest);
  if (!manifest.new_key_digest.empty()) json.member("new_key_digest", manifest.new_key_digest);
  json.key("repositories").begin_array();
  for (const MadeRepository& repository : manifest.repositories) {
    json.begin_object()
        .member("id", repository.id.value)
        .member("full_name", repository.full_name)
        .member("path", repository.path)
        .member("head", repository.head)
        .member("member", repository.member)
        .member("problem", repository.problem)
        .end_object();
  }
  json.end_array().key("members").begin_array();
  for (const Member& member : manifest.members) {
    json.begin_object()
        .member("name", member.name)
        .member("size", member.size)
        .member("sha256", member.sha256)
        .end_object();
  }
  json.end_array().end_object();
  return json.take() + "\n";
}

Result<Manifest> parse_manifest(std::string_view text) {
  const auto json = Json::parse(text);
  if (!json) return bad_manifest();
  Manifest manifest;
  manifest.made_by = text_of(*json, "made_by");
  manifest.schema = text_of(*json, "schema");
  manifest.identity = text_of(*json, "identity");
  manifest.key_digest = text_of(*json, "key_digest");
  manifest.new_key_digest = text_of(*json, "new_key_digest");
  const auto created_at = parse_time(text_of(*json, "created_at"));
  if (!created_at || manifest.identity.empty() || manifest.key_digest.empty()) {
    return bad_manifest();
  }
  manifest.created_at = *created_at;
  for (const Json& item : list_of(*json, "repositories")) {
    const auto id = item.integer_at("id");
    if (!id || *id <= 0) return bad_manifest();
    manifest.repositories.push_back({RepositoryId{*id}, text_of(item, "full_name"),
                                     text_of(item, "path"), text_of(item, "head"),
                                     text_of(item, "member"), text_of(item, "problem")});
    const std::string& member = manifest.repositories.back().member;
    if (!member.empty() && member != bundle_name(RepositoryId{*id})) return bad_manifest();
  }
  for (const Json& item : list_of(*json, "members")) {
    const auto size = item.integer_at("size");
    if (!size || *size < 0) return bad_manifest();
    manifest.members.push_back({text_of(item, "name"), *size, text_of(item, "sha256")});
  }
  return manifest;
}

std::string bundle_name(RepositoryId id) {
  return std::string(bundle_folder) + std::to_string(id.value) + std::string(bundle_suffix);
}

std::optional<RepositoryId> id_of_bundle(std::string_view name) {
  if (!name.starts_with(bundle_folder) || !name.ends_with(bundle_suffix)) return std::nullopt;
  const auto id = parse_positive(
      name.substr(bundle_folder.size(), name.size() - bundle_folder.size() - bundle_suffix.size()));
  // One spelling for each: `7`, not `07`.
  if (!id || bundle_name(RepositoryId{*id}) != name) return std::nullopt;
  return RepositoryId{*id};
}

}  // namespace esclusa::backup
