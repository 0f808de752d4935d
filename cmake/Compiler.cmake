# SPDX-License-Identifier: Apache-2.0
# Language level, warnings, hardening and sanitizers for every target.
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON) # gnu17: the cleanup attribute
set(CMAKE_CXX_STANDARD 14)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(CVG_CCACHE ccache)
if(CVG_CCACHE AND NOT CMAKE_C_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER ${CVG_CCACHE})
endif()

set(CVG_SANITIZE "" CACHE STRING "address (with undefined), thread, or empty")
option(CVG_COVERAGE "Count which lines ran" OFF)

add_compile_definitions(_GNU_SOURCE)
add_compile_options(
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wcast-qual -Wformat=2 -Wvla -Wundef
  -Wwrite-strings -Wimplicit-fallthrough -Werror
  $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes>
  $<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes>
  $<$<COMPILE_LANGUAGE:C>:-Wold-style-definition>)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  # Not -Wnull-dereference: inlining makes it guess wrongly; clang's analyzer looks for the same.
  add_compile_options(-Wduplicated-cond -Wduplicated-branches -Wlogical-op)
endif()

add_compile_options(-fno-strict-overflow -fno-omit-frame-pointer -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
if(CVG_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all)
  add_link_options(-fsanitize=address,undefined)
elseif(CVG_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread)
  add_link_options(-fsanitize=thread)
else()
  add_compile_options(
    -fstack-protector-strong -fstack-clash-protection -fcf-protection=full
    $<$<CONFIG:Release,RelWithDebInfo>:-D_FORTIFY_SOURCE=3>)
  if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-ftrivial-auto-var-init=zero)
  endif()
endif()
if(CVG_FUZZ)
  # Every source of ours steers the fuzzer; one that is not instrumented is a wall to it.
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(CVG_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()

include(CheckPIESupported)
check_pie_supported()
add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code,--as-needed)
set(CMAKE_C_FLAGS_RELEASE "-O2 -g")
set(CMAKE_C_FLAGS_TEST "-O1 -g")
