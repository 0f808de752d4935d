# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` lays down, in two components: runtime (the daemon, its modules, the
# command, units, manual, completion) and development (what a module's author needs). The daemon
# finds its modules relative to itself, in build/release as installed.
set(CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CVG_PROBEDIR lib/convergate/probes)
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
  set(CVG_CONFDIR /etc/convergate)
else()
  set(CVG_CONFDIR ${CMAKE_INSTALL_SYSCONFDIR}/convergate)
endif()

# cvg_install(DESTINATION FILE... ): files of the runtime component, readable by all
function(cvg_install destination)
  install(FILES ${ARGN} DESTINATION ${destination} COMPONENT runtime)
endfunction()

# ---- programs and modules ----

install(TARGETS convergated RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR} COMPONENT runtime)
install(TARGETS convergate RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT runtime)
install(TARGETS convergate-exec RUNTIME DESTINATION lib/convergate COMPONENT runtime)
get_property(targets DIRECTORY ${CMAKE_SOURCE_DIR}/probes PROPERTY BUILDSYSTEM_TARGETS)
foreach(target ${targets})
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "MODULE_LIBRARY")
    install(TARGETS ${target} LIBRARY DESTINATION ${CVG_PROBEDIR} COMPONENT runtime)
  endif()
endforeach()

# ---- configuration; what is there already is the operator's ----

install(CODE "
  get_filename_component(folder \"${CVG_CONFDIR}\" ABSOLUTE BASE_DIR \"\${CMAKE_INSTALL_PREFIX}\")
  if(EXISTS \"\$ENV{DESTDIR}\${folder}/convergate.yaml\")
    message(STATUS \"Kept: \${folder}/convergate.yaml\")
  else()
    file(INSTALL DESTINATION \"\${folder}\" TYPE FILE
         FILES \"${CMAKE_SOURCE_DIR}/config/convergate.yaml\")
  endif()" COMPONENT runtime)
install(DIRECTORY DESTINATION ${CVG_CONFDIR}/conf.d COMPONENT runtime)
install(DIRECTORY DESTINATION ${CVG_CONFDIR}/credentials
        DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE COMPONENT runtime)

# ---- units: their paths are those of this installation ----

foreach(unit convergated.service convergated.socket)
  file(READ ${CMAKE_SOURCE_DIR}/systemd/${unit} text)
  string(REPLACE "/usr/sbin/" "${CMAKE_INSTALL_FULL_SBINDIR}/" text "${text}")
  string(REPLACE "/etc/convergate/" "${CMAKE_INSTALL_FULL_SYSCONFDIR}/convergate/" text "${text}")
  file(WRITE ${CMAKE_BINARY_DIR}/systemd/${unit} "${text}")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
               ${CMAKE_SOURCE_DIR}/systemd/${unit})
  cvg_install(lib/systemd/system ${CMAKE_BINARY_DIR}/systemd/${unit})
endforeach()
foreach(kind sysusers tmpfiles)
  install(FILES ${CMAKE_SOURCE_DIR}/systemd/convergate.${kind}.conf
          DESTINATION lib/${kind}.d RENAME convergate.conf COMPONENT runtime)
endforeach()

# ---- manual, completion, documentation ----

foreach(page convergated.8 convergate.1 convergate.yaml.5)
  string(REGEX REPLACE ".*\\." "" section ${page})
  set(packed ${CMAKE_BINARY_DIR}/man/${page}.gz)
  add_custom_command(OUTPUT ${packed}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/man
    COMMAND gzip -9nc ${CMAKE_SOURCE_DIR}/docs/man/${page} > ${packed}
    DEPENDS ${CMAKE_SOURCE_DIR}/docs/man/${page} VERBATIM)
  list(APPEND pages ${packed})
  cvg_install(${CMAKE_INSTALL_MANDIR}/man${section} ${packed})
endforeach()
add_custom_target(manual ALL DEPENDS ${pages})

set(completion ${CMAKE_SOURCE_DIR}/config/completion)
foreach(program convergated convergate)
  install(FILES ${completion}/convergate.bash RENAME ${program} COMPONENT runtime
          DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
endforeach()
# Debian's zsh looks into vendor-completions below /usr, others and /usr/local into site-functions.
set(CVG_ZSHDIR ${CMAKE_INSTALL_DATADIR}/zsh/site-functions CACHE STRING "zsh completion goes here")
cvg_install(${CVG_ZSHDIR} ${completion}/_convergate)

cvg_install(${CMAKE_INSTALL_DOCDIR} ${CMAKE_SOURCE_DIR}/README.md)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs
        COMPONENT runtime FILES_MATCHING PATTERN "*.md" PATTERN "openapi.yaml" PATTERN "*.json"
        PATTERN "man" EXCLUDE PATTERN "examples" EXCLUDE)
set(config ${CMAKE_SOURCE_DIR}/config)
install(DIRECTORY ${config}/conf.d ${config}/monitoring ${config}/dashboards ${config}/integrations
        ${config}/kubernetes
        DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples COMPONENT runtime USE_SOURCE_PERMISSIONS)

# ---- for the authors of modules ----

install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/convergate COMPONENT development
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(TARGETS cvg_sdk ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
file(STRINGS ${CMAKE_SOURCE_DIR}/include/convergate/module.h CVG_ABI_MAJOR
     REGEX "^#define CVG_ABI_MAJOR ")
string(REGEX REPLACE "^#define CVG_ABI_MAJOR +([0-9]+)u?.*" "\\1" CVG_ABI_MAJOR "${CVG_ABI_MAJOR}")
configure_file(${CMAKE_SOURCE_DIR}/cmake/convergate.pc.in ${CMAKE_BINARY_DIR}/convergate.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/convergate.pc COMPONENT development
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
