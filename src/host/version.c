/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The release of the library. The header has it as numbers, because programs are compiled without
 * the build system that knows the version of the project. This file checks that both are equal.
 */
#include <hearsay/version.h>

/* HS_PROJECT_VERSION is "0,1,0", so it must be expanded to become three arguments. */
#define NUMBER_OF(...) HEARSAY_VERSION_MAKE(__VA_ARGS__)

/* NOLINTNEXTLINE(misc-redundant-expression): both sides are equal, or the build fails */
_Static_assert(HEARSAY_VERSION_NUMBER == NUMBER_OF(HS_PROJECT_VERSION),
               "include/hearsay/version.h and meson.build name one version");
_Static_assert(HEARSAY_VERSION_MINOR < 256 && HEARSAY_VERSION_PATCH < 256,
               "each part has its byte in HEARSAY_VERSION_NUMBER");

const char *hearsay_version(void)
{
    return HEARSAY_VERSION;
}
