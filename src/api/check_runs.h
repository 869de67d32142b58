#pragma once
#include "api/call.h"

namespace esclusa::api {

Result<http::Response> create_check_run(const Call& call);
Result<http::Response> get_check_run(const Call& call);
Result<http::Response> update_check_run(const Call& call);
Result<http::Response> list_check_runs(const Call& call);
Result<http::Response> list_check_suites(const Call& call);
Result<http::Response> get_check_suite(const Call& call);
Result<http::Response> list_check_runs_in_suite(const Call& call);
Result<http::Response> list_annotations(const Call& call);

}  // namespace esclusa::api
