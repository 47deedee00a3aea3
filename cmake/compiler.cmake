# clang 19 only: g++ 12 destroys temporaries of a co_await expression twice (docs/adr/0002).
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang" OR CMAKE_CXX_COMPILER_VERSION VERSION_LESS 19)
  message(FATAL_ERROR "Redline builds with clang 19 or newer (found ${CMAKE_CXX_COMPILER_ID} "
                      "${CMAKE_CXX_COMPILER_VERSION}). Run: make build")
endif()
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
set(RL_SANITIZE "" CACHE STRING "sanitizers, as in -fsanitize=")
option(RL_FUZZ "build the fuzzers" OFF)

add_compile_options(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wswitch-enum -Werror
                    -fno-omit-frame-pointer -fstack-protector-strong
                    "-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=")
# ccache may share a precompiled header only when it carries no time stamp.
add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
add_link_options(-fuse-ld=mold)
# The release is laid out by how often each branch was taken in a run of the bench (scripts/profile.sh). What has
# changed since is compiled as without it.
set(RL_PROFILE "" CACHE PATH "a folder for such counts: builds the program that writes them")
set(profile ${CMAKE_SOURCE_DIR}/cmake/release.profdata)
# Functions of one file are known by its name, wherever the sources lie.
set(names "SHELL:-mllvm -static-func-full-module-prefix=false")
if(RL_PROFILE)
  add_compile_options(-fprofile-generate=${RL_PROFILE} ${names})
  add_link_options(-fprofile-generate=${RL_PROFILE})
elseif(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT CMAKE_UNITY_BUILD AND EXISTS ${profile})
  add_compile_options(-fprofile-use=${profile} ${names} -Wno-profile-instr-out-of-date -Wno-profile-instr-unprofiled
                      -Wno-backend-plugin)
endif()
if(RL_SANITIZE)
  add_compile_options(-fsanitize=${RL_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${RL_SANITIZE})
endif()
