#include "http/download.h"

#include <algorithm>

#include "http/curl_transfer.h"

namespace esclusa::http {
namespace {

constexpr size_t kept_body_bytes = 64 * 1024;

struct Transfer {
  CURL* handle;
  const std::function<bool(std::string_view)>& take;
  std::string refusal = {};
};

long status_of(CURL* handle) {
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  return status;
}

/// libcurl calls this; an exception must not pass through it.
size_t take_body(char* data, size_t size, size_t count, void* transfer_pointer) try {
  auto* transfer = static_cast<Transfer*>(transfer_pointer);
  const std::string_view piece(data, size * count);
  if (status_of(transfer->handle) == 200) {
    return transfer->take(piece) ? piece.size() : CURL_WRITEFUNC_ERROR;
  }
  const size_t room = kept_body_bytes - std::min(kept_body_bytes, transfer->refusal.size());
  transfer->refusal += piece.substr(0, room);
  return piece.size();
} catch (...) {
  return CURL_WRITEFUNC_ERROR;
}

}  // namespace

Result<DownloadAnswer> download(const std::string& unix_socket, const std::string& target,
                                const std::function<bool(std::string_view)>& take) {
  const EasyHandle easy = make_easy_handle();
  Transfer transfer{easy.get(), take};
  const std::string url = "http://local" + target;
  bool ok = true;
  const auto set = [&](CURLoption option, auto value) {
    ok = ok && curl_easy_setopt(easy.get(), option, value) == CURLE_OK;
  };
  set(CURLOPT_URL, url.c_str());
  set(CURLOPT_UNIX_SOCKET_PATH, unix_socket.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http");
  set(CURLOPT_PROXY, "");
  set(CURLOPT_NOPROXY, "*");
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_USERAGENT, "esclusa");
  set(CURLOPT_WRITEFUNCTION, &take_body);
  set(CURLOPT_WRITEDATA, &transfer);
  const CURLcode code = ok ? curl_easy_perform(easy.get()) : CURLE_FAILED_INIT;
  if (code == CURLE_OK) {
    return DownloadAnswer{static_cast<int>(status_of(easy.get())), std::move(transfer.refusal)};
  }
  return fail(ErrorCode::unavailable,
              code == CURLE_COULDNT_CONNECT
                  ? "cannot reach the server at " + unix_socket +
                        ". Is `esclusa serve` running, and may you open its socket?"
                  : "the server's answer ended early: " + std::string(curl_easy_strerror(code)));
}

}  // namespace esclusa::http
