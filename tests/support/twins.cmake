# Targets once more, under other compilers' options.

# library_rooms(out): the object libraries that `runnel` is made of.
function(library_rooms out)
    get_target_property(sources runnel SOURCES)
    string(REGEX MATCHALL "TARGET_OBJECTS:[^>]+" rooms "${sources}")
    list(TRANSFORM rooms REPLACE "TARGET_OBJECTS:" "")
    list(REMOVE_DUPLICATES rooms)
    set(${out} ${rooms} PARENT_SCOPE)   # among them kernels_<set>, fixed_kernels_<set>
endfunction()

# add_twin(name target includes options): the object library `name`, of the sources of `target` and as that is compiled,
# but with `includes` before its folders and `options` behind its options.
function(add_twin name target includes options)
    get_target_property(sources ${target} SOURCES)
    get_target_property(folder ${target} SOURCE_DIR)
    list(TRANSFORM sources PREPEND ${folder}/ REGEX "^[^/]")
    add_library(${name} OBJECT ${sources})
    target_include_directories(${name} PRIVATE ${includes} $<TARGET_PROPERTY:${target},INCLUDE_DIRECTORIES>)
    target_compile_definitions(${name} PRIVATE $<TARGET_PROPERTY:${target},COMPILE_DEFINITIONS>)
    target_compile_options(${name} PRIVATE $<TARGET_PROPERTY:${target},COMPILE_OPTIONS> ${options})
    get_target_property(libraries ${target} LINK_LIBRARIES)
    if(libraries)
        target_link_libraries(${name} PRIVATE ${libraries})
    endif()
endfunction()

# add_plain_twins(suffix options [target...]): the library and the other targets once more, under these options and with
# the build's last instruction set alone (plain C++). Sets twin_objects to all of their objects.
function(add_plain_twins suffix options)
    list(GET RUNNEL_ISAS -1 plain)
    set(folder ${CMAKE_CURRENT_BINARY_DIR}/${suffix})
    file(GENERATE OUTPUT ${folder}/isa_list.inc CONTENT "RUNNEL_ISA(${plain}, true)\n")
    library_rooms(rooms)
    foreach(room ${rooms} ${ARGN})
        if(NOT room MATCHES "kernels_" OR room MATCHES "kernels_${plain}$")
            add_twin(${room}_${suffix} ${room} ${folder} "${options}")
            list(APPEND objects $<TARGET_OBJECTS:${room}_${suffix}>)
        endif()
    endforeach()
    set(twin_objects ${objects} PARENT_SCOPE)
endfunction()
