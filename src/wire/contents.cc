#include "wire/contents.h"

#include "base/crypto.h"
#include "base/text.h"

namespace esclusa::wire {
namespace {

constexpr std::string_view link_mode = "120000";

/// The type of an entry. In a folder GitHub calls submodules files, for old clients.
const char* type_of(const core::TreeEntry& entry, bool is_child) {
  if (entry.type == "tree") return "dir";
  if (entry.type == "commit") return is_child ? "file" : "submodule";
  return entry.mode == link_mode ? "symlink" : "file";
}

/// The caller closes the object.
void begin_content(JsonWriter& json, const core::TreeEntry& entry, const ContentsPlace& place,
                   bool is_child) {
  const std::string path = percent_encode(entry.path, "/");
  const std::string ref = percent_encode(place.ref, "/");
  const std::string repository_url = place.urls.repository(place.repository);
  const std::string url = repository_url + "/contents/" + path + "?ref=" + ref;
  const std::string html_url = place.urls.web + "/" + Urls::path_of(place.repository) +
                               (entry.type == "tree" ? "/tree/" : "/blob/") + ref + "/" + path;
  std::optional<std::string> git_url;  // null for a submodule: it is in another repository
  if (entry.type != "commit") git_url = repository_url + "/git/" + entry.type + "s/" + entry.sha;
  json.begin_object()
      .member("type", type_of(entry, is_child))
      .member("size", entry.size.value_or(0))
      .member("name", entry.path.substr(entry.path.rfind('/') + 1))
      .member("path", entry.path)
      .member("sha", entry.sha)
      .member("url", url)
      .member("git_url", git_url)
      .member("html_url", html_url)
      .member("download_url", nullptr);
  json.key("_links")
      .begin_object()
      .member("self", url)
      .member("git", git_url)
      .member("html", html_url)
      .end_object();
}

}  // namespace

void write_content(JsonWriter& json, const core::TreeEntry& entry, const std::string& text,
                   const ContentsPlace& place) {
  begin_content(json, entry, place, false);
  const bool was_read = static_cast<int64_t>(text.size()) == entry.size.value_or(0);
  if (entry.type == "commit") {
    json.member("submodule_git_url", nullptr);
  } else if (entry.mode == link_mode) {
    json.member("target", text);
  } else {
    json.member("content", base64(text)).member("encoding", was_read ? "base64" : "none");
  }
  json.end_object();
}

void write_directory(JsonWriter& json, const std::vector<core::TreeEntry>& entries,
                     const ContentsPlace& place) {
  json.begin_array();
  for (const core::TreeEntry& entry : entries) {
    begin_content(json, entry, place, true);
    json.end_object();
  }
  json.end_array();
}

}  // namespace esclusa::wire
