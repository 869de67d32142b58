#include "http/request_parser.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <optional>

#include "base/text.h"

namespace esclusa::http {
namespace {
namespace beast_http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

std::string_view view(string_view text) { return {text.data(), text.size()}; }

class Parser final : public beast_http::basic_parser<true> {
 public:
  Parser(Request& request, const ServerLimits& limits) : request_(request), limits_(limits) {
    eager(true);
    header_limit(static_cast<uint32_t>(limits.header_bytes));
    body_limit(limits.body_bytes);
  }

  int refusal = 0;
  bool expects_continue = false;
  bool is_http_1_0 = false;

 private:
  void refuse(int status, error_code& ec) {
    refusal = status;
    ec = beast_http::error::bad_value;  // any error ends the parsing
  }

  void on_request_impl(beast_http::verb, string_view method, string_view target, int version,
                       error_code& ec) override {
    is_http_1_0 = version < 11;
    request_.method.assign(method.data(), method.size());
    if (target.size() > limits_.target_bytes) return refuse(414, ec);
    std::string_view rest = view(target);
    if (rest.starts_with('/') || rest == "*") {
      request_.target = rest;
      return;
    }
    // The absolute form: proxies send it, and every server must accept it (RFC 9112, 3.2.2).
    size_t scheme = rest.find("://");
    if (scheme == rest.npos) return refuse(400, ec);
    rest.remove_prefix(scheme + 3);
    size_t path = std::min(rest.find_first_of("/?"), rest.size());
    authority_ = rest.substr(0, path);
    request_.target = rest.substr(path);
    if (!request_.target.starts_with('/')) request_.target.insert(0, 1, '/');
  }

  void on_response_impl(int, string_view, int, error_code&) override {}

  void on_field_impl(beast_http::field field, string_view name, string_view value,
                     error_code& ec) override {
    // Beast applies its own limit to each piece separately.
    field_bytes_ += name.size() + value.size() + 4;
    if (field_bytes_ > limits_.header_bytes) return refuse(431, ec);
    if (is_header_done()) return;  // a trailer must not count as a header field
    switch (field) {
      case beast_http::field::content_length:
        // Several equal lengths are allowed, but are a sign of request smuggling.
        if (++length_count_ > 1 || value.find(',') != value.npos) return refuse(400, ec);
        break;
      case beast_http::field::transfer_encoding:
        // Beast would take any other coding for "no body".
        if (is_http_1_0 || !equal_ignoring_case(view(value), "chunked")) return refuse(400, ec);
        break;
      case beast_http::field::host:
        if (++host_count_ > 1) return refuse(400, ec);
        if (!value.empty() && !is_plain_host(view(value))) return refuse(400, ec);
        break;
      case beast_http::field::expect:
        expects_continue = !is_http_1_0 && equal_ignoring_case(view(value), "100-continue");
        break;
      default: break;
    }
    request_.headers.add(view(name), std::string(view(value)));
  }

  void on_header_impl(error_code& ec) override {
    if (host_count_ == 0 && !is_http_1_0) return refuse(400, ec);
    if (authority_) request_.headers.set("Host", *authority_);
  }

  void on_body_init_impl(const boost::optional<uint64_t>& length, error_code&) override {
    // No more than an anonymous client may send: memory goes to who really sends that much.
    if (length) request_.body.reserve(std::min<uint64_t>(*length, limits::early_body_bytes));
  }

  size_t on_body_impl(string_view body, error_code&) override {
    request_.body.append(body.data(), body.size());
    return body.size();
  }

  void on_chunk_header_impl(uint64_t, string_view, error_code&) override {}

  size_t on_chunk_body_impl(uint64_t, string_view body, error_code&) override {
    request_.body.append(body.data(), body.size());
    return body.size();
  }

  void on_finish_impl(error_code&) override {}

  Request& request_;
  const ServerLimits& limits_;
  std::optional<std::string> authority_;
  size_t field_bytes_ = 0;
  int length_count_ = 0;
  int host_count_ = 0;
};

}  // namespace

struct RequestParser::Impl {
  std::optional<Parser> parser;
};

RequestParser::RequestParser(const ServerLimits& limits)
    : limits_(limits), impl_(std::make_unique<Impl>()) {
  restart();
}

RequestParser::~RequestParser() = default;

void RequestParser::restart() {
  request_.method.clear();
  request_.target.clear();
  request_.headers.clear();
  // Frees the memory of a large body: an idle connection should be small.
  if (request_.body.capacity() > 4096) request_.body = std::string();
  request_.body.clear();
  impl_->parser.emplace(request_, limits_);
}

RequestParser::Step RequestParser::feed(std::string_view bytes) {
  Parser& parser = *impl_->parser;
  Step step;
  // RFC 9112, 2.2: empty lines before a request are ignored.
  while (!started() && bytes.starts_with("\r\n")) {
    bytes.remove_prefix(2);
    step.used += 2;
  }
  if (bytes.empty() || (!started() && bytes == "\r")) return step;
  // Beast (1.81) has an assertion that client bytes can violate: that a split last chunk has at
  // least five bytes. A chunked body always has at least "0\r
  // \r
  // " still to come, so wait for five.
  if (parser.is_header_done() && parser.chunked() && bytes.size() < 5) return step;

  error_code ec;
  size_t used = parser.put(boost::asio::const_buffer(bytes.data(), bytes.size()), ec);
  step.used += used;
  if (ec && ec != beast_http::error::need_more) {
    if (parser.refusal != 0) {
      step.refusal = parser.refusal;
    } else if (ec == beast_http::error::header_limit) {
      bool in_target = request_.method.empty() && bytes.find("\r\n") == bytes.npos;
      step.refusal = in_target ? 414 : 431;
    } else {
      step.refusal = ec == beast_http::error::body_limit ? 413 : 400;
    }
    return step;
  }
  step.complete = parser.is_done();
  // Beast collects chunk extensions and trailers without a limit.
  if (!step.complete && bytes.size() - used > limits_.header_bytes) {
    step.refusal = parser.is_header_done() ? 400 : 431;
  }
  return step;
}

bool RequestParser::started() const { return impl_->parser->got_some(); }
bool RequestParser::head_complete() const { return impl_->parser->is_header_done(); }
bool RequestParser::expects_continue() const { return impl_->parser->expects_continue; }
bool RequestParser::is_http_1_0() const { return impl_->parser->is_http_1_0; }

bool RequestParser::keep_alive() const {
  return impl_->parser->is_header_done() && impl_->parser->keep_alive();
}

}  // namespace esclusa::http
