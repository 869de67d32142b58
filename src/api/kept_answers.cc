#include "api/kept_answers.h"

#include <utility>

#include "base/crypto.h"

namespace esclusa::api {
namespace {

/// The headers of a request that the handlers of kept routes read, beside the credentials.
constexpr std::string_view deciding_headers[] = {"Host", "Accept", "X-GitHub-Api-Version"};

/// No two requests that may get different answers have the same one. No value has a line break.
std::string key_of(const http::Request& request) {
  std::string key = request.method + (request.secure ? " https " : " http ") + request.target;
  for (const std::string_view name : deciding_headers) {
    key += '\n';
    if (const auto value = request.headers.find(name)) (key += ':') += *value;
  }
  // A hash, because the server shall not keep tokens.
  const auto credentials = request.headers.find("Authorization");
  if (credentials) (key += '\n') += sha256(*credentials);
  return key;
}

size_t size_of(const http::Response& response) {
  constexpr size_t bookkeeping = 1024;  // fields, sources, and the places of the parts
  return bookkeeping + response.body_size() +
         (response.more_headers ? response.more_headers->size() : 0);
}

}  // namespace

std::shared_ptr<const KeptAnswers::Answer> KeptAnswers::find(const http::Request& request,
                                                             const app::SnapshotMoment& now) {
  if (now.versions == nullptr) return nullptr;
  return kept_.find<Answer>(key_of(request), now);
}

void KeptAnswers::keep(const http::Request& request, const app::SnapshotMoment& made,
                       const app::Sources& sources, Answer answer) {
  const size_t bytes = size_of(answer.response);
  kept_.keep(key_of(request), made.moment, sources,
             std::make_shared<const Answer>(std::move(answer)), bytes);
}

}  // namespace esclusa::api
