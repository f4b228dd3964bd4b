/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/options/store.h"

#include <stdlib.h>
#include <string.h>

bool hs_option_given(const struct hs_options *options, const char *key)
{
    return hs_conf_given(&options->store, key);
}

void hs_options_fini(struct hs_options *options)
{
    if (!options)
        return;
    hs_conf_fini(&options->store);
    for (size_t i = 0; i < options->join.count; i++)
        free(options->join.items[i]);
    free(options->join.items);
    free(options->host_name);
    memset(options, 0, sizeof(*options));
}
