/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The release that these headers belong to. hearsay_version() says which one is linked: with the
 * shared library the two may differ, see docs/abi.md for how far they may.
 *
 *     #if HEARSAY_VERSION_NUMBER < HEARSAY_VERSION_MAKE(0, 2, 0)
 */
#ifndef HEARSAY_VERSION_H
#define HEARSAY_VERSION_H

#ifdef __cplusplus
extern "C" {
#endif

/* The build fails when these are not the version of the project. */
#define HEARSAY_VERSION_MAJOR 0
#define HEARSAY_VERSION_MINOR 1
#define HEARSAY_VERSION_PATCH 0

/* Numbers that compare as releases do: a byte for each of minor and patch. */
#define HEARSAY_VERSION_MAKE(major, minor, patch) (((major) << 16) | ((minor) << 8) | (patch))
#define HEARSAY_VERSION_NUMBER                                                                     \
    HEARSAY_VERSION_MAKE(HEARSAY_VERSION_MAJOR, HEARSAY_VERSION_MINOR, HEARSAY_VERSION_PATCH)

/* "0.1.0" */
#define HEARSAY_VERSION_TEXT_OF(major, minor, patch) #major "." #minor "." #patch
#define HEARSAY_VERSION_TEXT(major, minor, patch)    HEARSAY_VERSION_TEXT_OF(major, minor, patch)
#define HEARSAY_VERSION                                                                            \
    HEARSAY_VERSION_TEXT(HEARSAY_VERSION_MAJOR, HEARSAY_VERSION_MINOR, HEARSAY_VERSION_PATCH)

/* The release of the library that is linked, as HEARSAY_VERSION writes it. Never NULL; static
 * storage. */
const char *hearsay_version(void);

#ifdef __cplusplus
}
#endif
#endif
