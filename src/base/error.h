#pragma once
#include <expected>
#include <string>
#include <utility>
#include <vector>

namespace esclusa {

/// The kind of an error, by what the caller can do about it; `api/errors.cc` maps each to a status.
enum class ErrorCode {
  bad_json,         ///< the body is not JSON, or not a JSON object
  bad_request,      ///< the request itself is malformed
  unauthenticated,  ///< credentials are missing or wrong
  forbidden,        ///< visible, but not allowed
  not_found,        ///< absent, or not visible to this caller
  conflict,         ///< refused because of the present state
  too_large,        ///< over a limit of base/limits.h
  invalid,          ///< well-formed, but not acceptable
  unavailable,      ///< cannot be done now; the outcome of a write may be unknown
  internal,         ///< a bug
};

/// A status context or check that a deployment requires, and its state: GitHub's word, or
/// `missing`.
struct ContextState {
  std::string context;
  std::string state;
};

/// One member of GitHub's `errors` array: `{resource, field, code, message}`.
struct FieldError {
  std::string resource;
  std::string field;
  std::string code;
  std::string message;
  std::vector<ContextState> contexts = {};  ///< only for the field `required_contexts`
};

/// An error value. `message` and `fields` follow GitHub's texts; `reason_code` is Esclusa's own and
/// stable.
struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string message;
  std::string reason_code;
  std::vector<FieldError> fields;
  std::vector<std::string> details;  ///< GitHub's `errors`, where it is an array of strings
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(ErrorCode code, std::string message,
                                   std::string reason_code = {}) {
  return std::unexpected(Error{code, std::move(message), std::move(reason_code), {}, {}});
}

/// GitHub's `Validation Failed` (422) about one field.
inline std::unexpected<Error> fail_validation(FieldError field, std::string reason_code = {}) {
  return std::unexpected(Error{
      ErrorCode::invalid, "Validation Failed", std::move(reason_code), {std::move(field)}, {}});
}

/// GitHub's `Invalid request.` (422): the body does not fit the operation's schema.
inline std::unexpected<Error> fail_request(const std::string& problem,
                                           std::string reason_code = "invalid_request") {
  return fail(ErrorCode::invalid, "Invalid request.\n\n" + problem, std::move(reason_code));
}

}  // namespace esclusa

/// The value of a `Result`; if it holds an error, the enclosing function returns that error.
#define TRY(expression)                                                       \
  ({                                                                          \
    auto&& try_result_ = (expression);                                        \
    if (!try_result_) return std::unexpected(std::move(try_result_).error()); \
    *std::move(try_result_);                                                  \
  })
