#pragma once
#include "core/enum_names.h"

namespace esclusa::wire {

/// The API versions that clients may request by `X-GitHub-Api-Version`, the default first. The
/// later version omits `has_downloads` of a repository and `rate` of the rate limits.
enum class ApiVersion { of_2022_11_28, of_2026_03_10 };

}  // namespace esclusa::wire

template <>
struct esclusa::core::enum_names<esclusa::wire::ApiVersion> {
  static constexpr NameTable<wire::ApiVersion, 2> values{
      {{wire::ApiVersion::of_2022_11_28, "2022-11-28"},
       {wire::ApiVersion::of_2026_03_10, "2026-03-10"}}};
};
