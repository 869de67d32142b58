#pragma once
#include <string>
#include <string_view>
#include <vector>

/// Small rules about text that several folders need.
namespace esclusa {

/// Appends `text` as a JSON string, quotes included; control characters (C0, DEL, C1) are escaped,
/// and a byte that is not part of UTF-8 becomes U+FFFD: the result is JSON in any case.
void append_json_string(std::string& out, std::string_view text);

/// ASCII lower case; other bytes stay.
std::string ascii_lower(std::string_view text);
bool equal_ignoring_case(std::string_view a, std::string_view b);
std::string_view trim(std::string_view text);
/// The parts between the separators; empty parts are kept.
std::vector<std::string_view> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);

bool is_utf8(std::string_view text);
/// The number of code points of valid UTF-8.
size_t utf8_length(std::string_view text);
/// True if there is a C0 control character or DEL in it (a line feed or tab counts).
bool has_control_characters(std::string_view text);
/// For a terminal: control characters (C0, DEL, C1) and bytes that are not
/// part of UTF-8 become `?`, except line feed and tab.
std::string printable(std::string_view text);

/// Percent-encodes everything but RFC 3986 unreserved characters and those in `keep`.
std::string percent_encode(std::string_view text, std::string_view keep = {});
/// False if a `%` is not followed by two hex digits. `+` is left alone.
bool percent_decode(std::string_view text, std::string& out);

}  // namespace esclusa
