# SPDX-License-Identifier: Apache-2.0
# Libraries, all from Debian 12. Each is linked by one layer only (src/CMakeLists.txt).
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
foreach(entry
    "CURL;libcurl>=7.88" "UV;libuv>=1.44" "CARES;libcares>=1.18" "YAML;yaml-0.1>=0.2.5"
    "CJSON;libcjson>=1.7.15" "MHD;libmicrohttpd>=0.9.75"
    "CRYPTO;libcrypto>=3.0" "SSL;libssl>=3.0" "GNUTLS;gnutls>=3.7"
    "SQLITE;sqlite3>=3.40" "PROTOBUF_C;libprotobuf-c>=1.4" "ZLIB;zlib>=1.2.13")
  list(GET entry 0 name)
  list(GET entry 1 package)
  pkg_check_modules(${name} REQUIRED IMPORTED_TARGET ${package})
endforeach()
find_program(CVG_PROTOC_C protoc-c REQUIRED)
if(CVG_TESTS)
  pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka>=1.1.5)
endif()
