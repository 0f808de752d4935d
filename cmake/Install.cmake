# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` lays down: the daemon and its modules, the command, and what a module's
# author needs. The daemon finds its modules relative to itself, in build/release as installed.
set(CVG_PROBEDIR lib/convergate/probes)

foreach(program convergated convergate)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
endforeach()
install(DIRECTORY ${CMAKE_BINARY_DIR}/lib/convergate/probes/ DESTINATION ${CVG_PROBEDIR}
        FILES_MATCHING PATTERN "*.so")
install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/convergate
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(TARGETS cvg_sdk ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})

file(STRINGS ${CMAKE_SOURCE_DIR}/include/convergate/module.h CVG_ABI_MAJOR
     REGEX "^#define CVG_ABI_MAJOR ")
string(REGEX REPLACE "^#define CVG_ABI_MAJOR +([0-9]+)u?.*" "\\1" CVG_ABI_MAJOR "${CVG_ABI_MAJOR}")
configure_file(${CMAKE_SOURCE_DIR}/cmake/convergate.pc.in ${CMAKE_BINARY_DIR}/convergate.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/convergate.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
