# sg_flags: the one place where the language level, warnings and numerics of every target are set.
# -ffp-contract=off: a compiler may fuse a*b+c on one instruction set and not on another; fused
# operations are written out where they are meant (docs/numerics.md).
add_library(sg_flags INTERFACE)
target_compile_features(sg_flags INTERFACE cxx_std_20)
target_include_directories(sg_flags INTERFACE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
target_compile_options(sg_flags INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor -Woverloaded-virtual
  -Wno-missing-field-initializers  # designated initialisers leave out what keeps its default, on purpose
  -Wimplicit-fallthrough -Werror=switch -Werror=return-type -ffp-contract=off -fno-math-errno)
# g++ 12 sees overlaps in std::string's operator+ at -O3 that are not there (GCC bug 105651).
target_compile_options(sg_flags INTERFACE $<$<AND:$<CXX_COMPILER_ID:GNU>,$<CONFIG:Release>>:-Wno-restrict>)
# A library that nothing is taken from is not loaded: of Highway and others the headers are enough.
target_link_options(sg_flags INTERFACE LINKER:--as-needed)
if(STREAMGAUGE_WERROR)
  target_compile_options(sg_flags INTERFACE -Werror)
endif()
if(STREAMGAUGE_SANITIZE)
  target_compile_options(sg_flags INTERFACE -fsanitize=${STREAMGAUGE_SANITIZE} -fno-omit-frame-pointer
                                            -fno-sanitize-recover=all
    $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)  # its analysis does not follow instrumented code
  target_link_options(sg_flags INTERFACE -fsanitize=${STREAMGAUGE_SANITIZE})
endif()

# sg_folder(NAME SOURCES ... USES ...): one folder of src/ is one static library sg_<NAME> that links
# exactly the folders it may include. tools/check_layers.py holds the same table against the includes.
function(sg_folder name)
  cmake_parse_arguments(arg "" "" "SOURCES;USES;LIBRARIES" ${ARGN})
  add_library(sg_${name} STATIC ${arg_SOURCES})
  target_link_libraries(sg_${name} PUBLIC sg_flags ${arg_LIBRARIES})
  foreach(used IN LISTS arg_USES)
    target_link_libraries(sg_${name} PUBLIC sg_${used})
  endforeach()
  set_target_properties(sg_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
endfunction()
