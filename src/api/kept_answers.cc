#include "api/kept_answers.h"

#include <utility>

#include "base/crypto.h"
#include "base/text.h"

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

/// Whether the field is needed by itself: to compare the answer with the client's, or because its
/// value may not stand in a head as it is.
bool stays_apart(const http::Header& field) {
  return field.name == "ETag" || field.name == "Last-Modified" ||
         has_control_characters(field.value);
}

/// The same answer, of which copies are cheap: its body is one text, and its header fields are.
http::Response packed(http::Response response) {
  std::string body = std::move(response.body);
  for (const http::SharedText& part : response.parts) body += *part;
  response.body.clear();
  response.parts = {std::make_shared<const std::string>(std::move(body))};
  http::Headers apart;
  std::string fields;
  for (const http::Header& field : response.headers) {
    if (stays_apart(field)) {
      apart.add(field.name, field.value);
    } else {
      fields.append("\r\n").append(field.name).append(": ").append(field.value);
    }
  }
  if (response.more_headers) fields += *response.more_headers;
  response.headers = std::move(apart);
  response.more_headers = std::make_shared<const std::string>(std::move(fields));
  return response;
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
  answer.response = packed(std::move(answer.response));
  const size_t bytes = size_of(answer.response);
  kept_.keep(key_of(request), made.moment, sources,
             std::make_shared<const Answer>(std::move(answer)), bytes);
}

}  // namespace esclusa::api
