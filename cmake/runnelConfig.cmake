# Targets runnel::runnel and runnel::trainer, for projects in C++20 or C.
include(${CMAKE_CURRENT_LIST_DIR}/runnelTargets.cmake)
get_property(runnel_languages GLOBAL PROPERTY ENABLED_LANGUAGES)
if(CXX IN_LIST runnel_languages)
    target_compile_features(runnel::runnel INTERFACE cxx_std_20)
endif()
unset(runnel_languages)
