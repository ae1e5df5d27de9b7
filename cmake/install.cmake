# cmake --install: the library with headers, CMake package and pkg-config file; the programs with man pages (where
# help2man is here) and completion for bash and zsh.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/runnel)
install(TARGETS runnel runnel_trainer EXPORT runnel INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/runtime/include/runnel TYPE INCLUDE)
install(EXPORT runnel NAMESPACE runnel:: FILE runnelTargets.cmake DESTINATION ${package})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/runnelConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_LIST_DIR}/runnelConfig.cmake ${PROJECT_BINARY_DIR}/runnelConfigVersion.cmake
    DESTINATION ${package})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE TYPE DOC)

# The prefix is found from the file's own place, so that the tree can be moved.
file(RELATIVE_PATH to_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
set(libdir "\${prefix}")
set(includedir "\${prefix}")
cmake_path(APPEND libdir ${CMAKE_INSTALL_LIBDIR})
cmake_path(APPEND includedir ${CMAKE_INSTALL_INCLUDEDIR})
set(libraries -lrunnel)
if(BUILD_SHARED_LIBS)
    set(private_libraries -lm)
else()
    string(APPEND libraries " -lm")
    set(private_libraries)
endif()
configure_file(${CMAKE_CURRENT_LIST_DIR}/runnel.pc.in ${PROJECT_BINARY_DIR}/runnel.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/runnel.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

set(programs)
if(RUNNEL_TOOL)
    list(APPEND programs runnel_tool)
endif()
if(RUNNEL_CONVERTER)
    list(APPEND programs runnel-convert)
endif()
if(NOT programs)
    return()
endif()
install(TARGETS ${programs})

# Made of what the programs say of themselves, so that no option is missing.
if(NOT CMAKE_CROSSCOMPILING)
    find_program(HELP2MAN help2man)
    set(texts ${PROJECT_BINARY_DIR}/texts)
    list(TRANSFORM programs REPLACE "(.+)" "$<TARGET_FILE:\\1>" OUTPUT_VARIABLE files)
    add_custom_command(OUTPUT ${texts}/made
        COMMAND sh ${CMAKE_CURRENT_LIST_DIR}/texts.sh "$<$<BOOL:${HELP2MAN}>:${HELP2MAN}>" ${texts} ${files}
        COMMAND ${CMAKE_COMMAND} -E touch ${texts}/made
        DEPENDS ${CMAKE_CURRENT_LIST_DIR}/texts.sh ${CMAKE_CURRENT_LIST_DIR}/completion.awk ${programs} VERBATIM)
    add_custom_target(runnel_texts ALL DEPENDS ${texts}/made)
    install(DIRECTORY ${texts}/man1 TYPE MAN OPTIONAL)
    install(DIRECTORY ${texts}/bash-completion ${texts}/zsh TYPE DATA)
endif()
