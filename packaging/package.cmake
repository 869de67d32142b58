# The Debian package: what `./dev package` (tools/package) puts into it. tools/package first makes
# the files below ${made}: the example of the settings, manual pages, completions, changelogs.
set(made ${CMAKE_BINARY_DIR}/packaging)
set(packaging ${CMAKE_SOURCE_DIR}/packaging)
file(GLOB documents CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/docs/*.md)
file(GLOB decisions CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/docs/decisions/*.md)
file(GLOB monitoring CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/docs/monitoring/*)

# The paths are complete but for the first slash; the prefix of the package is /.
install(TARGETS esclusa DESTINATION usr/bin)
install(TARGETS esclusa-ssh DESTINATION usr/libexec) # for sshd, not for people
install(FILES ${packaging}/esclusa.service ${packaging}/esclusa.socket
              ${packaging}/esclusa-agent@.service
        DESTINATION usr/lib/systemd/system)
install(FILES ${made}/esclusa.toml DESTINATION etc/esclusa)
install(DIRECTORY DESTINATION etc/esclusa/agent)
install(DIRECTORY ${made}/man1 DESTINATION usr/share/man)
install(FILES ${made}/completions/esclusa
        DESTINATION usr/share/bash-completion/completions)
install(FILES ${made}/completions/_esclusa DESTINATION usr/share/zsh/vendor-completions)
install(FILES ${made}/completions/esclusa.fish
        DESTINATION usr/share/fish/vendor_completions.d)
install(FILES ${packaging}/copyright ${made}/changelog.gz ${made}/changelog.Debian.gz
              ${CMAKE_SOURCE_DIR}/README.md
        DESTINATION usr/share/doc/esclusa)
install(FILES ${documents} DESTINATION usr/share/doc/esclusa/docs)
install(FILES ${decisions} DESTINATION usr/share/doc/esclusa/docs/decisions)
install(FILES ${monitoring} DESTINATION usr/share/doc/esclusa/docs/monitoring)
install(FILES ${packaging}/lintian-overrides DESTINATION usr/share/lintian/overrides
        RENAME esclusa)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME esclusa)
set(CPACK_PACKAGING_INSTALL_PREFIX /)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "Esclusa maintainers <maintainers@esclusa.example>")
set(CPACK_DEBIAN_PACKAGE_SECTION vcs)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "GitHub's Deployments API beside any git repository")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"Tooling creates a deployment of a ref. Esclusa records it, holds it until the
gates of its environment are open, and sends a signed event. A listener deploys
on its own servers, and reports back. Clients of GitHub's API work unchanged.
.
The package has the server, which systemd starts, and the agent, which runs the
commands of deployments (esclusa-agent@NAME.service).")
# The libraries are found in the programs.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS
    "adduser, git, init-system-helpers (>= 1.52), debconf (>= 0.5) | debconf-2.0")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates, openssh-client")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "git-lfs, openssh-server")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    ${packaging}/postinst ${packaging}/prerm ${packaging}/postrm ${packaging}/config
    ${packaging}/templates ${made}/conffiles)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_DEBUGINFO_PACKAGE ON)
include(CPack)
