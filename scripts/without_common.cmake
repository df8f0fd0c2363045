# Read by CMake at the end of llama.cpp's project() call (CMAKE_PROJECT_<NAME>_INCLUDE).
# The binding forces llama.cpp's common library on, which nothing here uses and which
# costs a third of the build; a normal variable hides that cache entry.
set(LLAMA_BUILD_COMMON OFF)
