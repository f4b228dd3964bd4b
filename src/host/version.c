/* SPDX-License-Identifier: Apache-2.0 */
/* The release of the library as a whole. It is here because <hearsay/hearsay.h> includes what a
 * Unix has, which the core does without. */
#include <hearsay/hearsay.h>

const char *hearsay_version(void)
{
    return HEARSAY_VERSION;
}
