# SPDX-License-Identifier: Apache-2.0
# One static library a layer, one shared object a module, one program a unit test file.

# cvg_layer(NAME LINK layer... [EXTERNAL target...]): all of src/NAME/*.c
function(cvg_layer name)
  cmake_parse_arguments(arg "" "" "LINK;EXTERNAL" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.c)
  add_library(cvg_${name} STATIC ${sources})
  target_include_directories(cvg_${name} PUBLIC ${CMAKE_SOURCE_DIR}/include ${CMAKE_SOURCE_DIR}/src)
  list(TRANSFORM arg_LINK PREPEND cvg_)
  target_link_libraries(cvg_${name} PUBLIC ${arg_LINK} ${arg_EXTERNAL})
  target_compile_definitions(cvg_${name} PRIVATE CVG_VERSION="${PROJECT_VERSION}")
endfunction()

# cvg_program(NAME DIRECTORY LINK layer...)
function(cvg_program name directory)
  cmake_parse_arguments(arg "" "" "LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${directory}/*.c)
  add_executable(${name} ${sources})
  list(TRANSFORM arg_LINK PREPEND cvg_)
  target_link_libraries(${name} PRIVATE ${arg_LINK})
  target_compile_definitions(${name} PRIVATE CVG_VERSION="${PROJECT_VERSION}")
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endfunction()

# Made before anything is compiled: what must be there for a look at the sources alone (lints).
add_custom_target(cvg_generated)

# cvg_proto(TARGET FILE): messages of the .proto, made by protoc-c in the build folder. What it
# writes is not held to our warnings.
function(cvg_proto target file)
  get_filename_component(stem ${file} NAME_WE)
  get_filename_component(folder ${file} DIRECTORY)
  set(made ${CMAKE_BINARY_DIR}/proto/${target})
  file(MAKE_DIRECTORY ${made})
  add_custom_command(OUTPUT ${made}/${stem}.pb-c.c ${made}/${stem}.pb-c.h
    COMMAND ${CVG_PROTOC_C} --c_out=${made} --proto_path=${folder} ${file}
    DEPENDS ${file} VERBATIM)
  add_custom_target(${target}_made DEPENDS ${made}/${stem}.pb-c.h)
  add_dependencies(cvg_generated ${target}_made)
  add_library(${target} STATIC ${made}/${stem}.pb-c.c ${made}/${stem}.pb-c.h)
  add_dependencies(${target} ${target}_made)
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_compile_options(${target} PRIVATE -w)
  target_include_directories(${target} SYSTEM PUBLIC ${made})
  target_link_libraries(${target} PUBLIC PkgConfig::PROTOBUF_C)
endfunction()

# cvg_parts(NAME [LINK parts...] [EXTERNAL target...]): all of probes/NAME/*.c, what several modules
# are made of. Each module has a copy of what it uses; nothing of it is seen outside.
function(cvg_parts name)
  cmake_parse_arguments(arg "" "" "LINK;EXTERNAL" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/probes/${name}/*.c)
  add_library(cvg_${name} STATIC ${sources})
  set_target_properties(cvg_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_include_directories(cvg_${name} PUBLIC ${CMAKE_SOURCE_DIR}/probes)
  list(TRANSFORM arg_LINK PREPEND cvg_)
  target_link_libraries(cvg_${name} PUBLIC ${arg_LINK} cvg_sdk ${arg_EXTERNAL})
endfunction()

# cvg_module(NAME DIRECTORY [OUTPUT folder] [PROTO file] [LINK parts...] [EXTERNAL target...]): a
# module built from the SDK, and parts of modules, alone. Its code is also a static library,
# cvg_probe_NAME, for unit tests and fuzzers.
function(cvg_module name directory)
  cmake_parse_arguments(arg "" "OUTPUT;PROTO" "LINK;EXTERNAL" ${ARGN})
  list(TRANSFORM arg_LINK PREPEND cvg_)
  list(PREPEND arg_EXTERNAL ${arg_LINK})
  if(NOT arg_OUTPUT)
    set(arg_OUTPUT ${CMAKE_BINARY_DIR}/lib/convergate/probes)
  endif()
  if(arg_PROTO)
    cvg_proto(cvg_proto_${name} ${directory}/${arg_PROTO})
    list(APPEND arg_EXTERNAL cvg_proto_${name})
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${directory}/*.c)
  add_library(cvg_code_${name} OBJECT ${sources})
  target_link_libraries(cvg_code_${name} PRIVATE cvg_sdk ${arg_EXTERNAL})
  target_compile_definitions(cvg_code_${name} PRIVATE CVG_VERSION="${PROJECT_VERSION}")
  add_library(cvg_probe_${name} STATIC $<TARGET_OBJECTS:cvg_code_${name}>)
  target_include_directories(cvg_probe_${name} PUBLIC ${directory})
  target_link_libraries(cvg_probe_${name} PUBLIC cvg_sdk ${arg_EXTERNAL})
  add_library(probe_${name} MODULE $<TARGET_OBJECTS:cvg_code_${name}>)
  target_link_libraries(probe_${name} PRIVATE cvg_sdk ${arg_EXTERNAL})
  set_target_properties(probe_${name} PROPERTIES
    PREFIX "" OUTPUT_NAME ${name} LIBRARY_OUTPUT_DIRECTORY ${arg_OUTPUT})
  # clang's sanitizer runtimes are static in the program: their symbols are undefined here.
  if(NOT (CVG_SANITIZE AND CMAKE_C_COMPILER_ID STREQUAL "Clang"))
    target_link_options(probe_${name} PRIVATE -Wl,-z,defs)
  endif()
  target_link_options(probe_${name} PRIVATE -Wl,--exclude-libs,ALL)
endfunction()

function(cvg_unit_settings target)
  target_link_libraries(${target} PRIVATE ${ARGN} PkgConfig::CMOCKA)
  target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/tests)
  target_compile_definitions(${target} PRIVATE
    CVG_FIXTURES="${CMAKE_SOURCE_DIR}/tests/fixtures"
    CVG_BUILD="${CMAKE_BINARY_DIR}")
endfunction()

# cvg_unit_tests(LAYER [LINK target...]): each tests/unit/LAYER/test_*.c is a program that links
# that layer and what stands beside it in the folder.
function(cvg_unit_tests layer)
  cmake_parse_arguments(arg "" "" "LINK" ${ARGN})
  file(GLOB tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/unit/${layer}/test_*.c)
  file(GLOB all CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/unit/${layer}/*.c)
  set(shared ${all})
  list(REMOVE_ITEM shared ${tests})
  if(NOT arg_LINK)
    set(arg_LINK cvg_${layer})
  endif()
  # A library, so that each program takes only those that it uses: one that stands for a part of the
  # layer would else meet the part itself.
  if(shared)
    add_library(unit_${layer}_shared STATIC ${shared})
    cvg_unit_settings(unit_${layer}_shared ${arg_LINK})
    set(beside unit_${layer}_shared)
  endif()
  foreach(source ${tests})
    get_filename_component(stem ${source} NAME_WE)
    string(REGEX REPLACE "^test_" "" stem ${stem})
    set(program unit_${layer}_${stem})
    add_executable(${program} ${source})
    cvg_unit_settings(${program} ${beside} ${arg_LINK})
    set_target_properties(${program} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    add_test(NAME unit/${layer}/${stem} COMMAND ${program})
    set_tests_properties(unit/${layer}/${stem} PROPERTIES TIMEOUT 120 LABELS unit)
  endforeach()
endfunction()

# cvg_links(SOURCE OUT): what a program of one file links, from the line in that file that says so:
#   /* links: cvg_io PkgConfig::CURL */
function(cvg_links source out)
  file(STRINGS ${source} line REGEX "^/\\* links: .* \\*/$" LIMIT_COUNT 1)
  if(NOT line)
    message(FATAL_ERROR "${source}: lacks a line '/* links: TARGET... */'")
  endif()
  string(REGEX REPLACE "^/\\* links: (.*) \\*/$" "\\1" line "${line}")
  separate_arguments(line)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
  set(${out} ${line} PARENT_SCOPE)
endfunction()
