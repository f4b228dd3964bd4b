/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The release that these headers belong to. hearsay_version() returns the release of the library
 * that is linked. With a shared library the two may differ: docs/abi.md says how far.
 *
 *     #if HEARSAY_VERSION_NUMBER < HEARSAY_VERSION_MAKE(0, 2, 0)
 */
#ifndef HEARSAY_VERSION_H
#define HEARSAY_VERSION_H

#ifdef __cplusplus
extern "C" {
#endif

/* The build fails if these differ from the version of the project. */
#define HEARSAY_VERSION_MAJOR 0
#define HEARSAY_VERSION_MINOR 1
#define HEARSAY_VERSION_PATCH 0

/* A number for each release, greater for a later one: one byte each for minor and patch. */
#define HEARSAY_VERSION_MAKE(major, minor, patch) (((major) << 16) | ((minor) << 8) | (patch))
#define HEARSAY_VERSION_NUMBER                                                                     \
    HEARSAY_VERSION_MAKE(HEARSAY_VERSION_MAJOR, HEARSAY_VERSION_MINOR, HEARSAY_VERSION_PATCH)

/* "0.1.0" */
#define HEARSAY_VERSION_TEXT_OF(major, minor, patch) #major "." #minor "." #patch
#define HEARSAY_VERSION_TEXT(major, minor, patch)    HEARSAY_VERSION_TEXT_OF(major, minor, patch)
#define HEARSAY_VERSION                                                                            \
    HEARSAY_VERSION_TEXT(HEARSAY_VERSION_MAJOR, HEARSAY_VERSION_MINOR, HEARSAY_VERSION_PATCH)

/* The release of the library that is linked, in the form of HEARSAY_VERSION. Never NULL; static
 * storage; safe from any thread. */
const char *hearsay_version(void);

#ifdef __cplusplus
}
#endif
#endif
