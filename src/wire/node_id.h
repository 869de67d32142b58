#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace esclusa::wire {

/// GitHub's newer node ids: `DE_kwDOAQ…` is `prefix_` + base64url of the msgpack array `[0,
/// parent…, id]`. The format was decoded from recorded answers of GitHub.
std::string node_id(std::string_view prefix, std::initializer_list<int64_t> ids);
/// The same for objects with a name instead of an id: commits and refs.
std::string node_id(std::string_view prefix, std::initializer_list<int64_t> ids,
                    std::string_view name);

/// GitHub's older node ids: base64 of the length of the type's name, the name and the id. Apps and
/// their installations have them.
std::string older_node_id(std::string_view type, int64_t id);

}  // namespace esclusa::wire
