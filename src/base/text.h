#pragma once
#include <string>
#include <string_view>
#include <vector>

/// Text functions that several folders need.
namespace esclusa {

/// Appends `text` as a JSON string with quotes. Control characters (C0, DEL, C1) are escaped, and a
/// byte that is not valid UTF-8 becomes U+FFFD: the result is always valid JSON.
void append_json_string(std::string& out, std::string_view text);

/// Converts ASCII letters to lower case; other bytes stay.
std::string ascii_lower(std::string_view text);
bool equal_ignoring_case(std::string_view a, std::string_view b);
std::string_view trim(std::string_view text);
/// The parts between the separators; empty parts are kept.
std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);

bool is_utf8(std::string_view text);
/// The number of code points of valid UTF-8.
size_t utf8_length(std::string_view text);
/// True if the text contains a C0 control character (also a line feed or tab) or DEL.
bool has_control_characters(std::string_view text);
/// For output to a terminal: control characters (C0, DEL, C1) and bytes that are not valid UTF-8
/// become `?`, except line feed and tab.
std::string printable(std::string_view text);

/// Percent-encodes everything except RFC 3986 unreserved characters and those in `keep`.
std::string percent_encode(std::string_view text, std::string_view keep = {});
/// False if a `%` is not followed by two hex digits. `+` is not decoded.
bool percent_decode(std::string_view text, std::string& out);

}  // namespace esclusa
