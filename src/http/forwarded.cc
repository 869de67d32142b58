#include "http/forwarded.h"

#include <arpa/inet.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "base/text.h"

namespace esclusa::http {
namespace {

/// What a proxy says of a request; empty where it says nothing.
struct Told {
  std::string client;
  std::string scheme;
  std::string host;
};

/// An element of `Forwarded`: what one proxy says of whoever has connected to it.
struct Element {
  std::string node;
  std::string scheme;
  std::string host;
};

bool is_token_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").contains(c);
}

/// The address in the one spelling that `Request::peer` has; nothing if the text is none.
std::optional<std::string> plain_address(std::string_view text) {
  if (text.contains('\0')) return std::nullopt;  // inet_pton would stop reading there
  const std::string terminated(text);
  char plain[INET6_ADDRSTRLEN];
  in_addr v4{};
  if (inet_pton(AF_INET, terminated.c_str(), &v4) == 1) {
    return inet_ntop(AF_INET, &v4, plain, sizeof plain);
  }
  in6_addr v6{};
  if (inet_pton(AF_INET6, terminated.c_str(), &v6) != 1) return std::nullopt;
  if (IN6_IS_ADDR_V4MAPPED(&v6)) return inet_ntop(AF_INET, &v6.s6_addr[12], plain, sizeof plain);
  return inet_ntop(AF_INET6, &v6, plain, sizeof plain);
}

/// A port, or a made-up name for one (RFC 7239, 6).
bool is_port(std::string_view text) {
  if (text.starts_with('_')) return text.size() > 1 && std::ranges::all_of(text, is_token_char);
  return !text.empty() && text.size() <= 5 && text.find_first_not_of("0123456789") == text.npos;
}

/// The address of a node, without its port and its brackets. Nothing of what is no address, such as
/// `unknown` or `_hidden`.
std::optional<std::string> address_of(std::string_view node) {
  if (node.starts_with('[')) {
    const size_t end = node.find(']');
    if (end == node.npos) return std::nullopt;
    const std::string_view rest = node.substr(end + 1);
    const std::string_view address = node.substr(1, end - 1);
    const bool is_whole = rest.empty() || (rest.starts_with(':') && is_port(rest.substr(1)));
    return is_whole && address.contains(':') ? plain_address(address) : std::nullopt;
  }
  const size_t colon = node.find(':');
  const bool has_port = colon != node.npos && node.find(':', colon + 1) == node.npos;
  if (!has_port) return plain_address(node);
  return is_port(node.substr(colon + 1)) ? plain_address(node.substr(0, colon)) : std::nullopt;
}

/// The elements of a list, of all fields with this name.
std::vector<std::string_view> list_of(const Headers& headers, std::string_view name) {
  std::vector<std::string_view> list;
  for (const Header& field : headers) {
    if (!equal_ignoring_case(field.name, name)) continue;
    for (const std::string_view part : split(field.value, ',')) {
      if (!trim(part).empty()) list.push_back(trim(part));
    }
  }
  return list;
}

/// Reads one field `Forwarded`, from its beginning: a quote that a client has left open reaches
/// into what the proxy has added, and then the field is broken, in whatever way the proxy has added
/// it.
class ForwardedReader {
 public:
  explicit ForwardedReader(std::string_view text) : rest_(text) {}

  /// False if the field is broken.
  bool read(std::vector<Element>& elements) {
    for (;;) {
      Element element;
      bool is_empty = true;
      if (!read_element(element, is_empty)) return false;
      if (!is_empty) elements.push_back(std::move(element));
      if (rest_.empty()) return true;
      rest_.remove_prefix(1);  // the comma
    }
  }

 private:
  void skip_blanks() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size()));
  }

  std::string_view take_token() {
    const auto end = std::ranges::find_if_not(rest_, is_token_char);
    const std::string_view token = rest_.substr(0, static_cast<size_t>(end - rest_.begin()));
    rest_.remove_prefix(token.size());
    return token;
  }

  std::optional<std::string> take_quoted() {
    std::string text;
    for (rest_.remove_prefix(1); !rest_.empty(); rest_.remove_prefix(1)) {
      if (rest_.front() == '"') {
        rest_.remove_prefix(1);
        return text;
      }
      if (rest_.front() == '\\') rest_.remove_prefix(1);
      if (rest_.empty()) break;
      text += rest_.front();
    }
    return std::nullopt;
  }

  std::optional<std::string> take_value() {
    if (rest_.starts_with('"')) return take_quoted();
    const std::string_view token = take_token();
    if (token.empty()) return std::nullopt;
    return std::string(token);
  }

  /// Reads up to a comma or the end.
  bool read_element(Element& element, bool& is_empty) {
    std::vector<std::string> names;
    for (;;) {
      skip_blanks();
      if (!rest_.empty() && rest_.front() != ';' && rest_.front() != ',') {
        is_empty = false;
        if (!read_pair(element, names)) return false;
        skip_blanks();
      }
      if (rest_.empty() || rest_.front() == ',') return true;
      if (rest_.front() != ';') return false;
      rest_.remove_prefix(1);
    }
  }

  bool read_pair(Element& element, std::vector<std::string>& names) {
    const std::string name = ascii_lower(take_token());
    if (name.empty() || !rest_.starts_with('=')) return false;
    rest_.remove_prefix(1);
    auto value = take_value();
    // A parameter must not occur twice (RFC 7239, 4).
    if (!value || std::ranges::find(names, name) != names.end()) return false;
    names.push_back(name);
    if (name == "for")
      element.node = *std::move(value);
    else if (name == "proto")
      element.scheme = *std::move(value);
    else if (name == "host")
      element.host = *std::move(value);
    return true;
  }

  std::string_view rest_;
};

/// Where the walk along the proxies ends.
struct Walk {
  std::string client;  ///< empty: not even the last entry is an address
  size_t last = 0;     ///< the index of the entry that was looked at last: a believed proxy made it
};

/// Walks from the last entry to the first.
template <class Entries, class NodeOf>
Walk walk(const Proxies& proxies, const Entries& entries, NodeOf node_of) {
  Walk walk;
  for (size_t i = entries.size(); i-- > 0;) {
    walk.last = i;
    const auto address = address_of(node_of(entries[i]));
    if (!address) break;
    walk.client = *address;
    if (!proxies.trusts(*address)) break;
  }
  return walk;
}

/// The last entry of a list: the nearest proxy has made it.
std::string last_of(const std::vector<std::string_view>& list) {
  return list.empty() ? std::string() : std::string(list.back());
}

Told read_x_forwarded(const Proxies& proxies, const Headers& headers) {
  const auto chain = list_of(headers, "X-Forwarded-For");
  return {.client = walk(proxies, chain, [](std::string_view node) { return node; }).client,
          .scheme = ascii_lower(last_of(list_of(headers, "X-Forwarded-Proto"))),
          .host = last_of(list_of(headers, "X-Forwarded-Host"))};
}

/// Nothing if it is broken.
std::optional<Told> read_forwarded(const Proxies& proxies, const Headers& headers) {
  std::vector<Element> elements;
  for (const Header& field : headers) {
    if (!equal_ignoring_case(field.name, "Forwarded")) continue;
    if (!ForwardedReader(field.value).read(elements)) return std::nullopt;
  }
  if (elements.empty()) return Told{};
  const Walk found = walk(proxies, elements,
                          [](const Element& element) { return std::string_view(element.node); });
  const Element& told = elements[found.last];
  return Told{.client = found.client, .scheme = ascii_lower(told.scheme), .host = told.host};
}

/// Takes over what one form says and the other does not. False if they say different things.
bool join_told(std::string& one, const std::string& other) {
  if (one.empty()) one = other;
  return other.empty() || one == other;
}

void strip_base_path(std::string_view base, std::string& target) {
  if (base.empty() || !target.starts_with(base)) return;
  const std::string_view rest = std::string_view(target).substr(base.size());
  if (rest.empty() || rest.starts_with('?')) {
    target = "/" + std::string(rest);
  } else if (rest.starts_with('/')) {
    target.erase(0, base.size());
  }
}

}  // namespace

bool apply_proxies(const Proxies& proxies, Request& request) {
  if (request.door != Door::network) return true;
  strip_base_path(proxies.base_path, request.target);
  if (!proxies.trusts || !proxies.trusts(request.peer)) return true;
  auto told = read_forwarded(proxies, request.headers);
  if (!told) return false;
  const Told other = read_x_forwarded(proxies, request.headers);
  if (!join_told(told->client, other.client) || !join_told(told->scheme, other.scheme) ||
      !join_told(told->host, other.host)) {
    return false;
  }
  if (!told->host.empty() && !is_plain_host(told->host)) return false;
  if (!told->client.empty()) request.peer = std::move(told->client);
  if (told->scheme == "https" || told->scheme == "http") request.secure = told->scheme == "https";
  if (!told->host.empty()) request.headers.set("Host", std::move(told->host));
  return true;
}

}  // namespace esclusa::http
