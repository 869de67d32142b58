#include "git/lock.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>

#include "base/descriptor.h"
#include "support/temp_folder.h"

using namespace esclusa;

TEST_CASE("is_in_session: true as long as any process holds the folder's lock") {
  const test::TempFolder folder;
  const auto hold = [&] {
    Descriptor held(::open(folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    REQUIRE(flock(held.get(), LOCK_SH | LOCK_NB) == 0);
    return held;
  };
  CHECK_FALSE(git::is_in_session(folder.path()));
  {
    const Descriptor one = hold();
    CHECK(git::is_in_session(folder.path()));
    const Descriptor two = hold();  // the check itself leaves no lock that would block this
    CHECK(git::is_in_session(folder.path()));
  }
  CHECK_FALSE(git::is_in_session(folder.path()));
  CHECK_FALSE(git::is_in_session(folder / "nothing"));
}
