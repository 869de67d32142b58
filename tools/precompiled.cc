// An empty source, because a target needs one: it exists for its precompiled headers
// (CMakeLists.txt).
