# The manual pages, where scdoc is there. What tables know comes from the tables.
find_program(SCDOC scdoc)
if(NOT SCDOC)
    message(STATUS "scdoc not found: no manual pages")
    return()
endif()

set(man_dir ${CMAKE_CURRENT_BINARY_DIR}/man)
file(MAKE_DIRECTORY ${man_dir})

# mom_manual(SOURCE SECTION [PART]): SOURCE is NAME.SECTION.scd; what `momctl help scdoc PART` writes
# takes the place of its line @TABLES@.
function(mom_manual source section)
    get_filename_component(page ${source} NAME_WLE)
    set(input ${source})
    if(ARGC GREATER 2)
        set(input ${man_dir}/${page}.scd)
        add_custom_command(OUTPUT ${input}
            COMMAND momctl help scdoc ${ARGV2} > ${man_dir}/${page}.tables
            COMMAND sed -e "/@TABLES@/{" -e "r ${man_dir}/${page}.tables" -e d -e "}" ${source} > ${input}
            DEPENDS ${source} momctl VERBATIM)
    endif()
    add_custom_command(OUTPUT ${man_dir}/${page}
        COMMAND ${SCDOC} < ${input} > ${man_dir}/${page}
        DEPENDS ${input} VERBATIM)
    add_custom_target(manual_${page} ALL DEPENDS ${man_dir}/${page})
    install(FILES ${man_dir}/${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endfunction()

mom_manual(${CMAKE_CURRENT_SOURCE_DIR}/man/momctl.1.scd 1 verbs)
mom_manual(${CMAKE_SOURCE_DIR}/mom/warden/man/momd.8.scd 8)
mom_manual(${CMAKE_SOURCE_DIR}/policy/file/man/mom.yaml.5.scd 5 settings)
