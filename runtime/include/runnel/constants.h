/* Version and limits, for C, C++ and the preprocessor. */
#ifndef RUNNEL_CONSTANTS_H
#define RUNNEL_CONSTANTS_H
#include <stddef.h>

/* Of these headers; that of the library linked is runnel_version(). Before 1.0 a minor version may change the
 * interface, a patch version does not. */
#define RUNNEL_VERSION_MAJOR 0
#define RUNNEL_VERSION_MINOR 1
#define RUNNEL_VERSION_PATCH 0
#define RUNNEL_TEXT_OF(x) #x
#define RUNNEL_JOIN_VERSION(major, minor, patch) \
    RUNNEL_TEXT_OF(major) "." RUNNEL_TEXT_OF(minor) "." RUNNEL_TEXT_OF(patch)
#define RUNNEL_VERSION RUNNEL_JOIN_VERSION(RUNNEL_VERSION_MAJOR, RUNNEL_VERSION_MINOR, RUNNEL_VERSION_PATCH)

/* Most layers of a model, and of a network in training; a trainer's features and one_hot are no layers. */
#define RUNNEL_MAX_LAYERS 32

/* Every block and every model file lies at a multiple of so many bytes. */
#define RUNNEL_ALIGNMENT 64

/* A status that is not looked at is a warning. */
#if defined(__GNUC__)
#define RUNNEL_CHECKED __attribute__((warn_unused_result))
#else
#define RUNNEL_CHECKED
#endif

#endif
