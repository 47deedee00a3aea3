find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(SQLite3 REQUIRED)
find_package(GTest REQUIRED)
find_package(rapidcheck REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(seccomp REQUIRED IMPORTED_TARGET libseccomp)

# DuckDB: library and header come from two npm packages of the same version (package-lock.json pins and
# verifies both).
if(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  set(rl_duckdb_arch arm64)
else()
  set(rl_duckdb_arch x64)
endif()
set(rl_duckdb_library ${CMAKE_SOURCE_DIR}/node_modules/@duckdb/node-bindings-linux-${rl_duckdb_arch}/libduckdb.so)
set(rl_duckdb_header ${CMAKE_SOURCE_DIR}/node_modules/duckdb/src/duckdb/src/include/duckdb.h)
if(NOT EXISTS ${rl_duckdb_library} OR NOT EXISTS ${rl_duckdb_header})
  message(FATAL_ERROR "DuckDB is missing. Run: make build (it installs what package-lock.json names)")
endif()
file(COPY ${rl_duckdb_header} DESTINATION ${CMAKE_BINARY_DIR}/duckdb)
file(COPY ${rl_duckdb_library} DESTINATION ${CMAKE_BINARY_DIR})
add_library(duckdb_c SHARED IMPORTED)
set_target_properties(duckdb_c PROPERTIES
  IMPORTED_LOCATION ${CMAKE_BINARY_DIR}/libduckdb.so
  IMPORTED_NO_SONAME FALSE
  INTERFACE_INCLUDE_DIRECTORIES ${CMAKE_BINARY_DIR}/duckdb)
set(CMAKE_BUILD_RPATH "$ORIGIN;${CMAKE_BINARY_DIR}")
