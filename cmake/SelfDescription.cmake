# Completion and the manual page, as PROGRAM itself writes them, into the folder OUT.
foreach(pair "completion;bash;streamgauge.bash" "completion;zsh;_streamgauge" "completion;fish;streamgauge.fish"
        "help;--man;streamgauge.1")
  list(GET pair 0 command)
  list(GET pair 1 argument)
  list(GET pair 2 file)
  execute_process(COMMAND ${PROGRAM} ${command} ${argument} OUTPUT_FILE ${OUT}/${file} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
