# sg_embed(TARGET NAME BASE folder FILES ...): the files become part of the program, so that it needs no working
# directory and no installed data. In the code: sg::embedded_<NAME>(), base/embedded.h's entries named by their path
# below BASE.
set(SG_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/EmbedFiles.cmake)

function(sg_embed target name)
  cmake_parse_arguments(arg "" "BASE" "FILES" ${ARGN})
  set(source ${CMAKE_CURRENT_BINARY_DIR}/embedded_${name}.cc)
  list(TRANSFORM arg_FILES PREPEND ${arg_BASE}/ OUTPUT_VARIABLE paths)
  string(REPLACE ";" "|" list "${arg_FILES}")
  add_custom_command(
    OUTPUT ${source}
    COMMAND ${CMAKE_COMMAND} -DNAME=${name} -DBASE=${arg_BASE} "-DFILES=${list}" -DOUT=${source} -P ${SG_EMBED_SCRIPT}
    DEPENDS ${paths} ${SG_EMBED_SCRIPT}
    COMMENT "Embedding ${name}"
    VERBATIM)
  target_sources(${target} PRIVATE ${source})
endfunction()
