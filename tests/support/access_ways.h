#pragma once
#include <string_view>

/// The forms in which a token is sent, for the access matrix.
namespace esclusa::test::rules {

/// A form of sending a token. `credentials` is encoded as the pair of Basic authentication if
/// `is_pair`.
struct Way {
  std::string_view scheme;
  std::string_view credentials;
  bool is_pair;
};
inline constexpr Way good_ways[] = {
    {"Bearer", "{token}", false},     {"token", "{token}", false},
    {"Basic", "x:{token}", true},     {"BEARER", "{token}", false},
    {"Basic", "{token}:", true},      {"Basic", "{token}:x-oauth-basic", true},
    {"bearer", "{token}", false},     {"TOKEN", "{token}", false},
    {"basic", "chief:{token}", true},  // the token counts, not the login
};
/// Each has a token that would give access in a valid form: 401 on every path.
inline constexpr Way bad_ways[] = {
    {"Bearer", "{unknown}", false},
    {"Bearer", "{expired}", false},
    {"token", "{revoked}", false},
    {"Basic", "ada:{expired}", true},
    {"Basic", "ada:{revoked}", true},
    {"Bearer", "{blocked}", false},
    {"Basic", "x:{blocked}", true},
    {"Basic", "ada:correct horse", true},
    {"Basic", "ada:", true},
    {"Basic", "ada", true},
    {"Basic", ":", true},
    {"Basic", "{token}:correct horse", true},
    {"Basic", "{token}", false},
    {"Bearer", "{token}x", false},
    {"Bearer", "{token} {token}", false},
    {"Bearer", "", false},
    {"Digest", "{token}", false},
    {"{token}", "", false},
};

/// Tokens in addresses end up in logs, so they are ignored.
inline constexpr std::string_view queries[] = {"access_token={token}", "token={token}",
                                               "private_token={token}",
                                               "Authorization=Bearer+{token}"};

}  // namespace esclusa::test::rules
