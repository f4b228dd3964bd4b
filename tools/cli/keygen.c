/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `keygen`: new keys, and the fingerprints by which operators and agents name them. It asks no
 * agent: a key travels by whatever distributes files, and never through us (R33: keys).
 *
 * A key file that exists is never overwritten, because its key may be in use and nowhere else. So
 * the file is created, or nothing is done.
 */
#include "keygen.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <hearsay/config.h>
#include <hearsay/keyring.h>
#include <hearsay/member.h>

#include "ctl/ctl.h"
#include "format.h"
#include "out.h"

#define GROUP "hearsay" /* the agent's, made by sysusers.d */
#define TRIES 4         /* until the fingerprint is one that a key can have: one is enough */

/* ---- fingerprints ------------------------------------------------------------------------ */

static const char *cluster_of(const struct cli *cli)
{
    struct hearsay_config config;
    hearsay_config_init(&config, HEARSAY_PROFILE_LAN);
    return cli->value[CLI_CLUSTER] ? cli->value[CLI_CLUSTER] : config.cluster;
}

/* As the agents show it. */
static void format_mark(char text[HS_CTL_MARK_MAX], const struct hearsay_keyring *keyring, size_t i)
{
    uint32_t marks[HEARSAY_KEYS_MAX];
    hearsay_cipher_siv.keys(keyring, marks);
    hs_ctl_format_mark(marks[i], text);
}

static json_t *json_of(const struct cli *cli, const struct hearsay_keyring *keyring)
{
    json_t *object = json_pack("{s:s, s:[]}", "cluster", cluster_of(cli), "fingerprints");
    char mark[HS_CTL_MARK_MAX];
    for (size_t i = 0; i < hearsay_keyring_count(keyring); i++) {
        format_mark(mark, keyring, i);
        json_array_append_new(json_object_get(object, "fingerprints"), json_string(mark));
    }
    return object;
}

static void show_fingerprints(const struct cli *cli, const struct hearsay_keyring *keyring)
{
    char mark[HS_CTL_MARK_MAX];
    if (cli->value[CLI_JSON]) {
        json_t *object = json_of(cli, keyring);
        cli_put_json(object);
        json_decref(object);
        return;
    }
    for (size_t i = 0; i < hearsay_keyring_count(keyring); i++) {
        format_mark(mark, keyring, i);
        cli_say("%s", mark);
    }
}

/* Returns the length, or -1 after saying why. Longer files are cut behind their bound, which the
 * reader of keys then says. */
static ssize_t read_file(const char *path, char text[HEARSAY_KEY_FILE_MAX + 1])
{
    bool is_input = strcmp(path, "-") == 0;
    int fd = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : hs_ctl_read_all(fd, text, HEARSAY_KEY_FILE_MAX + 1);
    if (len < 0)
        cli_complain("keygen: %s: %s", path, strerror(errno));
    if (fd >= 0 && !is_input)
        close(fd);
    return len;
}

static int show_file(const struct cli *cli, const char *path)
{
    char text[HEARSAY_KEY_FILE_MAX + 1];
    struct hearsay_keyring_error error = {0, "out of memory"};
    struct hearsay_keyring *keyring = NULL;
    ssize_t len = read_file(path, text);
    int err =
        len < 0 ? 0 : hearsay_keyring_parse(&keyring, cluster_of(cli), text, (size_t)len, &error);
    hearsay_wipe(text, sizeof(text));
    if (keyring)
        show_fingerprints(cli, keyring);
    else if (err < 0 && error.line > 0)
        cli_complain("keygen: %s:%u: %s", path, error.line, error.text);
    else if (err < 0)
        cli_complain("keygen: %s: %s", path, error.text);
    hearsay_keyring_free(keyring);
    return keyring ? HS_CTL_EXIT_OK : HS_CTL_EXIT_REFUSED;
}

/* ---- a new key --------------------------------------------------------------------------- */

/* Makes a key and its keyring. Returns false after saying why there is none. */
static bool make_key(const struct cli *cli, char line[HEARSAY_KEY_TEXT_SIZE],
                     struct hearsay_keyring **ret_keyring)
{
    struct hearsay_keyring_error error = {0, "out of memory"};
    for (int i = 0; i < TRIES; i++) {
        if (hearsay_key_generate(line) < 0) {
            cli_complain("keygen: the system gives no random bytes");
            return false;
        }
        if (hearsay_keyring_parse(ret_keyring, cluster_of(cli), line, strlen(line), &error) == 0)
            return true;
    }
    cli_complain("keygen: %s", error.text);
    return false;
}

/* Mode 0600. As root, where the agent's group exists, 0640 for that group, because the agent does
 * not run as root. Returns false with errno. */
static bool guard_file(int fd)
{
    const struct group *group = geteuid() == 0 ? getgrnam(GROUP) : NULL;
    if (group && fchown(fd, 0, group->gr_gid) < 0)
        return false;
    return fchmod(fd, group ? 0640 : 0600) == 0;
}

/* The name of the file must outlive a power failure too. Some file systems know nothing of it. */
static bool sync_directory(const char *path)
{
    char *copy = strdup(path);
    int fd = copy ? open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    bool synced = fd < 0 || fsync(fd) == 0 || errno == EINVAL;
    int number = errno;
    free(copy);
    if (fd >= 0)
        close(fd);
    errno = number;
    return synced;
}

static bool write_line(int fd, const char *line)
{
    size_t len = strlen(line);
    while (len > 0) {
        ssize_t put = write(fd, line, len);
        if (put < 0)
            return false;
        line += put;
        len -= (size_t)put;
    }
    return true;
}

/* Returns false after saying why; then there is no such file, unless there was one before. */
static bool write_file(const char *path, const char *line)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        if (errno == EEXIST)
            cli_complain("keygen: %s exists already, and a key file is never overwritten; to add a "
                         "key to it: hearsay keygen >> %s",
                         path, path);
        else
            cli_complain("keygen: %s: %s", path, strerror(errno));
        return false;
    }
    bool written = guard_file(fd) && write_line(fd, line) && fsync(fd) == 0;
    int number = errno;
    if (close(fd) < 0 && written) {
        written = false;
        number = errno;
    }
    if (written && !sync_directory(path)) {
        written = false;
        number = errno;
    }
    if (written)
        return true;
    unlink(path);
    cli_complain("keygen: %s: %s; no file was made", path, strerror(number));
    return false;
}

/* Without a buffer of stdio, in which a copy of the key would stay behind. Cuts the newline off. */
static void print_key(const struct cli *cli, char *line)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    line[strcspn(line, "\n")] = '\0';
    cli_put(cli->value[CLI_JSON] ? "{\"key\":\"" : "");
    cli_put(line);
    cli_put(cli->value[CLI_JSON] ? "\"}\n" : "\n");
}

static int make(const struct cli *cli)
{
    const char *path = cli->value[CLI_OUTPUT];
    char line[HEARSAY_KEY_TEXT_SIZE];
    struct hearsay_keyring *keyring = NULL;
    bool made = make_key(cli, line, &keyring);
    if (made && path) {
        made = write_file(path, line);
        if (made)
            show_fingerprints(cli, keyring);
    } else if (made) {
        print_key(cli, line);
    }
    hearsay_wipe(line, sizeof(line));
    hearsay_keyring_free(keyring);
    return made ? HS_CTL_EXIT_OK : HS_CTL_EXIT_REFUSED;
}

int cli_keygen_run(struct cli *cli)
{
    const char *cluster = cli->value[CLI_CLUSTER], *file = cli->value[CLI_FINGERPRINT];
    if (file && cli->value[CLI_OUTPUT])
        cli_complain("keygen: --output makes a key, --fingerprint shows those that there are: give "
                     "one of them");
    else if (cluster && !file && !cli->value[CLI_OUTPUT])
        cli_complain("keygen: --cluster is about the fingerprint, which is shown with --output or "
                     "--fingerprint; the key is the same for every cluster");
    else if (cluster && (!hearsay_name_valid(cluster) || strlen(cluster) > HEARSAY_CLUSTER_MAX))
        cli_complain("keygen: --cluster must be 1 to %d of A-Z a-z 0-9 . _ : -, not %s",
                     HEARSAY_CLUSTER_MAX, cluster);
    else
        return file ? show_file(cli, file) : make(cli);
    return HS_CTL_EXIT_USAGE;
}
