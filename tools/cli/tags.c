/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tag's value is any text, and tables are searched with grep: note=x,role=db must not look like
 * two tags. So a value that holds a comma, an equals sign, a blank, a quote, a backslash or what
 * cannot be printed stands in quotes, and its equals signs, quotes and backslashes are escaped:
 * grep role=db finds no value. What cannot be printed is escaped by whatever prints the text.
 */
#include "tags.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"
#include "out.h"

/* Of Unicode: they look like the gap between two columns. */
static const char *const wide_blanks[] = {
    "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81", "\xe2\x80\x82", "\xe2\x80\x83",
    "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86", "\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89",
    "\xe2\x80\x8a", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80",
};

static bool needs_quotes(const char *value)
{
    char *safe;
    bool differs;

    if (strpbrk(value, ",= \"'\\"))
        return true;
    for (size_t i = 0; i < sizeof(wide_blanks) / sizeof(wide_blanks[0]); i++)
        if (strstr(value, wide_blanks[i]))
            return true;
    safe = cli_safe(value, NULL);
    differs = strcmp(safe, value) != 0;
    free(safe);
    return differs;
}

char *cli_quote(const char *value)
{
    struct cli_list list;

    cli_list_begin(&list, "");
    if (!needs_quotes(value)) {
        cli_list_add(&list, "%s", value);
        return cli_list_end(&list);
    }
    cli_list_add(&list, "\"");
    for (; *value != '\0'; value++) {
        if (*value == '=')
            cli_list_add(&list, "\\x3d");
        else
            cli_list_add(&list, *value == '"' || *value == '\\' ? "\\%c" : "%c", *value);
    }
    cli_list_add(&list, "\"");
    return cli_list_end(&list);
}

void cli_table_add_quoted(struct cli_table *table, const char *value)
{
    char *text = cli_quote(value);

    cli_table_add(table, text, CLI_PLAIN);
    free(text);
}

static void add_tag(struct cli_list *list, const char *key, const char *value)
{
    char *safe_key = cli_quote(key), *safe_value = cli_quote(value);

    cli_list_add(list, "%s=%s", safe_key, safe_value);
    free(safe_key);
    free(safe_value);
}

char *cli_join_tags(const json_t *tags)
{
    struct hs_ctl_field tag = {NULL};
    struct cli_list list;

    cli_list_begin(&list, ",");
    while (hs_ctl_next_field(tags, &tag)) {
        const char *text = json_string_value(tag.value);

        add_tag(&list, tag.key, text ? text : "");
    }
    return cli_list_end(&list);
}

char *cli_join_member_tags(const struct hearsay_tag *tags, size_t count)
{
    struct cli_list list;

    cli_list_begin(&list, ",");
    for (size_t i = 0; i < count; i++)
        add_tag(&list, tags[i].key, tags[i].value);
    return cli_list_end(&list);
}
