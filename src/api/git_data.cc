#include "app/git_data.h"
#include "api/long_response.h"
#include "api/media_type.h"
#include "api/pagination.h"
#include "api/route_tables.h"
#include "core/operations/code.h"
#include "wire/commit.h"
#include "wire/git_object.h"

/// Reads git's own data: refs, and objects by their SHA.
namespace esclusa::api {
namespace {

http::Response one_ref(const Call& call, const core::GitRef& ref) {
  JsonWriter json;
  wire::write_git_ref(json, ref, call.repository(), call.urls);
  return json_response(200, std::move(json));
}

http::Response page_of_refs(const Call& call, const core::Page& page,
                            const core::Listing<core::GitRef>& listing) {
  return list_response(call, page, listing, [&](auto& json, const core::GitRef& ref) {
    wire::write_git_ref(json, ref, call.repository(), call.urls);
  });
}

/// The text of a JSON array of refs, made one part at a time.
class RefArray {
 public:
  RefArray(const Call& call, std::string prefix)
      : access_(call.access()), urls_(call.urls), prefix_(std::move(prefix)) {}

  /// The next part; `nullopt` after the last one.
  Result<std::optional<std::string>> next() {
    if (is_whole_) return std::nullopt;
    const auto part = TRY(app::read_git_refs(access_, prefix_, last_name_));
    std::string text;
    for (const core::GitRef& ref : part.refs) {
      JsonWriter json;
      wire::write_git_ref(json, ref, access_.repository, urls_);
      text += (is_empty_ ? "[" : ",") + json.text();
      is_empty_ = false;
    }
    last_name_ = part.last_name;
    is_whole_ = last_name_.empty();
    if (is_whole_) text += is_empty_ ? "[]" : "]";
    return text;
  }
  /// True if all parts were returned.
  bool is_whole() const { return is_whole_; }
  bool is_empty() const { return is_empty_; }

 private:
  app::RepositoryAccess access_;
  wire::Urls urls_;
  std::string prefix_;
  std::string last_name_;
  bool is_empty_ = true;
  bool is_whole_ = false;
};

/// All refs whose names begin with `prefix`. A list that fits one part is an ordinary answer with
/// an `ETag`; a longer list is written while its client reads it.
Result<http::Response> all_refs(const Call& call, const std::string& prefix, bool may_be_empty) {
  RefArray refs(call, prefix);
  http::Response response{
      200, {{"Content-Type", "application/json; charset=utf-8"}}, TRY(refs.next()).value_or("")};
  if (refs.is_whole() && refs.is_empty() && !may_be_empty) return app::not_found();
  return long_response(call, *call.long_lists, std::move(response),
                       {"long lists", call.access().repository.path,
                        [refs = std::move(refs)]() mutable { return refs.next(); }});
}

Result<http::Response> get_git_ref(const Call& call) {
  return one_ref(call, TRY(app::get_git_ref(call.access(), call.parameter("ref"))));
}

/// `git/refs`: a page of all refs.
Result<http::Response> list_git_refs(const Call& call) {
  const core::Page page = parse_page(call);
  return page_of_refs(call, page, TRY(app::list_git_refs(call.access(), "", page)));
}

/// `git/refs/{ref}`: the ref of that name; if there is none, the refs whose names begin with it.
Result<http::Response> find_git_refs(const Call& call) {
  const std::string& name = call.parameter("ref");
  if (const auto ref = TRY(app::find_git_ref(call.access(), name))) return one_ref(call, *ref);
  if (!asks_for_page(call)) return all_refs(call, name, false);
  const core::Page page = parse_page(call);
  return page_of_refs(call, page, TRY(app::list_git_refs(call.access(), name, page)));
}

/// `git/matching-refs/{ref}`: all refs whose names begin with it, without pages.
Result<http::Response> list_matching_git_refs(const Call& call) {
  return all_refs(call, call.parameter("ref"), true);
}

Result<http::Response> get_git_tag(const Call& call) {
  const auto tag = TRY(app::get_git_tag(call.access(), call.parameter("tag_sha")));
  JsonWriter json;
  wire::write_git_tag(json, tag, call.repository(), call.urls);
  return json_response(200, std::move(json));
}

Result<http::Response> get_git_commit(const Call& call) {
  const auto commit = TRY(app::get_git_commit(call.access(), call.parameter("commit_sha")));
  JsonWriter json;
  wire::write_git_commit(json, commit, call.repository(), call.urls);
  return json_response(200, std::move(json));
}

Result<http::Response> get_git_tree(const Call& call) {
  // As on GitHub, any value means true, even `0` and `false`.
  const bool recursive = http::find_parameter(call.query, "recursive").has_value();
  const auto tree = TRY(app::get_git_tree(call.access(), call.parameter("tree_sha"), recursive));
  JsonWriter json;
  wire::write_git_tree(json, tree, call.repository(), call.urls);
  return json_response(200, std::move(json));
}

Result<http::Response> get_git_blob(const Call& call) {
  auto blob = TRY(app::get_git_blob(call.access(), call.parameter("file_sha")));
  if (accepts(call.request.headers, "raw")) {
    return raw_response(std::move(blob.content));
  }
  JsonWriter json;
  wire::write_git_blob(json, blob, call.repository(), call.urls);
  return json_response(200, std::move(json));
}

// clang-format off
const Route table[] = {
    {"GET", REPOSITORY "/git/ref/{ref...}", &operations::get_git_ref, "repo", Lane::git,
     "git/refs#get-a-reference", get_git_ref},
    // An older API that many clients still call; as on GitHub, our answers link to it.
    {"GET", REPOSITORY "/git/refs", &operations::list_git_refs, "repo", Lane::history,
     "git/refs#list-matching-references", list_git_refs},
    {"GET", REPOSITORY "/git/refs/{ref...?}", &operations::find_git_refs, "repo", Lane::history,
     "git/refs#get-a-reference", find_git_refs},
    {"GET", REPOSITORY "/git/matching-refs/{ref...?}", &operations::list_matching_git_refs, "repo",
     Lane::history, "git/refs#list-matching-references", list_matching_git_refs},
    {"GET", REPOSITORY "/git/tags/{tag_sha}", &operations::get_git_tag, "repo", Lane::git,
     "git/tags#get-a-tag", get_git_tag},
    {"GET", REPOSITORY "/git/commits/{commit_sha}", &operations::get_git_commit, "repo", Lane::git,
     "git/commits#get-a-commit-object", get_git_commit},
    {"GET", REPOSITORY "/git/trees/{tree_sha...}", &operations::get_git_tree, "repo", Lane::history,
     "git/trees#get-a-tree", get_git_tree},
    {"GET", REPOSITORY "/git/blobs/{file_sha}", &operations::get_git_blob, "repo", Lane::git,
     "git/blobs#get-a-blob", get_git_blob},
};
// clang-format on

}  // namespace

std::span<const Route> git_data_routes() { return table; }

}  // namespace esclusa::api
