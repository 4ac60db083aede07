# sluice_add_plugin(NAME SOURCES file.c... [LIBRARIES target...])
# Builds NAME.so as a Sluice plugin should be: a module that exports its one symbol and nothing of the libraries linked
# into it.  Installed into the plugin folder when there is one (SLUICE_PLUGIN_DIR).
function(sluice_add_plugin name)
    cmake_parse_arguments(PLUGIN "" "" "SOURCES;LIBRARIES" ${ARGN})
    add_library(${name} MODULE ${PLUGIN_SOURCES})
    set_target_properties(${name} PROPERTIES
        PREFIX ""
        SUFFIX ".so"
        C_VISIBILITY_PRESET hidden
        CXX_VISIBILITY_PRESET hidden
        LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/plugins)
    target_link_libraries(${name} PRIVATE ${PLUGIN_LIBRARIES})
    if(TARGET sluice_sdk)
        target_link_libraries(${name} PRIVATE sluice_sdk)
    else()
        target_link_libraries(${name} PRIVATE sluice::sdk)
    endif()
    # RTLD_LOCAL alone lets a static library in a plugin bind to the host's copy of it.
    target_link_options(${name} PRIVATE -Wl,--exclude-libs,ALL)
    if(SLUICE_PLUGIN_DIR)
        install(TARGETS ${name} LIBRARY DESTINATION ${SLUICE_PLUGIN_DIR})
    endif()
endfunction()
