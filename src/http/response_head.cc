#include "http/response_head.h"

#include <charconv>

#include "base/text.h"
#include "base/time.h"

namespace esclusa::http {
namespace {

std::string_view reason(int status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 422: return "Unprocessable Entity";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    default: return "";  // the phrase may be empty (RFC 9112, 4)
  }
}

void append_number(std::string& out, size_t number) {
  char digits[24];
  auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

bool is_own_field(std::string_view name) {
  switch (name.size()) {
    case 4: return equal_ignoring_case(name, "date");
    case 10: return equal_ignoring_case(name, "connection");
    case 14: return equal_ignoring_case(name, "content-length");
    case 17: return equal_ignoring_case(name, "transfer-encoding");
    default: return false;
  }
}

// Without this, a line break in a value could forge fields or a whole answer.
void append_value(std::string& out, std::string_view value) {
  size_t start = out.size();
  out += value;
  for (size_t i = start; i < out.size(); ++i) {
    if (out[i] == '\r' || out[i] == '\n' || out[i] == '\0') out[i] = ' ';
  }
}

}  // namespace

void append_response_head(std::string& out, const Response& response, std::string_view date,
                          ConnectionField connection, Framing framing) {
  out += "HTTP/1.1 ";
  append_number(out, static_cast<size_t>(response.status));
  out += ' ';
  out += reason(response.status);
  out += "\r\nDate: ";
  out += date;
  for (const Header& field : response.headers) {
    if (is_own_field(field.name)) continue;
    out += "\r\n";
    append_value(out, field.name);
    out += ": ";
    append_value(out, field.value);
  }
  if (response.more_headers) out += *response.more_headers;
  if (!is_bodiless(response.status)) {
    switch (framing) {
      case Framing::length:
        out += "\r\nContent-Length: ";
        append_number(out, response.body_size());
        break;
      case Framing::chunked: out += "\r\nTransfer-Encoding: chunked"; break;
      case Framing::until_close: break;
    }
  }
  switch (connection) {
    case ConnectionField::none: break;
    case ConnectionField::close: out += "\r\nConnection: close"; break;
    case ConnectionField::keep_alive: out += "\r\nConnection: keep-alive"; break;
  }
  out += "\r\n\r\n";
}

std::string chunk_head(size_t size) {
  char digits[24];
  auto end = std::to_chars(digits, digits + sizeof digits, size, 16).ptr;
  return std::string(digits, end) + "\r\n";
}

std::string_view DateCache::now() {
  std::time_t second = std::time(nullptr);
  if (second != second_ || text_.empty()) {
    second_ = second;
    text_ = format_http_date(Timestamp(std::chrono::seconds(second)));
  }
  return text_;
}

}  // namespace esclusa::http
