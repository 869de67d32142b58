#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace esclusa::http {

struct Header {
  std::string name;
  std::string value;
};

/// Header fields in their order; names compare without regard to case.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<Header> fields) : fields_(fields) {}

  void add(std::string_view name, std::string value) {
    fields_.push_back({std::string(name), std::move(value)});
  }
  /// Replaces every field of that name by one.
  void set(std::string_view name, std::string value);
  /// The first field of that name; nothing if there is none.
  std::optional<std::string_view> find(std::string_view name) const;
  bool has(std::string_view name) const { return find(name).has_value(); }
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }
  bool empty() const { return fields_.empty(); }
  void clear() { fields_.clear(); }

 private:
  std::vector<Header> fields_;
};

/// Which door a request came through.
enum class Door {
  network,      ///< a TCP listener
  local_admin,  ///< the administrator's unix socket
  ssh,          ///< the unix socket of OpenSSH's helpers
};

struct Request {
  std::string method;  ///< as sent: methods are case-sensitive
  std::string target;  ///< as sent: path and query, percent-encoded
  Headers headers;
  std::string body;
  std::string peer;  ///< the peer's address, without port; "local" on a unix socket
  Door door = Door::network;
  bool secure = false;  ///< it came through TLS that ends here

  /// The target up to the `?`.
  std::string_view path() const;
  /// The target after the `?`; empty if there is none.
  std::string_view query() const;
};

class BodyStream;

struct Response {
  int status = 200;
  Headers headers = {};
  std::string body = {};
  std::shared_ptr<BodyStream> stream = {};  ///< what follows the body, bit by bit
};

/// One decoded query or form parameter.
struct Parameter {
  std::string name;
  std::string value;
};

/// A host, perhaps with a port, that can stand in a link: letters, digits and `-._:[]`.
bool is_plain_host(std::string_view host);

struct Query {
  std::vector<Parameter> parameters = {};  ///< in their order
  bool is_whole = true;                    ///< no pair was left out
};
/// Decodes `a=1&b=x%20y`; `+` is a blank. Pairs that do not decode to UTF-8, or to a value with a
/// NUL, are left out.
Query parse_query(std::string_view text);
/// The last value of that name, as web servers take it; nothing if it is absent.
std::optional<std::string> find_parameter(const Query& query, std::string_view name);

}  // namespace esclusa::http
