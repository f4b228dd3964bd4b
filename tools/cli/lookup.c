/* SPDX-License-Identifier: Apache-2.0 */
/* `lookup`: who owns a key, and with -n who the next owners are. */
#include "lookup.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearsay/config.h>

#include "ctl/ctl.h"
#include "format.h"
#include "message.h"
#include "out.h"
#include "table.h"

/* A key: any bytes. To be freed if it was read. */
struct key {
    char *bytes;
    size_t len;
};

/* Every byte counts, the newline that echo adds, too: so that one is pointed out. */
static bool read_key(struct key *key, bool hex)
{
    key->bytes = malloc(HS_CTL_REQUEST_MAX + 1);
    if (!key->bytes)
        cli_out_of_memory();
    key->len = fread(key->bytes, 1, HS_CTL_REQUEST_MAX + 1, stdin);
    if (ferror(stdin)) {
        cli_complain("lookup: the key cannot be read from standard input: %s", strerror(errno));
        return false;
    }
    if (key->len > HS_CTL_REQUEST_MAX) {
        cli_complain("lookup: the key on standard input is longer than a request, %d bytes",
                     HS_CTL_REQUEST_MAX);
        return false;
    }
    if (!hex && key->len > 0 && key->bytes[key->len - 1] == '\n')
        cli_complain("lookup: the key ends in a newline, which counts (printf '%%s' makes none)");
    while (hex && key->len > 0 && isspace((unsigned char)key->bytes[key->len - 1]))
        key->len--;
    return true;
}

/* Text goes as text, so that agents of older releases understand it; any other bytes as hex. */
static bool set_key(json_t *request, const struct key *key, bool hex)
{
    json_t *text = hex ? NULL : json_stringn(key->bytes, key->len);

    if (text && !memchr(key->bytes, '\0', key->len))
        return json_object_set_new(request, "key", text) == 0;
    json_decref(text);
    text = hex ? json_stringn(key->bytes, key->len) : hs_ctl_hex(key->bytes, key->len);
    return json_object_set_new(request, "key_hex", text) == 0;
}

static bool is_hex(const struct key *key)
{
    char *bytes = malloc(key->len / 2 + 1);
    if (!bytes)
        cli_out_of_memory();
    bool good = hs_ctl_parse_hex(key->bytes, key->len, bytes) == 0;
    free(bytes);
    return good;
}

static json_t *request_for(const struct cli *cli, const struct key *key, long n)
{
    bool hex = cli->value[CLI_HEX];
    if (hex && !is_hex(key)) {
        cli_complain("lookup: --hex: the key must be pairs of hex digits, as in fffe");
        return NULL;
    }
    json_t *request = cli_new_request(HS_CTL_COMMAND_LOOKUP);
    if (!set_key(request, key, hex))
        cli_out_of_memory();
    json_object_set_new(request, "n", json_integer(n));
    if (cli->value[CLI_ZONES])
        json_object_set_new(request, "zones", json_true());
    return request;
}

json_t *cli_lookup_request(const struct cli *cli)
{
    bool from_stdin = strcmp(cli->args[0], "-") == 0;
    struct key key = {.bytes = cli->args[0], .len = strlen(cli->args[0])};
    json_t *request = NULL;
    long n = 1;
    if (cli->value[CLI_COUNT] &&
        !cli_parse_number(cli->value[CLI_COUNT], 1, HEARSAY_MEMBERS_LIMIT, &n)) {
        cli_complain("lookup: -n must be 1 to %d, not %s", HEARSAY_MEMBERS_LIMIT,
                     cli->value[CLI_COUNT]);
        return NULL;
    }
    if (!from_stdin || read_key(&key, cli->value[CLI_HEX]))
        request = request_for(cli, &key, n);
    if (from_stdin)
        free(key.bytes);
    return request;
}

/* A script must not take the owner from an agent that cannot know it. */
int cli_lookup_judge(const json_t *answer)
{
    if (json_is_false(json_object_get(answer, "ready")) || cli_flag(answer, "isolated"))
        return HS_CTL_EXIT_UNSURE;
    return json_array_size(json_object_get(answer, "owners")) > 0 ? HS_CTL_EXIT_OK
                                                                  : HS_CTL_EXIT_REFUSED;
}

void cli_lookup_show(const struct cli *cli, const json_t *answer)
{
    static const struct cli_column columns[] = {
        {"OWNER", false, 8}, {"ADDRESS", false, 12}, {"STATUS", false, 0}};
    const json_t *owners = json_object_get(answer, "owners");
    struct cli_table table;
    (void)cli;
    if (json_object_get(answer, "key"))
        cli_put_field("key", cli_text(answer, "key"));
    else
        cli_put_formatted("key", "%s (hex)", cli_text(answer, "key_hex"));
    cli_put_field("hash", cli_text(answer, "hash"));
    cli_put("\n");
    if (json_array_size(owners) == 0) {
        cli_put("Nobody owns it: the ring has no members.\n");
        return;
    }
    cli_table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
    for (size_t i = 0; i < json_array_size(owners); i++) {
        const json_t *owner = json_array_get(owners, i);
        const char *status = cli_text(owner, "status");
        cli_table_add(&table, cli_text(owner, "name"), CLI_PLAIN);
        cli_table_add(&table, cli_text(owner, "addr"), CLI_PLAIN);
        cli_table_add(&table, status, cli_status_color(status));
    }
    cli_table_print(&table);
    cli_table_fini(&table);
}
