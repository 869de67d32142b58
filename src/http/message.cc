#include "http/message.h"

#include <algorithm>

#include "base/text.h"

namespace esclusa::http {

void Headers::set(std::string_view name, std::string value) {
  auto named = [&](const Header& field) { return equal_ignoring_case(field.name, name); };
  auto first = std::ranges::find_if(fields_, named);
  if (first == fields_.end()) return add(name, std::move(value));
  first->value = std::move(value);
  fields_.erase(std::remove_if(first + 1, fields_.end(), named), fields_.end());
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
  for (const Header& field : fields_) {
    if (field.name.size() == name.size() && equal_ignoring_case(field.name, name)) {
      return field.value;
    }
  }
  return std::nullopt;
}

size_t Response::body_size() const {
  size_t size = body.size();
  for (const SharedText& part : parts) size += part->size();
  return size;
}

SharedText Response::whole_body() const {
  return body.empty() && parts.size() == 1 ? parts.front() : nullptr;
}

void Response::clear_body() {
  body.clear();
  parts.clear();
}

void Response::join() {
  body.reserve(body_size());
  for (const SharedText& part : parts) body += *part;
  parts.clear();
  std::string_view rest = more_headers ? std::string_view(*more_headers) : "";
  while (!rest.empty()) {
    rest.remove_prefix(2);  // CRLF
    const std::string_view field = rest.substr(0, rest.find("\r\n"));
    const size_t colon = field.find(": ");
    headers.add(field.substr(0, colon), std::string(field.substr(colon + 2)));
    rest.remove_prefix(field.size());
  }
  more_headers.reset();
}

std::string_view Request::path() const {
  return std::string_view(target).substr(0, target.find('?'));
}

std::string_view Request::query() const {
  size_t mark = target.find('?');
  return mark == target.npos ? std::string_view() : std::string_view(target).substr(mark + 1);
}

namespace {
bool decode_form(std::string_view text, std::string& out) {
  std::string blanked(text);
  std::ranges::replace(blanked, '+', ' ');
  return percent_decode(blanked, out) && is_utf8(out);
}
}  // namespace

bool is_plain_host(std::string_view host) {
  constexpr size_t longest = 255;  // the maximum of a DNS name
  return !host.empty() && host.size() <= longest &&
         host.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:[]") == host.npos;
}

Query parse_query(std::string_view text) {
  Query query;
  if (text.empty()) return query;
  for (std::string_view pair : split(text, '&')) {
    if (pair.empty()) continue;
    size_t equals = pair.find('=');
    std::string_view value = equals == pair.npos ? std::string_view() : pair.substr(equals + 1);
    Parameter parameter;
    if (decode_form(pair.substr(0, equals), parameter.name) &&
        decode_form(value, parameter.value) &&
        parameter.value.find('\0') == parameter.value.npos) {  // no valid value contains a NUL
      query.parameters.push_back(std::move(parameter));
    } else {
      query.is_whole = false;
    }
  }
  return query;
}

std::optional<std::string> find_parameter(const Query& query, std::string_view name) {
  for (auto it = query.parameters.rbegin(); it != query.parameters.rend(); ++it) {
    if (it->name == name) return it->value;
  }
  return std::nullopt;
}

}  // namespace esclusa::http
