#include "http/curl_transfer.h"

#include <arpa/inet.h>

#include <algorithm>
#include <mutex>
#include <new>

#include "base/check.h"
#include "base/limits.h"
#include "base/text.h"
#include "http/sigpipe.h"

namespace esclusa::http {

using namespace std::chrono_literals;

namespace {

bool is_token(std::string_view text) {
  auto is_token_char = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  };
  return !text.empty() && std::ranges::all_of(text, is_token_char);
}

bool is_field_value(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

OutboundFailure failure_of(CURLcode code) {
  switch (code) {
    case CURLE_OK: return OutboundFailure::none;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT: return OutboundFailure::could_not_connect;
    case CURLE_OPERATION_TIMEDOUT: return OutboundFailure::timed_out;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_USE_SSL_FAILED: return OutboundFailure::tls;
    default: return OutboundFailure::other;
  }
}

}  // namespace

void init_curl() {
  static std::once_flag once;
  std::call_once(once, [] {
    ENSURE(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
    ignore_sigpipe();  // with CURLOPT_NOSIGNAL libcurl does not block SIGPIPE
  });
}

EasyHandle make_easy_handle() {
  init_curl();
  EasyHandle easy(curl_easy_init());
  if (!easy) throw std::bad_alloc();
  return easy;
}

CurlTransfer::CurlTransfer(OutboundRequest request, EasyHandle easy)
    : request_(std::move(request)), easy_(std::move(easy)) {
  begin_ = std::chrono::steady_clock::now();
  ready_ = configure();
}

CurlTransfer::~CurlTransfer() {
  easy_.reset();  // before the header fields, which it refers to
  curl_slist_free_all(headers_);
}

EasyHandle CurlTransfer::release() {
  curl_easy_reset(easy_.get());
  return std::move(easy_);
}

bool CurlTransfer::configure() {
  bool ok = true;
  auto set = [&](CURLoption option, auto value) {
    ok = ok && curl_easy_setopt(easy_.get(), option, value) == CURLE_OK;
  };
  if (!is_token(request_.method) || !add_headers()) return false;
  set(CURLOPT_ERRORBUFFER, error_text_);
  set(CURLOPT_URL, request_.url.c_str());
  set(CURLOPT_HTTPHEADER, headers_);
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_PROXY, "");
  set(CURLOPT_NOPROXY, "*");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_MAXAGE_CONN, static_cast<long>(kept_connection_time / 1s));
  set(CURLOPT_QUICK_EXIT, 1L);  // else the cleanup would wait for a name server that hangs
  set(CURLOPT_SSL_VERIFYPEER, request_.verify_tls ? 1L : 0L);
  set(CURLOPT_SSL_VERIFYHOST, request_.verify_tls ? 2L : 0L);
  if (!request_.ca_file.empty()) {
    set(CURLOPT_CAINFO, request_.ca_file.c_str());
    set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));  // not the system's authorities too
  }
  // libcurl takes 0 for "no limit" or for its default; here it means "at once".
  set(CURLOPT_CONNECTTIMEOUT_MS, std::max(1L, static_cast<long>(request_.connect_time.count())));
  set(CURLOPT_TIMEOUT_MS, std::max(1L, static_cast<long>(request_.total_time.count())));
  if (!request_.unix_socket.empty()) {
    set(CURLOPT_UNIX_SOCKET_PATH, request_.unix_socket.c_str());
  }

  const std::string& method = request_.method;
  if (method == "HEAD") {
    set(CURLOPT_NOBODY, 1L);
  } else {
    if (!request_.body.empty() || method == "POST" || method == "PUT" || method == "PATCH") {
      set(CURLOPT_POST, 1L);
      set(CURLOPT_POSTFIELDS, request_.body.data());
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    }
    set(CURLOPT_CUSTOMREQUEST, method.c_str());
  }

  set(CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  set(CURLOPT_OPENSOCKETDATA, this);
  if (request_.allow_address && request_.unix_socket.empty()) {
    set(CURLOPT_PREREQFUNCTION, &judge_connection);
    set(CURLOPT_PREREQDATA, this);
  }
  set(CURLOPT_HEADERFUNCTION, &take_header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_WRITEFUNCTION, &take_body);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_PRIVATE, this);
  return ok;
}

bool CurlTransfer::add_headers() {
  for (const Header& field : request_.headers) {
    if (!is_token(field.name) || !is_field_value(field.value)) return false;
    if (equal_ignoring_case(field.name, "Content-Length")) continue;  // libcurl sets it
    // libcurl would leave out a field that is given as "Name:" without a value.
    bool is_empty = trim(field.value).empty();
    if (!add_header(is_empty ? field.name + ";" : field.name + ": " + field.value)) return false;
  }
  for (const char* name : {"Accept", "Expect", "Content-Type", "User-Agent"}) {
    if (!request_.headers.has(name) && !add_header(std::string(name) + ":")) return false;
  }
  return true;
}

bool CurlTransfer::add_header(const std::string& line) {
  curl_slist* longer = curl_slist_append(headers_, line.c_str());
  if (longer == nullptr) return false;
  headers_ = longer;
  return true;
}

curl_socket_t CurlTransfer::open_socket(void* self_pointer, curlsocktype, curl_sockaddr* address) {
  auto* self = static_cast<CurlTransfer*>(self_pointer);
  bool allowed = false;
  try {
    allowed = !self->request_.allow_address || address->family == AF_UNIX ||
              self->request_.allow_address(address->addr);
  } catch (...) {  // must not pass through libcurl; the address stays refused
  }
  if (!allowed) {
    self->refused_address_ = true;
    return CURL_SOCKET_BAD;
  }
  self->tried_address_ = true;
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

int CurlTransfer::judge_connection(void* self_pointer, char* text, char*, int, int) {
  auto* self = static_cast<CurlTransfer*>(self_pointer);
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  v4.sin_family = AF_INET;
  v6.sin6_family = AF_INET6;
  const sockaddr* address = nullptr;
  if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
    address = reinterpret_cast<const sockaddr*>(&v4);
  } else if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1) {
    address = reinterpret_cast<const sockaddr*>(&v6);
  }
  bool allowed = false;
  try {
    allowed = address != nullptr && self->request_.allow_address(*address);
  } catch (...) {  // must not pass through libcurl; the address stays refused
  }
  if (allowed) return CURL_PREREQFUNC_OK;
  self->refused_address_ = true;
  self->tried_address_ = false;
  return CURL_PREREQFUNC_ABORT;
}

size_t CurlTransfer::take_header(char* data, size_t size, size_t count, void* self_pointer) try {
  auto* self = static_cast<CurlTransfer*>(self_pointer);
  std::string_view line(data, size * count);
  if (self->body_began_) return line.size();  // a trailer
  if (line.starts_with("HTTP/")) {
    self->response_.headers.clear();  // the earlier fields were those of a 1xx answer
    self->header_bytes_ = 0;
    return line.size();
  }
  size_t colon = line.find(':');
  if (colon == line.npos || self->header_bytes_ + line.size() > limits::kept_header_bytes) {
    return line.size();
  }
  self->header_bytes_ += line.size();
  self->response_.headers.add(trim(line.substr(0, colon)),
                              std::string(trim(line.substr(colon + 1))));
  return line.size();
} catch (const std::bad_alloc&) {
  return CURL_WRITEFUNC_ERROR;  // must not pass through libcurl; the transfer fails
}

size_t CurlTransfer::take_body(char* data, size_t size, size_t count, void* self_pointer) try {
  auto* self = static_cast<CurlTransfer*>(self_pointer);
  self->body_began_ = true;
  size_t bytes = size * count;
  size_t room = self->request_.kept_body_bytes - self->response_.body.size();
  self->response_.body.append(data, std::min(room, bytes));
  if (bytes <= room) return bytes;
  self->body_is_full_ = true;
  return CURL_WRITEFUNC_ERROR;  // ends the transfer; `finish` reports success
} catch (const std::bad_alloc&) {
  return CURL_WRITEFUNC_ERROR;  // as above
}

OutboundResponse CurlTransfer::finish(CURLcode code) {
  if (body_is_full_) code = CURLE_OK;
  response_.failure = ready_ ? failure_of(code) : OutboundFailure::other;
  if (refused_address_ && !tried_address_) response_.failure = OutboundFailure::refused_address;
  if (response_.failure == OutboundFailure::refused_address) {
    response_.failure_text = "the address is not allowed";
  } else if (!ready_) {
    response_.failure_text = "the method or a header field is malformed";
  } else if (response_.failure != OutboundFailure::none) {
    response_.failure_text = error_text_[0] != '\0' ? error_text_ : curl_easy_strerror(code);
  }
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  response_.status = static_cast<int>(status);
  response_.duration = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - begin_);
  return std::move(response_);
}

}  // namespace esclusa::http
