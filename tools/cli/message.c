/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An answer may lack a field, or have it with another type: the agent may be of another release.
 * The tool shows what it understands and does not stop at the rest.
 */
#include "message.h"

#include "ctl/ctl.h"
#include "out.h"

json_t *cli_new_request(enum hs_ctl_command command)
{
    json_t *request = json_pack("{s:s}", "cmd", hs_ctl_command_name(command));
    if (!request)
        cli_out_of_memory();
    return request;
}

bool cli_set_text(json_t *object, const char *key, const char *text)
{
    if (json_object_set_new(object, key, json_string(text)) == 0)
        return true;
    cli_complain("%s is not UTF-8 text, and only such can be asked for", key);
    return false;
}

const char *cli_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

uint64_t cli_number(const json_t *object, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(object, key));
    return value > 0 ? (uint64_t)value : 0;
}

double cli_real(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

bool cli_flag(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}
