#pragma once
#include <curl/curl.h>

#include <chrono>
#include <memory>
#include <string>

#include "http/outbound.h"

namespace esclusa::http {

struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
/// libcurl's state of one transfer at a time.
using EasyHandle = std::unique_ptr<CURL, FreeEasy>;
/// Throws std::bad_alloc.
EasyHandle make_easy_handle();

/// One request that libcurl performs; used by `send` and `Sender`.
class CurlTransfer {
 public:
  CurlTransfer(OutboundRequest request, EasyHandle easy);
  ~CurlTransfer();
  CurlTransfer(const CurlTransfer&) = delete;  // libcurl keeps a pointer to it

  /// False if the request cannot be sent at all; `finish` then returns the reason.
  bool ready() const { return ready_; }
  CURL* handle() const { return easy_.get(); }
  /// The result, once libcurl has finished.
  OutboundResponse finish(CURLcode code);
  /// The handle, as new, for another transfer; this one is over.
  EasyHandle release();

 private:
  bool configure();
  bool add_headers();
  bool add_header(const std::string& line);

  static curl_socket_t open_socket(void* self, curlsocktype purpose, curl_sockaddr* address);
  /// Judges the address of a connection that was kept: the rule may be another one by now.
  static int judge_connection(void* self, char* address, char*, int, int);
  static size_t take_header(char* data, size_t size, size_t count, void* self);
  static size_t take_body(char* data, size_t size, size_t count, void* self);

  OutboundRequest request_;
  OutboundResponse response_;
  EasyHandle easy_;
  curl_slist* headers_ = nullptr;
  bool ready_ = false;
  bool refused_address_ = false;
  bool tried_address_ = false;
  bool body_is_full_ = false;
  bool body_began_ = false;
  size_t header_bytes_ = 0;
  std::chrono::steady_clock::time_point begin_;
  char error_text_[CURL_ERROR_SIZE] = "";
};

/// Initialises libcurl; call it before any other use of libcurl. Repeated calls are cheap.
void init_curl();

}  // namespace esclusa::http
