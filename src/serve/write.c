/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/write.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"

#define FLAGS (JSON_COMPACT | JSON_REAL_PRECISION(HS_CTL_REAL_DIGITS))

bool hs_write_json(FILE *out, json_t *object)
{
    int err = object ? json_dumpf(object, out, FLAGS) : -1;

    json_decref(object);
    return err == 0;
}

bool hs_write_open(FILE *out, json_t *object)
{
    char *text = object ? json_dumps(object, FLAGS) : NULL;
    bool good = text;

    json_decref(object);
    if (good)
        good = fwrite(text, 1, strlen(text) - 1, out) > 0;
    free(text);
    return good;
}
