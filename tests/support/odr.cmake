# Two types of one name in one program are undefined behaviour and compile in silence; link-time optimization compares
# them (-Wodr). With the sanitizers (which take their time anyway) the rooms' objects carry what it compares.

# collect_targets(out folder): the compiled targets of a folder of the sources and of those below it.
function(collect_targets out folder)
    get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
    get_property(folders DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
    set(found)
    foreach(target ${targets})
        get_target_property(type ${target} TYPE)
        # The kernels' types are local to their objects (kernels/sealed), and large.
        if(type MATCHES "OBJECT_LIBRARY|STATIC_LIBRARY|SHARED_LIBRARY|EXECUTABLE" AND NOT target MATCHES "kernels_[a-z]")
            list(APPEND found ${target})
        endif()
    endforeach()
    foreach(below ${folders})
        collect_targets(more ${below})
        list(APPEND found ${more})
    endforeach()
    set(${out} ${found} PARENT_SCOPE)
endfunction()

if(RUNNEL_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL GNU AND NOT CMAKE_CROSSCOMPILING)
    set(objects)
    foreach(room runtime converter)
        collect_targets(targets ${PROJECT_SOURCE_DIR}/${room})
        foreach(target ${targets})
            target_compile_options(${target} PRIVATE -flto -ffat-lto-objects)
            list(APPEND objects $<TARGET_OBJECTS:${target}>)
        endforeach()
    endforeach()
    file(GENERATE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/odr_objects
        CONTENT "$<JOIN:$<FILTER:${objects},EXCLUDE,\\.a$|\\.gch$>,\n>\n")
    add_test(NAME odr COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/support/odr.sh ${CMAKE_CXX_COMPILER}
        ${CMAKE_CURRENT_BINARY_DIR}/odr_objects)
endif()
