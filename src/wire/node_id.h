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

}  // namespace esclusa::wire
