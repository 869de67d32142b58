#include "wire/git_object.h"

#include "base/crypto.h"
#include "wire/node_id.h"

namespace esclusa::wire {

void write_git_tree(JsonWriter& json, const core::Tree& tree, const core::Repository& repository,
                    const Urls& urls) {
  const std::string url = urls.repository(repository) + "/git/";
  json.begin_object().member("sha", tree.sha).member("url", url + "trees/" + tree.sha);
  json.key("tree").begin_array();
  for (const core::TreeEntry& entry : tree.entries) {
    json.begin_object()
        .member("path", entry.path)
        .member("mode", entry.mode)
        .member("type", entry.type)
        .member("sha", entry.sha);
    if (entry.size) json.member("size", *entry.size);
    if (entry.type != "commit") json.member("url", url + entry.type + "s/" + entry.sha);
    json.end_object();
  }
  json.end_array().member("truncated", tree.is_truncated).end_object();
}

void write_git_blob(JsonWriter& json, const core::Blob& blob, const core::Repository& repository,
                    const Urls& urls) {
  json.begin_object()
      .member("sha", blob.sha)
      .member("node_id", node_id("B", {repository.id.value}, blob.sha))
      .member("size", blob.size)
      .member("url", urls.repository(repository) + "/git/blobs/" + blob.sha)
      .member("content", base64(blob.content))
      .member("encoding", "base64")
      .end_object();
}

}  // namespace esclusa::wire
