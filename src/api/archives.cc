#include "app/archives.h"
#include "api/long_response.h"
#include "api/route_tables.h"
#include "app/commits.h"
#include "core/operations/code.h"

/// A repository's files as an archive. As on GitHub, the address with a ref redirects to one with a
/// commit, which always gives the same bytes.
namespace esclusa::api {
namespace {

using core::ArchiveFormat;

constexpr std::string_view name_of(ArchiveFormat format) {
  return format == ArchiveFormat::zip ? "zipball" : "tarball";
}

Result<http::Response> redirect_to_archive(const Call& call, ArchiveFormat format,
                                           const std::string& ref) {
  const std::string sha = TRY(app::find_commit(call.access(), ref.empty() ? "HEAD" : ref));
  return http::Response{
      302,
      {{"Location", call.urls.api + "/esclusa/repos/" + wire::Urls::path_of(call.repository()) +
                        "/" + std::string(name_of(format)) + "/" + sha}},
      {}};
}

template <ArchiveFormat format>
Result<http::Response> find_archive(const Call& call) {
  return redirect_to_archive(call, format, call.parameter("ref"));
}

template <ArchiveFormat format>
Result<http::Response> find_archive_of_default_branch(const Call& call) {
  return redirect_to_archive(call, format, "");
}

template <ArchiveFormat format>
Result<http::Response> get_archive(const Call& call) {
  constexpr bool is_zip = format == ArchiveFormat::zip;
  auto archive = TRY(app::open_archive(call.access(), call.parameter("commit_sha"), format));
  http::Response response{200,
                          {{"Content-Type", is_zip ? "application/zip" : "application/x-gzip"},
                           {"Content-Disposition", "attachment; filename=" + archive.name +
                                                       (is_zip ? ".zip" : ".tar.gz")}},
                          TRY(archive.parts->next()).value_or("")};
  return long_response(call, *call.archives, std::move(response),
                       {"archives", call.access().repository.path,
                        [parts = std::move(archive.parts)] { return parts->next(); }});
}

// clang-format off
#define TARBALL_DOCUMENTATION "repos/contents#download-a-repository-archive-tar"
#define ZIPBALL_DOCUMENTATION "repos/contents#download-a-repository-archive-zip"
const Route table[] = {
    {"GET", REPOSITORY "/tarball", &operations::find_archive, "repo", Lane::history,
     TARBALL_DOCUMENTATION, find_archive_of_default_branch<ArchiveFormat::tar_gz>},
    {"GET", REPOSITORY "/tarball/{ref...?}", &operations::find_archive, "repo", Lane::history,
     TARBALL_DOCUMENTATION, find_archive<ArchiveFormat::tar_gz>},
    {"GET", REPOSITORY "/zipball", &operations::find_archive, "repo", Lane::history,
     ZIPBALL_DOCUMENTATION, find_archive_of_default_branch<ArchiveFormat::zip>},
    {"GET", REPOSITORY "/zipball/{ref...?}", &operations::find_archive, "repo", Lane::history,
     ZIPBALL_DOCUMENTATION, find_archive<ArchiveFormat::zip>},
    {"GET", ESCLUSA REPOSITORY "/tarball/{commit_sha}", &operations::get_archive, "repo",
     Lane::history, "", get_archive<ArchiveFormat::tar_gz>},
    {"GET", ESCLUSA REPOSITORY "/zipball/{commit_sha}", &operations::get_archive, "repo",
     Lane::history, "", get_archive<ArchiveFormat::zip>},
};
// clang-format on

}  // namespace

std::span<const Route> archives_routes() { return table; }

}  // namespace esclusa::api
