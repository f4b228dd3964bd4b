/* SPDX-License-Identifier: Apache-2.0 */
#include "handle/spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/error.h>

#include "ctl/ctl.h"
#include "handle/kind.h"
#include "handle/need.h"
#include "service/visible.h"

static void spec_fini(struct hs_spec *spec)
{
    for (size_t i = 0; spec->argv && spec->argv[i]; i++)
        free(spec->argv[i]);
    free(spec->argv);
    free(spec->label);
    *spec = (struct hs_spec){.kinds = 0};
}

void hs_specs_fini(struct hs_specs *specs)
{
    while (specs->count > 0)
        spec_fini(&specs->items[--specs->count]);
}

/* The state and the log are UTF-8; a script need not be. Takes over the label. */
static char *make_utf8(char *label)
{
    size_t len = strlen(label);

    if (hs_ctl_is_utf8(label, len))
        return label;
    char *shown = hs_need(malloc(HS_ESCAPE_MAX * len + 1));
    hs_visible(label, shown, HS_ESCAPE_MAX * len + 1);
    free(label);
    return shown;
}

/* Takes over what the spec holds. */
static int add_spec(struct hs_specs *specs, struct hs_spec spec, char error[HS_ERROR_TEXT_MAX])
{
    const char *fault = NULL;

    spec.label = make_utf8(spec.label);
    for (size_t i = 0; i < specs->count; i++)
        if (strcmp(specs->items[i].label, spec.label) == 0)
            fault = "is given twice";
    if (!fault && specs->count == HS_HANDLERS_MAX)
        fault = "is one handler too many";
    if (!fault) {
        specs->items[specs->count++] = spec;
        return 0;
    }
    hs_error_text(error, "%.200s %s", spec.label, fault);
    spec_fini(&spec);
    return HEARSAY_ERR_INVALID;
}

/* The events in one spelling, so that a blank in a file makes no other handler. */
static char *make_label(uint32_t kinds, const char *script)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = hs_need(open_memstream(&text, &len));
    const char *comma = "";

    if (kinds == HS_KINDS_ALL)
        fputs("*", out);
    for (int kind = 0; kinds != HS_KINDS_ALL && kind < HS_KIND_COUNT; kind++) {
        if ((kinds & HS_KIND_BIT(kind)) == 0)
            continue;
        fprintf(out, "%s%s", comma, hs_kind_name((enum hs_kind)kind));
        comma = ",";
    }
    fprintf(out, "=%s", script);
    if (fclose(out) != 0)
        hs_need(NULL);
    return text;
}

int hs_specs_add_script(struct hs_specs *specs, const char *filter, const char *script,
                        char error[HS_ERROR_TEXT_MAX])
{
    uint32_t kinds = 0;

    if (hs_kind_read_filter(filter, &kinds, error) < 0)
        return HEARSAY_ERR_INVALID;
    if (script[0] == '\0') {
        hs_error_text(error, "there is no script behind '%.100s'", filter);
        return HEARSAY_ERR_INVALID;
    }
    struct hs_spec spec = {.kinds = kinds, .label = make_label(kinds, script)};
    spec.argv = hs_need(calloc(4, sizeof(*spec.argv)));
    spec.argv[0] = hs_need(strdup("/bin/sh"));
    spec.argv[1] = hs_need(strdup("-c"));
    spec.argv[2] = hs_need(strdup(script));
    return add_spec(specs, spec, error);
}

/* Without a sign there are only the events, or only the script. */
static int fail_alone(const char *text, char error[HS_ERROR_TEXT_MAX])
{
    uint32_t kinds;

    if (hs_kind_read_filter(text, &kinds, error) == 0)
        hs_error_text(error,
                      "'%.100s' has no script; must be EVENTS=SCRIPT, such as %.100s=./run.sh",
                      text, text);
    else
        hs_error_text(error,
                      "'%.100s' has no events; must be EVENTS=SCRIPT, such as member-failed=%.100s",
                      text, text);
    return HEARSAY_ERR_INVALID;
}

int hs_specs_add_text(struct hs_specs *specs, const char *text, char error[HS_ERROR_TEXT_MAX])
{
    const char *equals = strchr(text, '=');

    if (!equals)
        return fail_alone(text, error);
    char *filter = hs_need(strndup(text, (size_t)(equals - text)));
    int err = hs_specs_add_script(specs, filter, equals + 1, error);
    free(filter);
    return err;
}

int hs_specs_add_command(struct hs_specs *specs, char *const *argv, size_t count,
                         char error[HS_ERROR_TEXT_MAX])
{
    struct hs_spec spec = {.kinds = HS_KINDS_SERF};
    size_t len = 0;
    FILE *out = hs_need(open_memstream(&spec.label, &len));

    spec.argv = hs_need(calloc(count + 1, sizeof(*spec.argv)));
    for (size_t i = 0; i < count; i++) {
        spec.argv[i] = hs_need(strdup(argv[i]));
        fprintf(out, "%s%s", i > 0 ? " " : "", argv[i]);
    }
    if (fclose(out) != 0)
        hs_need(NULL);
    return add_spec(specs, spec, error);
}
