# SPDX-License-Identifier: Apache-2.0
# The Debian packages: convergate, and convergate-dev for the authors of modules. `./dev package`
# configures with the prefix /usr and calls cpack.
set(CVG_PACKAGE_REVISION 1 CACHE STRING "Debian revision of the packages")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME convergate)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "convergence gate for continuous delivery")
set(CPACK_PACKAGE_CONTACT "The convergate maintainers <maintainers@convergate.example>")
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/deb)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL runtime development)
set(CPACK_STRIP_FILES ON)
set(CPACK_SET_DESTDIR ON) # the configuration is not below the prefix
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS ${CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS})
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE ${CVG_PACKAGE_REVISION})
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(scripts ${CMAKE_SOURCE_DIR}/cmake/debian)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME convergate)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION admin)
# They make the user and its folders, with or without systemd as the service manager.
set(CPACK_DEBIAN_RUNTIME_PACKAGE_DEPENDS
    "systemd | systemd-standalone-sysusers | systemd-sysusers, systemd | systemd-standalone-tmpfiles | systemd-tmpfiles")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_CONTROL_EXTRA
    "${scripts}/conffiles;${scripts}/postinst;${scripts}/prerm;${scripts}/postrm")
set(CPACK_COMPONENT_RUNTIME_DESCRIPTION
"A daemon that watches what infrastructure code declares and what is observed,
and answers one question over HTTP for every delivery tool: may this move now?
The answer is go, wait, halt or rollback, and names the checks behind it.")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME convergate-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION
"Headers and a static library for modules that bring further kinds of checks
to the convergated daemon.")

# ---- what Debian wants beside the files of a plain installation ----

foreach(entry runtime:convergate development:convergate-dev)
  string(REPLACE ":" ";" entry ${entry})
  list(GET entry 0 component)
  list(GET entry 1 package)
  install(FILES ${scripts}/copyright DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${package}
          COMPONENT ${component} EXCLUDE_FROM_ALL)
  install(FILES ${CMAKE_BINARY_DIR}/changelog.Debian.gz COMPONENT ${component} EXCLUDE_FROM_ALL
          DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${package})
endforeach()
add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/changelog.Debian.gz
  COMMAND gzip -9nc ${scripts}/changelog > ${CMAKE_BINARY_DIR}/changelog.Debian.gz
  DEPENDS ${scripts}/changelog VERBATIM)
add_custom_target(changelog ALL DEPENDS ${CMAKE_BINARY_DIR}/changelog.Debian.gz)
include(CPack)
