add_custom_target(unit_tests)  # every <name>_test, without the programs

# rl_folder(name [DEPS ...] [PRIVATE_DEPS ...] [PCH header...] [TEST_DEPS ...])
# One folder of src/: every *.cpp is the library rl_<name>, every *_test.cpp the executable <name>_test.
function(rl_folder name)
  cmake_parse_arguments(arg "" "" "DEPS;PRIVATE_DEPS;PCH;TEST_DEPS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cpp *.hpp)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$|/main\\.cpp$")
  if(NOT sources MATCHES "\\.cpp")  # headers only: CMake wants one source
    file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/empty.cpp "")
    list(APPEND sources ${CMAKE_CURRENT_BINARY_DIR}/empty.cpp)
  endif()
  add_library(rl_${name} STATIC ${sources})
  target_include_directories(rl_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(rl_${name} PUBLIC ${arg_DEPS} PRIVATE ${arg_PRIVATE_DEPS})
  set_target_properties(rl_${name} PROPERTIES LINKER_LANGUAGE CXX)
  if(arg_PCH)
    target_precompile_headers(rl_${name} PRIVATE ${arg_PCH})
  endif()
  if(tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE rl_${name} ${arg_TEST_DEPS} GTest::gmock GTest::gtest_main rapidcheck)
    target_compile_definitions(${name}_test PRIVATE RL_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    target_precompile_headers(${name}_test PRIVATE <gtest/gtest.h> <string> <vector> <map>)
    if(RL_SANITIZE)  # joined are the libraries only: tests of one folder may name things alike
      set_target_properties(${name}_test PROPERTIES UNITY_BUILD OFF)
    endif()
    add_test(NAME ${name} COMMAND ${name}_test)
    add_dependencies(unit_tests ${name}_test)
  endif()
endfunction()

# rl_embed(target accessor directory)
# Puts every file below `directory` into the library; `accessor` is a function declared by the folder:
#   std::span<const base::EmbeddedFile> accessor();   in the namespace before its last "::".
function(rl_embed target accessor directory)
  string(MAKE_C_IDENTIFIER ${accessor} stem)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/${stem})
  file(GLOB_RECURSE files CONFIGURE_DEPENDS ${directory}/*)
  add_custom_command(
    OUTPUT ${out}.cpp ${out}.S
    COMMAND python3 ${CMAKE_SOURCE_DIR}/scripts/embed.py ${accessor} ${directory} ${out}
    DEPENDS ${files} ${CMAKE_SOURCE_DIR}/scripts/embed.py
    VERBATIM)
  # CMake passes "-x c" for language C; the last -x counts.
  set_source_files_properties(${out}.S PROPERTIES LANGUAGE C COMPILE_OPTIONS "-x;assembler-with-cpp" OBJECT_DEPENDS "${files}")
  set_source_files_properties(${out}.cpp PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  target_sources(${target} PRIVATE ${out}.cpp ${out}.S)
endfunction()
